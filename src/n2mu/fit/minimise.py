r"""A damped Newton minimiser with bounds.

Where the exact Hessian is positive definite, `descend` is tried from there, which needs
gradients only and mostly ends the fit.  Otherwise each step minimises the quadratic model of the
deviance, with the exact Hessian where that is positive definite and the Gauss-Newton matrix
otherwise, inside the bounds.  The step is halved until the likelihood is defined (all rates
positive) and falls.  Distances to the minimum are estimated as
:math:`\mathrm{edm} = \tfrac12 g^T H^{-1} g`.
"""

import logging
from dataclasses import replace

import numpy as np
from scipy.linalg import lapack

from n2mu.fit.descent import Descents, Metric, descend
from n2mu.fit.descent import Minimum as Minimum
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood, Slope
from n2mu.fit.model import IntArray
from n2mu.fit.parameters import BoolArray, Parameters

logger = logging.getLogger(__name__)

TOLERANCE = 1e-8
"""Largest edm of a converged fit, in units of -ln L; a last Newton step is taken below it."""

BARRIER = 1e-8
"""Count that stands for none where a fit ends at a rate of zero."""

_EMPTY = 1e-6
_NEARLY_EMPTY = 1e-2
_MAX_ITERATIONS = 200
_MAX_ROUNDS = 15
_MAX_DESCENTS = 4
_MAX_HALVINGS = 40
_MAX_DAMPING = 1e8
_SMALL_DAMPING = 1e-6


def minimise(
    likelihood: Likelihood,
    start: FloatArray,
    fixed: BoolArray,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = _MAX_ITERATIONS,
) -> Minimum:
    """Minimise the deviance over the parameters that are not fixed.

    Parameters
    ----------
    likelihood
        What to minimise.
    start
        Starting point, shape [P]; free parameters are moved inside their bounds.
    fixed
        Parameters that keep their starting value, shape [P].
    tolerance
        Largest edm of a converged fit.
    max_iterations
        Newton steps after which the fit is given up.

    Returns
    -------
    Minimum
        Converged or not; nothing is raised.
    """
    found = _minimise(likelihood, start, fixed, tolerance, max_iterations)
    if found.converged or not np.isfinite(found.deviance):
        return found
    bins = emptied_bins(likelihood, found.theta, _NEARLY_EMPTY)
    if not len(bins):
        return found
    along = _minimise_along_zero(likelihood, start, fixed, bins)
    return along if along.converged else found


def emptied_bins(likelihood: Likelihood, theta: FloatArray, fraction: float = _EMPTY) -> IntArray:
    """Return the bins without counts whose rate is below a fraction of its initial value."""
    rates = likelihood.rates.per_bin(theta)
    nominal = np.abs(likelihood.rates.per_bin(likelihood.model.parameters.inits))
    return np.flatnonzero((likelihood.observed == 0) & (rates < fraction * nominal))


def with_barrier(likelihood: Likelihood, bins: IntArray, height: float = BARRIER) -> Likelihood:
    """Return the likelihood with a small count in some bins, which keeps their rates positive."""
    counts = likelihood.observed.copy()
    counts[bins] = height
    return likelihood.with_data(counts)


def _minimise_along_zero(
    likelihood: Likelihood, start: FloatArray, fixed: BoolArray, bins: IntArray
) -> Minimum:
    """Minimise where the minimum lies at a rate of zero, by the method of barriers.

    -ln L of a bin without counts is its rate, which cannot be negative; the barrier is lowered
    in steps (Nocedal, Wright, *Numerical Optimization*, section 19.6).
    """
    found = Minimum(start, np.inf, np.inf, False, 0)
    for height in (1e-1, 1e-3, 1e-5, BARRIER):
        guarded = with_barrier(likelihood, bins, height)
        found = _minimise(guarded, start, fixed, TOLERANCE, _MAX_ITERATIONS)
        if not found.converged:
            return found
        start = found.theta
    return replace(found, deviance=likelihood.deviance(found.theta))


