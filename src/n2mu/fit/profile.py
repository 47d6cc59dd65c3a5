"""The profile likelihood of one parameter, and its errors."""

from dataclasses import dataclass, field

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit
from n2mu.fit.descent import Metric, Minimum, descend
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.minimise import cholesky_inverse, minimise
from n2mu.fit.parameters import BoolArray

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
        self.line, self.sigma, self._metric = _conditional(best, index, self.fixed)
        self._held = np.asarray([index])

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
        quick = descend(self.best.likelihood, start[:, None], self._metric, held=self._held)
        if quick.converged[0]:
            return self.best.checked(quick.minimum(0))
        return self.best.checked(minimise(self.best.likelihood, start, self.fixed))

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


def _conditional(best: BestFit, index: int, fixed: BoolArray) -> tuple[FloatArray, float, Metric]:
    """Return how the minimum moves with one parameter, and that parameter's uncertainty.

    Parameters
    ----------
    index
        The parameter.
    fixed
        Parameters that do not move, shape [P], among them this one.

    Returns
    -------
    line
        d theta / d theta_index, shape [P]; 1 for the parameter itself.
    sigma
        Distance at which -2 ln L rises by about 1, the uncertainty away from bounds.
    metric
        Inverse Hessian for fits of the parameters that are not fixed, given this one.

    Raises
    ------
    FitError
        If the Hessian of the other parameters is singular, or nothing depends on this one.
    """
    known = best.covariance
    moving = known.floating & ~known.undetermined
    line = np.zeros(len(best.theta))
    others = fixed.copy()
    others[index] = best.fixed[index]
    if moving[index] and (others == best.fixed).all():
        column = known.matrix[index]
        line[moving] = column[moving] / column[index]
        return line, float(np.sqrt(column[index])), best.metric
    moving = moving & ~fixed
    block = np.ix_(moving, moving)
    inverse = cholesky_inverse(known.hessian[block])
    name = best.likelihood.model.parameters.names[index]
    if inverse is None:
        raise FitError(f"the covariance is not positive definite with {name} fixed")
    whole = np.zeros_like(known.hessian)
    whole[block] = inverse
    # the parameter that is held needs a place in the metric, to be taken away from it
    whole[index, index] = 1.0
    metric = Metric(whole, moving, fixed)
    line[moving] = -inverse @ known.hessian[moving, index]
    line[index] = 1.0
    curvature = float(known.hessian[index] @ line)
    if curvature > 0:
        return line, 1 / float(np.sqrt(curvature)), metric
    slope = abs(float(best.likelihood.slope(best.theta).gradient @ line))
    if slope == 0:
        raise FitError(f"the data do not determine {name}")
    # at a bound -ln L may rise in a straight line
    return line, 0.5 / slope, metric
