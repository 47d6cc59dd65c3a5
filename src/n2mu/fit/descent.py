r"""Many minimisations at once, near a point where the inverse Hessian is known.

The fits of a ranking, of an interval or of pseudo-experiments differ little from one whose
covariance C is known.  Each is minimised by the BFGS method in its limited-memory form
(Nocedal, Wright, *Numerical Optimization*, algorithm 7.4) with C for the first inverse Hessian, of
which a parameter k that is held takes away :math:`C_k C_k^T / C_{kk}`.  Only gradients are needed,
and those of all fits are evaluated together.  What does not converge quickly, or meets a bound,
is left to `minimise`.
"""

from dataclasses import dataclass

import numpy as np

from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import IntArray
from n2mu.fit.parameters import BoolArray

TOLERANCE = 1e-9
"""Largest edm, by the updated Hessian, of a converged fit."""

_SMALLEST_STEP = 1e-2


@dataclass(frozen=True)
class Metric:
    """An inverse Hessian and the parameters that it moves.

    Attributes
    ----------
    inverse
        Shape [P, P]; 0 for parameters that do not move.
    moving
        Shape [P].
    fixed
        Parameters that are fixed, shape [P]; those neither fixed nor moving stay at a bound.
    """

    inverse: FloatArray
    moving: BoolArray
    fixed: BoolArray


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended.

    Attributes
    ----------
    theta
        Parameters, shape [P].
    deviance
        -ln(L / L_saturated) there.
    edm
        Estimated distance to the minimum before the last step.
    converged
        Whether the edm fell below the tolerance.
    iterations
        Number of steps.
    message
        Why the fit did not converge; empty if it did.
    """

    theta: FloatArray
    deviance: float
    edm: float
    converged: bool
    iterations: int
    message: str = ""


@dataclass(frozen=True)
class Descents:
    """Where K minimisations ended: theta [P, K]; deviance, edm, converged and rounds, [K]."""

    theta: FloatArray
    deviance: FloatArray
    edm: FloatArray
    converged: BoolArray
    rounds: IntArray

    def minimum(self, number: int) -> Minimum:
        """Return where one of them ended."""
        return Minimum(
            self.theta[:, number].copy(),
            float(self.deviance[number]),
            float(self.edm[number]),
            bool(self.converged[number]),
            int(self.rounds[number]),
        )


def descend(
    likelihood: Likelihood,
    starts: FloatArray,
    metric: Metric,
    *,
    held: IntArray | None = None,
    observed: FloatArray | None = None,
    auxdata: FloatArray | None = None,
    max_rounds: int = 30,
) -> Descents:
    """Minimise the deviance from K starting points.

    Parameters
    ----------
    likelihood
        What to minimise.
    starts
        Shape [P, K].
    metric
        Inverse Hessian near the minima.
    held
        A parameter that each fit keeps at its start, shape [K]; none if None.
    observed, auxdata
        Data of each fit, shapes [B, K] and [P, K]; those of the likelihood if None.
    max_rounds
        Evaluations after which fits are given up.

    Returns
    -------
    Descents
        Not all converged; nothing is raised.
    """
    count = starts.shape[1]
    result = Descents(
        theta=starts.copy(),
        deviance=np.full(count, np.inf),
        edm=np.full(count, np.inf),
        converged=np.zeros(count, dtype=bool),
        rounds=np.zeros(count, dtype=np.int64),
    )
    counts = likelihood.observed[:, None] if observed is None else observed
    auxiliary = likelihood.auxdata[:, None] if auxdata is None else auxdata
    fits = _Fits(likelihood, metric, starts, held, counts, auxiliary)
    for number in range(max_rounds):
        done, lost = fits.advance()
        finished = done | lost
        if number == max_rounds - 1:
            finished[:] = True
        if finished.any():
            # the last step is known without another evaluation, and so is its gain
            fits.step(done)
            which = fits.number[finished]
            result.theta[:, which] = fits.theta[:, finished]
            result.deviance[which] = fits.deviance[finished]
            result.edm[which] = fits.edm[finished]
            result.converged[which] = done[finished]
            result.rounds[which] = number + 1
            fits.keep(~finished)
        if not len(fits.number):
            break
    return result


class _Fits:
    """The fits that still run, as columns of arrays."""

    def __init__(
        self,
        likelihood: Likelihood,
        metric: Metric,
        starts: FloatArray,
        held: IntArray | None,
        observed: FloatArray,
        auxdata: FloatArray,
    ) -> None:
        count = starts.shape[1]
        parameters = likelihood.model.parameters
        self.likelihood, self.metric = likelihood, metric
        self.lower = np.where(metric.moving, parameters.lower, -np.inf)[:, None]
        self.upper = np.where(metric.moving, parameters.upper, np.inf)[:, None]
        bounded = ~metric.fixed & ~metric.moving
        self.resting = np.flatnonzero(bounded)
        below, above = starts <= parameters.lower[:, None], starts >= parameters.upper[:, None]
        self.may_rise, self.may_fall = ~above[self.resting], ~below[self.resting]
        self.number = np.arange(count)
        self.theta = starts
        self.deviance = np.full(count, np.inf)
        self.gradient = np.zeros_like(starts)
        self.direction = np.zeros_like(starts)
        self.descent = np.zeros(count)
        self.edm = np.full(count, np.inf)
        self.size = np.ones(count)
        self.observed, self.auxdata = observed, auxdata
        self.held = held
        self.steps: list[FloatArray] = []
        self.changes: list[FloatArray] = []
        self.inverse_products: list[FloatArray] = []

    def advance(self) -> tuple[BoolArray, BoolArray]:
        """Take or shorten a step of each fit; return which converged and which are lost."""
        trial = self.theta + self.size * self.direction
        beyond = (trial < self.lower) | (trial > self.upper)
        if self.held is not None:
            beyond[self.held, np.arange(len(self.held))] = False
        outside = beyond.any(axis=0)
        deviance, gradient = self.likelihood.slopes(trial, self.observed, self.auxdata)
        pull = gradient[self.resting]
        leaving = (((pull < 0) & self.may_rise) | ((pull > 0) & self.may_fall)).any(axis=0)
        gradient[~self.metric.moving] = 0.0
        if self.held is not None:
            gradient[self.held, np.arange(len(self.held))] = 0.0
        first = not np.isfinite(self.deviance).any()
        noise = 1e-13 * (1 + np.abs(deviance))
        limit = np.inf if first else self.deviance + 1e-4 * self.size * self.descent + noise
        taken = np.isfinite(deviance) & (deviance <= limit) & ~outside
        if not first:
            self._remember(np.where(taken, trial - self.theta, 0.0), gradient - self.gradient)
        self.theta = np.where(taken, trial, self.theta)
        self.gradient = np.where(taken, gradient, self.gradient)
        self.deviance = np.where(taken, deviance, self.deviance)
        self.direction = np.where(taken, self._newton_direction(), self.direction)
        self.descent = (self.gradient * self.direction).sum(axis=0)
        self.edm = np.where(taken, -0.5 * self.descent, self.edm)
        self.size = np.where(taken, 1.0, 0.3 * self.size)
        done = taken & (self.edm < TOLERANCE) & (self.descent <= 0) & ~leaving
        lost = outside | (self.size < _SMALLEST_STEP) | ~np.isfinite(self.deviance)
        lost |= (self.descent > 0) | (leaving & (self.edm < TOLERANCE))
        return done, lost & ~done

    def step(self, mask: BoolArray) -> None:
        """Take the next step of some fits unseen, where it stays inside the bounds."""
        trial = self.theta + self.direction
        inside = ((trial >= self.lower) & (trial <= self.upper)).all(axis=0) & mask
        self.theta = np.where(inside, trial, self.theta)
        self.deviance = np.where(inside, self.deviance + 0.5 * self.descent, self.deviance)

    def _remember(self, steps: FloatArray, changes: FloatArray) -> None:
        product = (steps * changes).sum(axis=0)
        # a pair without positive curvature would spoil the Hessian
        useful = product > 1e-12 * (steps**2).sum(axis=0)
        self.steps.append(steps)
        self.changes.append(np.where(useful, changes, 0.0))
        self.inverse_products.append(np.where(useful, 1 / np.where(useful, product, 1.0), 0.0))

    def _newton_direction(self) -> FloatArray:
        """Return minus the inverse Hessian times the gradient, [P, K], in two loops."""
        found = -self.gradient
        pairs = list(zip(self.steps, self.changes, self.inverse_products, strict=True))
        shares: list[FloatArray] = []
        for step, change, inverse_product in reversed(pairs):
            share = inverse_product * (step * found).sum(axis=0)
            found -= share * change
            shares.append(share)
        found = self._apply_metric(found)
        for (step, change, inverse_product), share in zip(pairs, reversed(shares), strict=True):
            found += (share - inverse_product * (change * found).sum(axis=0)) * step
        return found

    def _apply_metric(self, vectors: FloatArray) -> FloatArray:
        inverse = self.metric.inverse
        found = inverse @ vectors
        if self.held is not None:
            own = np.arange(len(self.held))
            share = found[self.held, own] / inverse[self.held, self.held]
            found -= inverse[:, self.held] * share
            found[self.held, own] = 0.0
        return found

    def keep(self, mask: BoolArray) -> None:
        """Drop the other fits."""
        for name in ("theta", "gradient", "direction", "may_rise", "may_fall"):
            setattr(self, name, getattr(self, name)[:, mask])
        for name in ("number", "deviance", "descent", "edm", "size"):
            setattr(self, name, getattr(self, name)[mask])
        for name in ("observed", "auxdata"):
            data = getattr(self, name)
            setattr(self, name, data if data.shape[1] == 1 < len(mask) else data[:, mask])
        self.held = None if self.held is None else self.held[mask]
        self.steps = [step[:, mask] for step in self.steps]
        self.changes = [change[:, mask] for change in self.changes]
        self.inverse_products = [product[mask] for product in self.inverse_products]
