r"""Impacts of nuisance parameters on the signal strength.

The impact of :math:`\theta` is :math:`\hat\mu(\theta=\hat\theta\pm\Delta) - \hat\mu` with all
other parameters fitted again; :math:`\Delta` is the fitted uncertainty (post-fit) or the width of
the constraint (pre-fit).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit
from n2mu.fit.profile import Profile

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sides:
    """Signed shifts of mu for theta_hat + Delta (up) and theta_hat - Delta (down)."""

    up: float | None
    down: float | None


@dataclass(frozen=True)
class Impact:
    """Impacts of one parameter; ``status`` is "ok" or says what failed.

    Sides that failed are None; ``prefit`` is None for parameters without a constraint.
    """

    index: int
    status: str
    prefit: Sides | None
    postfit: Sides

    @property
    def size(self) -> float:
        """Largest absolute post-fit shift; -1 if both sides failed."""
        return max(
            (abs(s) for s in (self.postfit.up, self.postfit.down) if s is not None), default=-1.0
        )


def impacts(best: BestFit) -> Iterator[Impact]:
    """Yield the impacts of all floating nuisance parameters, in the parameters' order."""
    for index in np.flatnonzero(~best.fixed):
        if index != best.poi:
            yield _impact(best, int(index))


def _impact(best: BestFit, index: int) -> Impact:
    parameters = best.likelihood.model.parameters
    name = parameters.names[index]
    nothing = Sides(None, None)
    constrained = bool(parameters.constrained[index])
    prefit = nothing if constrained else None
    if name in best.covariance.at_bound:
        return Impact(index, f"{name} is at its bound in the best fit", prefit, nothing)
    if best.covariance.undetermined[index]:
        return Impact(index, f"the data do not determine {name}", prefit, nothing)
    try:
        profile = Profile(best, index, best.fixed)
    except FitError as error:
        return Impact(index, str(error), prefit, nothing)
    failures: list[str] = []
    postfit = _sides(profile, float(best.covariance.uncertainty[index]), "post-fit", failures)
    if constrained:
        prefit = _sides(profile, float(parameters.prefit_sigma[index]), "pre-fit", failures)
    if failures:
        logger.warning("ranking of %s: %s", name, "; ".join(failures))
    return Impact(index, "; ".join(failures) or "ok", prefit, postfit)


def _sides(profile: Profile, delta: float, stage: str, failures: list[str]) -> Sides:
    shifts: list[float | None] = []
    for side, sign in (("up", 1), ("down", -1)):
        try:
            shifts.append(_shift(profile, float(profile.best.theta[profile.index]) + sign * delta))
        except FitError as error:
            shifts.append(None)
            failures.append(f"{stage} {side}: {error}")
    return Sides(*shifts)


def _shift(profile: Profile, value: float) -> float:
    best = profile.best
    parameters = best.likelihood.model.parameters
    index = profile.index
    if parameters.kinds[index] == "gamma" and value < parameters.lower[index]:
        raise FitError(f"{parameters.names[index]} = {value:.3g} is below its bound")
    found = profile.at(value)
    if not found.converged:
        raise FitError(found.message)
    mu = float(found.theta[best.poi])
    if mu in (parameters.lower[best.poi], parameters.upper[best.poi]):
        raise FitError(f"{parameters.names[best.poi]} is at its bound {mu:g}")
    return mu - best.mu
