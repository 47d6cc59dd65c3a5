"""Asimov data: observations that equal their expectation (arXiv:1007.1727)."""

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.parameters import Parameters
from n2mu.fit.profile import Profile


def nominal_parameters(parameters: Parameters) -> FloatArray:
    """Return the parameters before the fit: constraint centres, else initial values; [P]."""
    centred = parameters.constrained & ~parameters.fixed
    return np.where(centred, parameters.centre, parameters.inits)


def nominal_asimov(likelihood: Likelihood, poi: int, mu: float | None = None) -> Likelihood:
    """Return the likelihood of the expected rates before the fit.

    Parameters
    ----------
    poi
        Index of the signal strength.
    mu
        Signal strength of the data; its initial value if None.
    """
    theta = nominal_parameters(likelihood.model.parameters)
    if mu is not None:
        theta[poi] = mu
    rates = likelihood.rates.per_bin(theta)
    if (rates < 0).any():
        worst = int(np.argmin(rates))
        raise FitError(
            f"{likelihood.model.place(worst)}: the expected rate {rates[worst]:.4g} is negative,"
            " no Asimov data exist; merge the bin or treat its negative weights"
        )
    return likelihood.with_data(rates)


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
    auxdata = np.where(parameters.poisson, parameters.factor * found.theta, found.theta)
    rates = best.likelihood.rates.per_bin(found.theta)
    return best.likelihood.with_data(rates, auxdata), found.theta
