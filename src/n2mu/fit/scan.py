"""Scans of the profile likelihood in one and two parameters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.minimise import Minimum, cholesky_solve, minimise
from n2mu.fit.parameters import BoolArray
from n2mu.fit.profile import Profile

_DEEPER = 1e-6
_REACH = 3.0


@dataclass(frozen=True)
class ScanPoint:
    """-2 ln L above the best fit at values of the scanned parameters.

    ``height`` is None where the fit failed or found a deeper minimum; ``status`` says so.
    """

    values: tuple[float, ...]
    height: float | None
    status: str
    mu: float | None


class Scan:
    """Minimises -2 ln L over all parameters but those that are scanned.

    Parameters
    ----------
    best
        The best fit.
    indices
        The scanned parameters.
    fixed
        Parameters that stay at their best fit, shape [P].
    """

    def __init__(self, best: BestFit, indices: Sequence[int], fixed: BoolArray) -> None:
        self.best = best
        self.indices = list(indices)
        self.fixed = fixed.copy()
        self.fixed[self.indices] = True
        self.response = self._response()

    def _response(self) -> FloatArray:
        """Return how the minimum moves with the scanned parameters, shape [P, scanned]."""
        known = self.best.covariance
        others = np.flatnonzero(known.floating & ~known.undetermined & ~self.fixed)
        response = np.zeros((len(self.fixed), len(self.indices)))
        response[self.indices, range(len(self.indices))] = 1.0
        hessian = known.hessian[others]
        moved = cholesky_solve(hessian[:, others], hessian[:, self.indices])
        if moved is not None:
            response[others] = -moved
        return response

    def at(self, values: Sequence[float], near: FloatArray) -> tuple[ScanPoint, FloatArray]:
        """Return a point of the scan and where it is, shape [P].

        Parameters
        ----------
        values
            Of the scanned parameters.
        near
            Parameters of a point nearby, shape [P].
        """
        parameters = self.best.likelihood.model.parameters
        step = np.asarray(values) - near[self.indices]
        guesses = (near + self.response @ step, near, self.best.theta)
        for guess in guesses:
            start = np.clip(guess, parameters.lower, parameters.upper)
            start = np.where(self.fixed, self.best.theta, start)
            start[self.indices] = values
            found = minimise(self.best.likelihood, start, self.fixed)
            if found.converged:
                break
        return self._point(tuple(map(float, values)), found), found.theta

    def _point(self, values: tuple[float, ...], found: Minimum) -> ScanPoint:
        if not found.converged:
            return ScanPoint(values, None, f"failed: {found.message}", None)
        height = 2 * (found.deviance - self.best.minimum.deviance)
        if height < -_DEEPER:
            return ScanPoint(values, None, f"deeper than the best fit by {-height:.3g}", None)
        return ScanPoint(values, max(height, 0.0), "ok", float(found.theta[self.best.poi]))

    def line(self, values: FloatArray) -> list[ScanPoint]:
        """Scan one parameter at rising values, outwards from the best fit to both sides."""
        centre = float(self.best.theta[self.indices[0]])
        points: dict[int, ScanPoint] = {}
        above = [i for i, value in enumerate(values) if value >= centre]
        below = [i for i, value in enumerate(values) if value < centre][::-1]
        for side in (above, below):
            near = self.best.theta
            for position in side:
                points[position], reached = self.at([values[position]], near)
                if points[position].height is not None:
                    near = reached
        return [points[position] for position in range(len(values))]

    def plane(self, first: FloatArray, second: FloatArray) -> list[ScanPoint]:
        """Scan two parameters; the second changes fastest. Starts from neighbours."""
        centre = self.best.theta[self.indices]
        reached: dict[tuple[int, int], FloatArray] = {}
        points: dict[tuple[int, int], ScanPoint] = {}
        for row, inner_row in _outwards(first, float(centre[0])):
            for column, inner_column in _outwards(second, float(centre[1])):
                neighbours = ((row, inner_column), (inner_row, column))
                near = next((reached[n] for n in neighbours if n in reached), self.best.theta)
                point, theta = self.at([first[row], second[column]], near)
                points[row, column] = point
                if point.height is not None:
                    reached[row, column] = theta
        return [points[row, column] for row in range(len(first)) for column in range(len(second))]


def _outwards(values: FloatArray, centre: float) -> Iterator[tuple[int, int]]:
    """Yield positions from the centre outwards, each with its inner neighbour (-1: none)."""
    inner = int(np.argmin(np.abs(values - centre)))
    yield inner, -1
    for position in range(inner + 1, len(values)):
        yield position, position - 1
    for position in range(inner - 1, -1, -1):
        yield position, position + 1


def scan_range(best: BestFit, index: int, fixed: BoolArray) -> tuple[float, float]:
    """Return where -2 ln L is 9 above its minimum (3 sigma), or the bounds.

    Raises
    ------
    FitError
        If the parameter is fixed or the data do not determine it.
    """
    parameters = best.likelihood.model.parameters
    name = parameters.names[index]
    if best.fixed[index]:
        raise FitError(f"{name} is fixed and cannot be scanned; choose a free parameter")
    profile = Profile(best, index, fixed)
    interval = profile.interval(_REACH**2)
    centre = float(best.theta[index])
    up, down = (_REACH * profile.sigma if e is None else e for e in (interval.up, interval.down))
    return (
        max(centre - down, float(parameters.lower[index])),
        min(centre + up, float(parameters.upper[index])),
    )


def scan_axis(
    best: BestFit, index: int, fixed: BoolArray, points: int, reach: tuple[float, float] | None
) -> FloatArray:
    """Return equidistant values of a parameter, shape [points].

    Parameters
    ----------
    fixed
        Parameters that the scan keeps at their best fit, shape [P].
    reach
        First and last value; see `scan_range` if None.

    Raises
    ------
    FitError
        If the parameter cannot be scanned.
    """
    low, high = reach or scan_range(best, index, fixed)
    return np.linspace(low, high, points)


def with_best_fit(best: BestFit, index: int, axis: FloatArray) -> FloatArray:
    """Return rising values of a parameter with its best fit among them, if it lies between."""
    value = float(best.theta[index])
    inside = axis[0] < value < axis[-1]
    return np.unique(np.append(axis, value)) if inside else axis


def as_lists(points: Sequence[ScanPoint]) -> dict[str, Any]:
    """Return the points as columns, and those that failed."""
    return {
        "two_delta_nll": [point.height for point in points],
        "mu": [point.mu for point in points],
        "failed": [
            {"values": list(point.values), "status": point.status}
            for point in points
            if point.height is None
        ],
    }
