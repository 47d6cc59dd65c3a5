"""Checks that a fit must pass before its result is published, or that only say how it fares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from n2mu.config.gates import Gate, ReportedGate
from n2mu.errors import FitError, counted
from n2mu.fit.asimov import nominal_parameters
from n2mu.fit.bestfit import BestFit
from n2mu.fit.goodness import goodness_of_bins
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.parameters import BoolArray
from n2mu.fit.profile import Profile

MU_TOLERANCE = 1e-4
PULL_TOLERANCE = 1e-3
CONSTRAINT_TOLERANCE = 1e-3
LEAST_P_VALUE = 1e-4
LARGEST_DATA_PULL = 5.0
_SHOWN = 3


@dataclass(frozen=True)
class GateResult:
    """Whether a gate passed, and what was found."""

    name: Gate | ReportedGate
    passed: bool
    detail: str


def pulls(best: BestFit) -> FloatArray:
    """Return (theta_hat - theta_0) / sigma before the fit, shape [P]; NaN without constraint."""
    parameters = best.likelihood.model.parameters
    sigma = np.where(parameters.prefit_sigma > 0, parameters.prefit_sigma, np.nan)
    pull: FloatArray = (best.theta - parameters.centre) / sigma
    return pull


def constraints(best: BestFit) -> FloatArray:
    """Return fitted over prior uncertainty, shape [P]; NaN without constraint."""
    sigma = best.likelihood.model.parameters.prefit_sigma
    ratio: FloatArray = best.covariance.uncertainty / np.where(sigma > 0, sigma, np.nan)
    return ratio


def check_gates(
    best: BestFit,
    asimov_mu: float | None,
    truth: FloatArray | None = None,
    data_regions: Sequence[str] = (),
) -> list[GateResult]:
    """Return the results of all gates that apply.

    Parameters
    ----------
    asimov_mu
        Signal strength of Asimov data; None for other data, of which pulls and constraints
        are a result and no check.
    truth
        Parameters of Asimov data, shape [P]; the nominal ones if None.
    data_regions
        Regions with observed data, if the others hold the Asimov data of the fit to them.
    """
    results = [_covariance(best), _bounds(best, asimov_mu is not None and not data_regions)]
    if asimov_mu is not None and data_regions:
        results += [_mixed_rates(best, asimov_mu, data_regions)]
    elif asimov_mu is not None:
        results += [_asimov_mu(best, asimov_mu), _asimov_pulls(best, truth), _constraints(best)]
    return results


def check_data(best: BestFit, observed: BoolArray) -> list[GateResult]:
    """Return what says whether the model describes observed data at all; nothing without any.

    Parameters
    ----------
    observed
        Which bins [B] hold observed counts.  The goodness of fit is that of these alone; pulls
        are those of the fit itself, in which blinded bins hold their expectation.
    """
    return [_goodness(best, observed), _data_pulls(best)] if observed.any() else []


def simulated_once(repeated: Sequence[str]) -> GateResult:
    """Say whether every simulated event stands once; otherwise the configuration kept them.

    Parameters
    ----------
    repeated
        Lines that say which do not.
    """
    if not repeated:
        return GateResult("repeated_events", True, "every simulated event stands once")
    more = len(repeated) - _SHOWN
    shown = [*repeated[:_SHOWN], *([f"{more} more such"] if more > 0 else [])]
    return GateResult(
        "repeated_events",
        False,
        f"{'; '.join(shown)}; kept by 'repeated_events: keep' in inputs.yaml: the statistical "
        "errors of the simulation are too small",
    )


def _goodness(best: BestFit, observed: BoolArray) -> GateResult:
    seen = counted(int(observed.sum()), "observed bin")
    try:
        found = goodness_of_bins(best, observed)
    except FitError as error:
        return GateResult("goodness", False, f"the fit to {seen} alone failed: {error}")
    # without degrees of freedom only a bound can keep the fit from describing the data exactly
    p_value = float(chi2.sf(found.value, 1)) if found.p_value is None else found.p_value
    passed = p_value >= LEAST_P_VALUE
    verdict = "" if passed else f", below {LEAST_P_VALUE:g}: the model does not describe the data"
    return GateResult(
        "goodness",
        passed,
        f"chi2/ndf = {found.value:.4g}/{found.ndof} of the saturated model in {seen}, "
        f"p = {p_value:.2g}{verdict}",
    )


def _data_pulls(best: BestFit) -> GateResult:
    name, value = _largest(best, np.abs(pulls(best)))
    passed = value <= LARGEST_DATA_PULL
    verdict = "" if passed else f", more than {LARGEST_DATA_PULL:g} prior uncertainties"
    return GateResult("data_pulls", passed, f"largest pull {value:.3g} ({name}){verdict}")


def _covariance(best: BestFit) -> GateResult:
    if best.covariance.status == "accurate":
        return GateResult("covariance", True, "the exact Hessian is positive definite")
    return GateResult("covariance", False, best.covariance.explanation())


def _bounds(best: BestFit, with_poi: bool) -> GateResult:
    # on data, a signal strength at its bound is a result, which `mu` reports with its reason
    poi = best.likelihood.model.parameters.names[best.poi]
    names = [_spoken(best, name) for name in best.covariance.at_bound if with_poi or name != poi]
    if not names:
        return GateResult("bounds", True, "no parameter is at a bound")
    return GateResult("bounds", False, f"at a bound: {', '.join(names)}; widen the bounds")


def _asimov_mu(best: BestFit, expected: float) -> GateResult:
    off = abs(best.mu - expected)
    return GateResult(
        "asimov_mu",
        bool(off <= MU_TOLERANCE * max(1.0, abs(expected))),
        f"mu = {best.mu:.6g} from Asimov data with mu = {expected:g}",
    )


def _asimov_pulls(best: BestFit, truth: FloatArray | None) -> GateResult:
    parameters = best.likelihood.model.parameters
    expected = nominal_parameters(parameters) if truth is None else truth
    shifts = (best.theta - expected) / np.where(
        parameters.prefit_sigma > 0, parameters.prefit_sigma, best.covariance.uncertainty
    )
    shifts[best.poi] = 0.0
    name, value = _largest(best, np.abs(shifts))
    return GateResult("asimov_pulls", value < PULL_TOLERANCE, f"largest pull {value:.2g} ({name})")


def _constraints(best: BestFit) -> GateResult:
    name, value = _largest(best, constraints(best))
    return GateResult(
        "constraints",
        value <= 1 + CONSTRAINT_TOLERANCE,
        f"largest ratio of fitted to prior uncertainty {value:.4g} ({name})",
    )


def _mixed_rates(best: BestFit, mu: float, data_regions: Sequence[str]) -> GateResult:
    """With the signal strength of the Asimov data the fit expects just them."""
    model = best.likelihood.model
    found = Profile(best, best.poi, best.fixed).at(mu)
    if not found.converged:
        return GateResult("mixed_rates", False, f"the fit with mu = {mu:g} failed: {found.message}")
    asimov = np.ones(model.bins, dtype=bool)
    for region, where in zip(model.regions, model.region_slices, strict=True):
        asimov[where] = region not in data_regions
    counts = best.likelihood.observed
    off = np.abs(best.likelihood.rates.per_bin(found.theta) - counts) / np.sqrt(
        np.maximum(counts, 1e-12)
    )
    # an observed bin is never the worst, not even where all others agree to the last digit
    worst = int(np.argmax(np.where(asimov, off, -1.0)))
    return GateResult(
        "mixed_rates",
        bool(off[worst] < PULL_TOLERANCE or not asimov.any()),
        f"with mu = {mu:g} the largest difference of rates and Asimov data is {off[worst]:.2g} "
        f"of their Poisson error ({model.place(worst)})",
    )


def _largest(best: BestFit, values: FloatArray) -> tuple[str, float]:
    values = np.where(np.isfinite(values) & ~best.fixed, values, -np.inf)
    index = int(np.argmax(values))
    if not np.isfinite(values[index]):
        return "no constrained parameter", 0.0
    return best.likelihood.model.spoken(index), float(values[index])


def _spoken(best: BestFit, name: str) -> str:
    model = best.likelihood.model
    return model.spoken(model.parameters.index(name))