def _minimise(
    likelihood: Likelihood,
    start: FloatArray,
    fixed: BoolArray,
    tolerance: float,
    max_iterations: int,
) -> Minimum:
    parameters = likelihood.model.parameters
    theta = np.where(fixed, start, np.clip(start, parameters.lower, parameters.upper))
    theta, deviance = _defined_start(likelihood, theta, fixed)
    if not np.isfinite(deviance):
        return Minimum(theta, np.inf, np.inf, False, 0, _undefined(likelihood, theta))
    edm = np.inf
    damping = 0.0
    rounds = descents = 0
    for iteration in range(max_iterations):
        slope = likelihood.slope(theta)
        if descents < _MAX_DESCENTS and not damping:
            quick = _descend(likelihood, theta, slope, fixed)
            if quick is not None:
                descents += 1
                rounds += int(quick.rounds[0])
                if quick.converged[0]:
                    return replace(quick.minimum(0), iterations=iteration + rounds)
                if quick.deviance[0] < deviance - tolerance:
                    theta, deviance = quick.theta[:, 0], float(quick.deviance[0])
                    continue
        step, matrix_damping = _step(slope, theta, likelihood, fixed, damping)
        descent = float(slope.gradient @ step)
        edm = -0.5 * descent
        done = edm < tolerance and matrix_damping <= _SMALL_DAMPING
        size, reached, lower = _backtrack(likelihood, theta, step, deviance, descent)
        if size > 0:
            theta, deviance = reached, lower
        if done:
            return Minimum(theta, deviance, edm, True, iteration + rounds + 1)
        if size == 0:
            if damping >= _MAX_DAMPING:
                message = "the fit stalled: no step lowers -ln L although it has a slope"
                message = _vanishing(likelihood, theta) or message
                return Minimum(theta, deviance, edm, False, iteration + rounds + 1, message)
            damping = max(10 * damping, 1e-4)
        elif size < 0.1:
            damping = max(4 * damping, 1e-4)
        else:
            damping = damping / 10 if damping > _SMALL_DAMPING else 0.0
    message = f"no convergence in {max_iterations} iterations (edm {edm:.2g})"
    message = _vanishing(likelihood, theta) or message
    return Minimum(theta, deviance, edm, False, max_iterations, message)


def _defined_start(
    likelihood: Likelihood, theta: FloatArray, fixed: BoolArray
) -> tuple[FloatArray, float]:
    """Move a start with negative rates towards the initial parameters of the workspace."""
    towards = np.where(fixed, theta, likelihood.model.parameters.inits)
    for fraction in (0.0, 0.25, 0.5, 0.75, 0.9, 1.0):
        start = theta + fraction * (towards - theta)
        deviance = likelihood.deviance(start)
        if np.isfinite(deviance):
            break
    return start, deviance


def cholesky_solve(matrix: FloatArray, right: FloatArray) -> FloatArray | None:
    """Solve a symmetric positive definite system; None if the matrix is not that."""
    if not len(matrix):
        return np.zeros_like(right)
    factor, failed = lapack.dpotrf(matrix, lower=1, clean=0)
    if failed:
        return None
    solution, _ = lapack.dpotrs(factor, right, lower=1)
    return np.asarray(solution, dtype=np.float64).reshape(right.shape)


def cholesky_inverse(matrix: FloatArray) -> FloatArray | None:
    """Invert a symmetric positive definite matrix; None if it is not that."""
    if not len(matrix):
        return np.zeros_like(matrix)
    factor, failed = lapack.dpotrf(matrix, lower=1, clean=1)
    if failed:
        return None
    half, failed = lapack.dpotri(factor, lower=1)
    if failed:
        return None
    inverse: FloatArray = np.tril(half) + np.tril(half, -1).T
    return inverse


def _blocked(theta: FloatArray, gradient: FloatArray, parameters: Parameters) -> BoolArray:
    """Return which parameters are at a bound beyond which -ln L falls."""
    blocked: BoolArray = ((theta <= parameters.lower) & (gradient > 0)) | (
        (theta >= parameters.upper) & (gradient < 0)
    )
    return blocked


def _descend(
    likelihood: Likelihood, theta: FloatArray, slope: Slope, fixed: BoolArray
) -> Descents | None:
    """Minimise with the exact Hessian of a point; None where that is not positive definite."""
    blocked = _blocked(theta, slope.gradient, likelihood.model.parameters)
    moving = ~fixed & ~blocked
    free = np.flatnonzero(moving)
    inverse = cholesky_inverse(slope.hessian[np.ix_(free, free)])
    if inverse is None:
        return None
    whole = np.zeros_like(slope.hessian)
    whole[np.ix_(free, free)] = inverse
    metric = Metric(whole, moving, fixed)
    return descend(likelihood, theta[:, None], metric, max_rounds=_MAX_ROUNDS)


