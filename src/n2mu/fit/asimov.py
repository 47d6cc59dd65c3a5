"""Asimov data: observations that equal their expectation (arXiv:1007.1727)."""

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.parameters import BoolArray, Parameters
from n2mu.fit.profile import Profile


def nominal_parameters(parameters: Parameters) -> FloatArray:
    """Return the parameters before the fit: constraint centres, else initial values; [P]."""
    centred = parameters.constrained & ~parameters.fixed
    return np.where(centred, parameters.centre, parameters.inits)


def asimov_data(likelihood: Likelihood, theta: FloatArray) -> Likelihood:
    """Return the likelihood of Asimov data for parameters [P], auxiliary data included.

    With the auxiliary measurements at the same parameters the fit finds them again, which is
    what defines Asimov data (arXiv:1007.1727).
    """
    auxdata = _auxiliary(likelihood.model.parameters, theta)
    return likelihood.with_data(expected_rates(likelihood, theta), auxdata)


def expected_rates(
    likelihood: Likelihood, theta: FloatArray, bins: BoolArray | None = None
) -> FloatArray:
    """Return the rates at parameters [P], shape [B].

    Raises
    ------
    FitError
        If a rate, among some bins if given, is negative.
    """
    rates = likelihood.rates.per_bin(theta)
    refused = rates < 0 if bins is None else (rates < 0) & bins
    if refused.any():
        worst = int(np.argmin(np.where(refused, rates, np.inf)))
        raise FitError(
            f"{likelihood.model.place(worst)}: the expected rate {rates[worst]:.4g} is negative,"
            " which no data have; merge the bin, treat its negative weights, or choose another"
            " signal strength"
        )
    return rates


def _auxiliary(parameters: Parameters, theta: FloatArray) -> FloatArray:
    """Return the auxiliary data of floating parameters at their values, shape [P]."""
    values = np.where(parameters.poisson, parameters.factor * theta, theta)
    return np.where(parameters.fixed, parameters.auxdata, values)


def profiled_asimov(best: BestFit, mu: float) -> tuple[Likelihood, FloatArray]:
    """Return Asimov data for a signal strength with all other parameters fitted to the data.

    The auxiliary data are set to the same parameters, so that the fit of the Asimov data finds
    them again (arXiv:1007.1727).

    Returns
    -------
    likelihood
        Of the Asimov data.
    theta
        Their parameters, shape [P].

    Raises
    ------
    FitError
        If the fit with the signal strength fixed fails.
    """
    found = Profile(best, best.poi, best.fixed).at(mu)
    if not found.converged:
        raise FitError(f"no Asimov data: {found.message}")
    parameters = best.likelihood.model.parameters
    auxdata = _auxiliary(parameters, found.theta)
    rates = best.likelihood.rates.per_bin(found.theta)
    return best.likelihood.with_data(rates, auxdata), found.theta
