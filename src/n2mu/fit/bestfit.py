"""The best fit of a likelihood: minimum, covariance, parameter of interest."""

from dataclasses import dataclass

import numpy as np

from n2mu.errors import FitError, WorkspaceError
from n2mu.fit.covariance import Covariance, covariance
from n2mu.fit.descent import Metric
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.minimise import TOLERANCE, Minimum, minimise
from n2mu.fit.parameters import BoolArray

_STARTS = 6
_PERFECT = 1e-9
"""A deviance below this cannot be undercut: the data are described exactly."""
_SAME = 1e-6
_DEEPER = 1e-6


@dataclass(frozen=True)
class BestFit:
    """A converged fit with its covariance; ``poi`` is the index of the signal strength."""

    likelihood: Likelihood
    minimum: Minimum
    covariance: Covariance
    fixed: BoolArray
    poi: int

    @property
    def theta(self) -> FloatArray:
        """Fitted parameters, shape [P]."""
        return self.minimum.theta

    @property
    def mu(self) -> float:
        """Fitted signal strength."""
        return float(self.minimum.theta[self.poi])

    @property
    def metric(self) -> Metric:
        """The covariance as the inverse Hessian of fits nearby."""
        return Metric(self.covariance.matrix, self.covariance.floating, self.fixed)

    @property
    def two_nll(self) -> float:
        """-2 ln L at the minimum, constants included."""
        return self.likelihood.twice_nll(self.minimum.theta)

    def checked(self, found: Minimum) -> Minimum:
        """Return the minimum of a constrained fit, which must lie above this one.

        Raises
        ------
        DeeperMinimumError
            If it does not.
        """
        depth = self.minimum.deviance - found.deviance
        if depth > _DEEPER:
            raise DeeperMinimumError(found.theta, depth)
        return found


class DeeperMinimumError(FitError):
    """A constrained fit went below the best fit, which therefore is none.

    Attributes
    ----------
    theta
        Where -ln L is lower, shape [P].
    """

    def __init__(self, theta: FloatArray, depth: float) -> None:
        super().__init__(
            f"-2 ln L is {2 * depth:.3g} lower away from the best fit; the likelihood has several"
            " minima, look at the scan of the signal strength"
        )
        self.theta = theta


def find_poi(likelihood: Likelihood, name: str) -> int:
    """Return the index of the signal strength.

    Raises
    ------
    WorkspaceError
        If it is not a parameter of the workspace, or constrained, or fixed.
    """
    parameters = likelihood.model.parameters
    if not name:
        raise WorkspaceError("the measurement names no parameter of interest; set 'poi'")
    index = parameters.index(name)
    if parameters.constrained[index]:
        raise WorkspaceError(
            f"'{name}' is constrained and cannot be the signal strength; choose a free factor"
        )
    if parameters.fixed[index]:
        raise WorkspaceError(
            f"'{name}' is the signal strength but the measurement fixes it; free it there"
        )
    return index


def deepest_fit(likelihood: Likelihood, poi: int) -> tuple[BestFit, list[BestFit]]:
    """Fit from the initial parameters, and look for deeper minima from elsewhere.

    Systematics whose two variations shift a bin to the same side describe one observation in
    two ways, and a minimiser finds the one on its side.  Further starts therefore have the
    alphas spread around their constraints, always in the same way.

    Returns
    -------
    best
        The deepest fit that was found.
    others
        Other minima, the deepest first.

    Raises
    ------
    FitError
        If the first fit does not converge.
    """
    parameters = likelihood.model.parameters
    minima = [best_fit(likelihood, poi)]
    alphas = (np.asarray(parameters.kinds) == "alpha") & ~parameters.fixed
    generator = np.random.default_rng(0)
    count = _STARTS if minima[0].minimum.deviance > _PERFECT and alphas.any() else 0
    spread = parameters.prefit_sigma * generator.normal(size=(count, len(parameters)))
    starts = minima[0].theta + np.where(alphas, spread, 0.0)
    for start in starts:
        found = minimise(likelihood, start, parameters.fixed)
        known = [best.minimum.deviance for best in minima]
        if found.converged and np.abs(np.subtract(known, found.deviance)).min() > _SAME:
            minima.append(_finish(likelihood, found, poi))
    best, *others = sorted(minima, key=lambda fit: fit.minimum.deviance)
    return best, others


def best_fit(likelihood: Likelihood, poi: int, start: FloatArray | None = None) -> BestFit:
    """Fit all free parameters.

    Parameters
    ----------
    poi
        Index of the signal strength.
    start
        Starting point, shape [P]; the workspace's initial parameters if None.

    Raises
    ------
    FitError
        If the fit does not converge.
    """
    parameters = likelihood.model.parameters
    start = parameters.inits if start is None else start
    minimum = minimise(likelihood, start, parameters.fixed)
    if not minimum.converged and np.isfinite(minimum.deviance):
        # a run into a corner may be an accident of the starting point
        again = np.where(parameters.constrained, parameters.centre, parameters.inits)
        again = np.where(parameters.fixed, start, again)
        again[poi] = 1.5 * again[poi] + 0.1
        second = minimise(likelihood, again, parameters.fixed)
        minimum = second if second.converged else minimum
    if not minimum.converged:
        raise FitError(f"the fit did not converge: {minimum.message}")
    best = _finish(likelihood, minimum, poi)
    if best.covariance.edm <= TOLERANCE:
        return best
    # the exact Hessian disagrees with the one that the steps have built up
    minimum = minimise(likelihood, minimum.theta, parameters.fixed)
    if not minimum.converged:
        raise FitError(f"the fit did not converge: {minimum.message}")
    return _finish(likelihood, minimum, poi)


def _finish(likelihood: Likelihood, minimum: Minimum, poi: int) -> BestFit:
    fixed = likelihood.model.parameters.fixed
    return BestFit(
        likelihood=likelihood,
        minimum=minimum,
        covariance=covariance(likelihood, minimum.theta, fixed),
        fixed=fixed,
        poi=poi,
    )
