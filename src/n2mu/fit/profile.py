"""The profile likelihood of one parameter, and its errors."""

from dataclasses import dataclass, field

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit, DeeperMinimumError
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.minimise import Minimum, cholesky_solve, minimise
from n2mu.fit.parameters import BoolArray

_DEEPER = 1e-6
_MAX_FITS = 25


@dataclass(frozen=True)
class Interval:
    """A value with its errors, both positive; None where the reason says why."""

    value: float
    up: float | None
    down: float | None
    reasons: dict[str, str] = field(default_factory=dict)


class Profile:
    """Minimises -ln L over all other parameters as a function of one.

    Parameters
    ----------
    best
        The best fit, which must be the minimum for the given fixed parameters as well.
    index
        The parameter to profile.
    fixed
        Parameters kept at their best fit, shape [P].

    Raises
    ------
    FitError
        If the Hessian is singular for these parameters.
    """

    def __init__(self, best: BestFit, index: int, fixed: BoolArray) -> None:
        self.best = best
        self.index = index
        self.fixed = fixed.copy()
        self.fixed[index] = True
        self.line, self.sigma = conditional_line(best, index, fixed)

    def at(self, value: float, near: FloatArray | None = None) -> Minimum:
        """Return the minimum with the parameter held at a value.

        ``near`` is a point [P] to start from; by default it lies on the covariance line.
        """
        parameters = self.best.likelihood.model.parameters
        start = self.best.theta if near is None else near
        start = start + self.line * (value - start[self.index])
        start = np.clip(start, parameters.lower, parameters.upper)
        start = np.where(self.fixed, self.best.theta, start)
        start[self.index] = value
        found = minimise(self.best.likelihood, start, self.fixed)
        depth = self.best.minimum.deviance - found.deviance
        if depth > _DEEPER:
            raise DeeperMinimumError(found.theta, depth)
        return found

    def interval(self, level: float = 1.0) -> Interval:
        """Return where -2 ln L exceeds its minimum by ``level`` (1: 68.3 %)."""
        reasons: dict[str, str] = {}
        errors: dict[str, float | None] = {}
        for side, direction in (("up", 1), ("down", -1)):
            errors[side], reason = self._error(direction, level)
            if reason:
                reasons[side] = reason
        value = float(self.best.theta[self.index])
        return Interval(value, errors["up"], errors["down"], reasons)

    def _error(self, direction: int, level: float) -> tuple[float | None, str]:
        """Find the crossing with Newton's method on the root of the profile, safeguarded."""
        parameters = self.best.likelihood.model.parameters
        name = parameters.names[self.index]
        centre = float(self.best.theta[self.index])
        bound = float((parameters.upper if direction > 0 else parameters.lower)[self.index])
        room = abs(bound - centre)
        side = "upper" if direction > 0 else "lower"
        if room == 0:
            return None, f"{name} is at its {side} bound {bound:g}"
        goal = np.sqrt(level)
        inside, outside = 0.0, np.inf
        error = min(goal * self.sigma, room)
        near: FloatArray | None = None
        for _ in range(_MAX_FITS):
            found = self.at(centre + direction * error, near)
            if not found.converged:
                return None, f"a fit with {name} fixed failed: {found.message}"
            near = found.theta
            height = np.sqrt(max(2 * (found.deviance - self.best.minimum.deviance), 0.0))
            if abs(height - goal) < 1e-6 * goal:
                return error, ""
            if height < goal:
                if error >= room:
                    return None, (
                        f"-2 ln L rises by {height**2:.3g} only up to the {side} bound {bound:g}"
                        f" of {name}, {level:g} is needed"
                    )
                inside = error
            else:
                outside = error
            slope = direction * self.best.likelihood.slope(near).gradient[self.index]
            error = self._next(error, height, goal, slope, inside, min(outside, room))
        return None, f"the crossing of {name} was not found in {_MAX_FITS} fits"

    @staticmethod
    def _next(
        error: float, height: float, goal: float, slope: float, inside: float, outside: float
    ) -> float:
        proposal = error + (goal - height) * height / slope if slope > 0 and height > 0 else np.inf
        if proposal > 4 * error:
            proposal = 4 * error
        if proposal >= outside and outside > error:
            return outside if proposal > outside else proposal
        if not inside < proposal < outside:
            proposal = 0.5 * (inside + outside)
        return float(proposal)


def conditional_line(best: BestFit, index: int, fixed: BoolArray) -> tuple[FloatArray, float]:
    """Return how the minimum moves with one parameter, and that parameter's uncertainty.

    Parameters
    ----------
    index
        The parameter.
    fixed
        Parameters that do not move, shape [P].

    Returns
    -------
    line
        d theta / d theta_index, shape [P]; 1 for the parameter itself.
    sigma
        Uncertainty of the parameter with the fixed ones fixed.

    Raises
    ------
    FitError
        If the Hessian of the parameters is singular.
    """
    floats = best.covariance.floating & ~fixed & ~best.covariance.undetermined
    floats[index] = True
    free = np.flatnonzero(floats)
    right = np.zeros(len(free))
    right[np.searchsorted(free, index)] = 1.0
    column = cholesky_solve(best.covariance.hessian[np.ix_(free, free)], right)
    name = best.likelihood.model.parameters.names[index]
    if column is None:
        raise FitError(f"the covariance of {name} is not positive definite")
    variance = column[np.searchsorted(free, index)]
    line = np.zeros(len(best.theta))
    line[free] = column / variance
    return line, float(np.sqrt(variance))