def _step(
    slope: Slope, theta: FloatArray, likelihood: Likelihood, fixed: BoolArray, damping: float
) -> tuple[FloatArray, float]:
    """Return the step [P] inside the bounds, and the damping that it needed."""
    parameters = likelihood.model.parameters
    low, high = parameters.lower - theta, parameters.upper - theta
    gradient = slope.gradient
    moving = ~fixed & ~_blocked(theta, gradient, parameters)
    scale = np.maximum(np.diag(slope.gauss_newton), 1e-8)
    attempts = [(slope.hessian, damping)]
    attempts += [(slope.gauss_newton, max(damping, 1e-10) * 100**power) for power in range(9)]
    for matrix, added in attempts:
        if added:
            matrix = matrix.copy()
            matrix[np.diag_indices_from(matrix)] += added * scale
        step = _bounded_newton_step(matrix, gradient, low, high, moving)
        if step is not None and gradient @ step <= 0:
            return step, added if matrix is not slope.hessian else 0.0
    # every matrix failed, which needs a gradient without curvature: go straight down, scaled
    step = np.where(moving, np.clip(-gradient / scale, low, high), 0.0)
    return step, _MAX_DAMPING


def _bounded_newton_step(
    matrix: FloatArray, gradient: FloatArray, low: FloatArray, high: FloatArray, moving: BoolArray
) -> FloatArray | None:
    """Return the Newton step with the components that would cross a bound stopped at it."""
    step = np.zeros_like(gradient)
    free = np.flatnonzero(moving)
    stopped = np.zeros(0, dtype=np.int64)
    while len(free):
        right = -gradient[free] - matrix[np.ix_(free, stopped)] @ step[stopped]
        solution = cholesky_solve(matrix[np.ix_(free, free)], right)
        if solution is None:
            return None
        outside = (solution < low[free]) | (solution > high[free])
        step[free] = np.clip(solution, low[free], high[free])
        if not outside.any():
            break
        stopped = np.concatenate([stopped, free[outside]])
        free = free[~outside]
    return step


def _backtrack(
    likelihood: Likelihood, theta: FloatArray, step: FloatArray, deviance: float, descent: float
) -> tuple[float, FloatArray, float]:
    """Return the fraction of the step that lowers the deviance (0 if none), and where it ends."""
    noise = 1e-13 * (1 + abs(deviance))
    parameters = likelihood.model.parameters
    size = 1.0
    for _ in range(_MAX_HALVINGS):
        # a step to a bound must end on it exactly, whatever the rounding
        reached = theta + size * step
        inside = np.clip(reached, parameters.lower, parameters.upper)
        reached = np.where(step != 0, inside, theta)
        lower = likelihood.deviance(reached)
        if lower <= deviance + 1e-4 * size * descent + noise:
            return size, reached, lower
        size /= 2
    return 0.0, theta, deviance


def _undefined(likelihood: Likelihood, theta: FloatArray) -> str:
    bins = likelihood.invalid_bins(theta)
    if not len(bins):
        return "the likelihood is undefined at the starting point"
    first = int(bins[0])
    rate = likelihood.rates.per_bin(theta)[first]
    more = f" (and {len(bins) - 1} more bins)" if len(bins) > 1 else ""
    return (
        f"{likelihood.model.place(first)}: expected {rate:.4g} with {likelihood.observed[first]:g}"
        f" observed at the starting point{more}; merge or drop the bin"
    )


def _vanishing(likelihood: Likelihood, theta: FloatArray) -> str:
    """Return a message about a bin whose rate the fit drives to zero; empty if none is."""
    rates = likelihood.rates.per_bin(theta)
    nominal = np.abs(likelihood.rates.per_bin(likelihood.model.parameters.inits))
    worst = int(np.argmin(rates / np.maximum(nominal, 1e-300)))
    if rates[worst] > 1e-6 * nominal[worst]:
        return ""
    return (
        f"{likelihood.model.place(worst)}: the fit drives the expected rate to zero"
        f" ({rates[worst]:.2g}, initially {nominal[worst]:.4g}); merge the bin, keep norm factors"
        " from going negative, or symmetrise the variation that crosses zero there"
    )
