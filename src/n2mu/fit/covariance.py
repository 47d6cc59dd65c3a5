"""Covariance of the fitted parameters, and what the data cannot determine."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.minimise import cholesky_inverse, emptied_bins, with_barrier
from n2mu.fit.parameters import BoolArray

_SINGULAR = 1e-10
"""Eigenvalues of the Hessian with unit diagonal below this are taken as zero."""
_SUSPICIOUS = 1e3
"""Where diagonal elements of the inverse of such a matrix exceed this, degeneracies are sought."""
_FLAT = 1e-4
_INVOLVED = 0.05


@dataclass(frozen=True)
class Covariance:
    """Inverse of the exact Hessian of -ln L over the floating parameters.

    Attributes
    ----------
    matrix
        Shape [P, P]; rows of fixed parameters, and of those at a bound, are 0.
    hessian
        Shape [P, P], of all parameters.
    edm
        Half of g^T C g over the floating parameters, the estimated distance to the minimum.
    status
        "accurate" if the Hessian of the floating parameters is positive definite.
    floating
        Parameters that are neither fixed nor at a bound, shape [P].
    at_bound
        Names of free parameters at a bound.
    without_effect
        Free parameters, as messages call them, that change no rate and have no constraint.
    degenerate
        Parameters, as messages call them, of which the data determine only a combination.
    undetermined
        Parameters whose uncertainty has no meaning for one of these reasons, shape [P].
    empty_bins
        Bins without counts whose rate the fit holds at zero.
    """

    matrix: FloatArray
    hessian: FloatArray
    edm: float
    status: Literal["accurate", "not positive definite"]
    floating: BoolArray
    at_bound: tuple[str, ...]
    without_effect: tuple[str, ...]
    degenerate: tuple[str, ...]
    undetermined: BoolArray
    empty_bins: tuple[str, ...]

    @property
    def uncertainty(self) -> FloatArray:
        """Square roots of the diagonal, shape [P]; NaN where they have no meaning."""
        variance = np.diag(self.matrix)
        meaningful = self.floating & ~self.undetermined & (variance > 0)
        return np.sqrt(np.where(meaningful, variance, np.nan))

    def explanation(self) -> str:
        """Return why the status is not "accurate", naming the parameters."""
        if self.without_effect:
            names = ", ".join(self.without_effect)
            return f"without effect on any rate: {names}; fix or remove them"
        names = ", ".join(self.degenerate)
        return f"the data determine only a combination of: {names}; fix one or merge them"


def covariance(likelihood: Likelihood, theta: FloatArray, fixed: BoolArray) -> Covariance:
    """Invert the exact Hessian at fitted parameters.

    Parameters
    ----------
    theta
        Best fit, shape [P].
    fixed
        Parameters that did not float, shape [P].
    """
    parameters = likelihood.model.parameters
    empty = emptied_bins(likelihood, theta)
    # where rates are held at zero, their barrier takes away the direction across it
    slope = (with_barrier(likelihood, empty) if len(empty) else likelihood).slope(theta)
    bound = ~fixed & ((theta <= parameters.lower) | (theta >= parameters.upper))
    floating = ~fixed & ~bound
    no_effect = floating & ~parameters.constrained & ~slope.jacobian.any(axis=1)
    usable = np.flatnonzero(floating & ~no_effect)
    block = np.ix_(usable, usable)
    hessian = slope.hessian[block]
    scale = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    scaled = hessian / scale / scale[:, None]
    matrix = np.zeros_like(slope.hessian)
    undetermined = no_effect.copy()
    degenerate: tuple[str, ...] = ()
    inverse = cholesky_inverse(scaled)
    if inverse is None or np.diag(inverse).max(initial=0.0) > _SUSPICIOUS:
        null = _null_space(scaled, slope.gauss_newton[block] / scale / scale[:, None])
        if inverse is None or null.size:
            inverse = _inverse_without(scaled, null)
        share = np.abs(null).max(axis=1, initial=0.0)
        undetermined[usable[share > 1e-4]] = True
        degenerate = tuple(likelihood.model.spoken(int(i)) for i in usable[share > _INVOLVED])
    matrix[block] = inverse / scale / scale[:, None]
    return Covariance(
        matrix=matrix,
        hessian=slope.hessian,
        edm=float(0.5 * slope.gradient @ matrix @ slope.gradient),
        status="not positive definite" if degenerate or no_effect.any() else "accurate",
        floating=floating,
        at_bound=tuple(parameters.names[i] for i in np.flatnonzero(bound)),
        without_effect=tuple(likelihood.model.spoken(int(i)) for i in np.flatnonzero(no_effect)),
        degenerate=degenerate,
        undetermined=undetermined,
        empty_bins=tuple(likelihood.model.place(int(position)) for position in empty),
    )


def _null_space(hessian: FloatArray, gauss_newton: FloatArray) -> FloatArray:
    """Return directions that change nothing, [P, N], of matrices with unit diagonal.

    The Hessian has them exactly at the exact minimum only; the Gauss-Newton matrix everywhere,
    but it also lacks the curvature of bins without events.
    """
    values, vectors = np.linalg.eigh(hessian)
    flat = values < _SINGULAR
    if flat.any():
        return np.asarray(vectors[:, flat])
    values, vectors = np.linalg.eigh(gauss_newton)
    vectors = vectors[:, values < _SINGULAR]
    return np.asarray(vectors[:, np.einsum("pn,pq,qn->n", vectors, hessian, vectors) < _FLAT])


def _inverse_without(hessian: FloatArray, null: FloatArray) -> FloatArray:
    """Invert a Hessian in the space orthogonal to some directions [P, N]."""
    whole, _ = np.linalg.qr(null, mode="complete")
    rest = whole[:, null.shape[1] :]
    inverse = rest @ np.linalg.inv(rest.T @ hessian @ rest) @ rest.T
    return np.asarray((inverse + inverse.T) / 2)
