"""Distance correlation with weights: exact, in blocks, with its own gradient."""

from typing import Any

import torch
from torch import Tensor

BLOCK = 64
"""Rows of the matrix of distances that exist at a time."""


def distance_correlation(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Return the squared distance correlation of two quantities.

    With ``p`` the weights over their sum, ``a_ij = |x_i - x_j|``, ``A`` the same
    less its weighted means of row and column plus that of all, and ``B``
    likewise from ``y``: ``<AB> / sqrt(<AA> <BB>)``, where ``<AB> = sum_ij p_i
    p_j A_ij B_ij``.  Zero if and only if the two are independent, one if one is a
    linear function of the other.  G. Szekely, M. Rizzo, N. Bakirov, Ann. Statist.
    35 (2007) 2769; as a term of a loss G. Kasieczka, D. Shih, Phys. Rev. Lett.
    125 (2020) 122001.

    The mean products are ``sum_ij p_i p_j a_ij b_ij - 2 sum_i p_i a_i b_i + a
    b`` with the means ``a_i`` and ``a``.  Means of rows come from sorted sums,
    ``sum_ij p_i p_j a_ij^2`` is twice a variance, and only ``sum_ij p_i p_j a_ij
    b_ij`` needs all pairs, which pass in blocks: memory grows with the number
    of events and not with its square.

    Parameters
    ----------
    x
        What the score shall not depend on [events]; no gradient is returned.
    y
        The score [events].
    weight
        Weights [events], not negative.

    Returns
    -------
    Tensor
        A scalar; zero if one of the two is constant.
    """
    if x.shape[0] == 0:
        return y.sum() * 0.0
    function: Any = _DistanceCorrelation.apply
    correlation: Tensor = function(x.to(y.dtype), y, weight.to(y.dtype))
    return correlation


class _DistanceCorrelation(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        p = weight / weight.sum()
        # neither shift nor scale matters, and numbers near one are added more exactly
        x, _ = _standardised(x, p)
        y, scale = _standardised(y, p)
        mean_a, _, _ = _row_means(x, p)
        mean_b, sign_sum, sign_mean_b = _row_means(y, p)
        all_a, all_b = (p * mean_a).sum(), (p * mean_b).sum()
        slope = _cross_slope(x, y, p)
        # sum_ij p_i p_j a_ij b_ij, since b_ij = (y_i - y_j) sign(y_i - y_j)
        cross = 2 * (p * y * slope).sum()
        covariance = cross - 2 * (p * mean_a * mean_b).sum() + all_a * all_b
        variance_a = 2 * (p * x * x).sum() - 2 * (p * mean_a**2).sum() + all_a**2
        variance_b = 2 * (p * y * y).sum() - 2 * (p * mean_b**2).sum() + all_b**2
        norm = torch.sqrt(variance_a * variance_b)
        norm = torch.where(norm > 0, norm, 1.0)  # of a constant everything else is zero
        correlation = covariance / norm

        sign_mean_a = _signed_sums(y, p * mean_a)
        slope_covariance = 2 * p * (slope - mean_a * sign_sum - sign_mean_a + all_a * sign_sum)
        slope_variance = 4 * p * (y - mean_b * sign_sum - sign_mean_b + all_b * sign_sum)
        relative = slope_variance / torch.where(variance_b > 0, variance_b, 1.0)
        gradient = slope_covariance / norm - 0.5 * correlation * relative
        context.save_for_backward(gradient / scale)
        return correlation

    @staticmethod
    def backward(context: Any, *above: Tensor) -> tuple[None, Tensor, None]:
        (gradient,) = context.saved_tensors
        return None, above[0] * gradient, None


def _standardised(y: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """Return values of mean zero and variance one, and their scale; a constant becomes zero."""
    centred = y - (p * y).sum()
    scale = torch.sqrt((p * centred**2).sum())
    rounding = 8 * torch.finfo(y.dtype).eps * y.abs().max()
    constant = scale <= rounding
    return torch.where(constant, 0.0, centred / scale), torch.where(constant, 1.0, scale)


def _signed_sums(y: Tensor, value: Tensor) -> Tensor:
    """Return ``sum_j value_j sign(y_i - y_j)`` for every i, [events]."""
    order = torch.argsort(y)
    total = torch.cat([value.new_zeros(1), value[order].cumsum(0)])
    below, up_to = (torch.searchsorted(y[order], y, right=right) for right in (False, True))
    return total[below] + total[up_to] - total[-1]


def _row_means(y: Tensor, p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``sum_j p_j |y_i - y_j|``, and the signed sums of ``p`` and of ``p`` times it."""
    sign_sum = _signed_sums(y, p)
    mean = y * sign_sum - _signed_sums(y, p * y)
    return mean, sign_sum, _signed_sums(y, p * mean)


def _cross_slope(x: Tensor, y: Tensor, p: Tensor) -> Tensor:
    """Return ``sum_j p_j |x_i - x_j| sign(y_i - y_j)`` for every i, [events]."""
    slope = torch.zeros_like(y)
    for start in range(0, y.shape[0], BLOCK):
        rows, later = slice(start, start + BLOCK), slice(start + BLOCK, None)
        # pairs with earlier rows were met there, with the other sign
        distance = torch.sub(x[rows, None], x[start:]).abs_()
        signed = distance.mul_(torch.sub(y[rows, None], y[start:]).sign_())
        slope[rows] += signed @ p[start:]
        slope[later] -= p[rows] @ signed[:, BLOCK:]
    return slope
