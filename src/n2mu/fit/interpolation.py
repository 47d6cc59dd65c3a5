"""Interpolation between the variations of a systematic, with derivatives.

Definitions: HistFactory, CERN-OPEN-2012-016, and the pyhf paper, doi:10.21105/joss.02823.  A
rate (normsys) is multiplied by code 4 (polynomial of sixth order inside ``|alpha| < 1``,
exponential outside) or code 1 (exponential).  A template (histosys) is shifted by
``alpha (high - low) / 2 + e(alpha) ((high + low) / 2 - nominal)``, in which codes 0 (piecewise
linear), 2 (quadratic inside) and 4p (polynomial inside) differ by the even function e, which is
linear outside ``|alpha| < 1`` for all three.  Codes 4 and 4p have continuous second derivatives.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.fit.settings import NormCode, ShapeCode

FloatArray = NDArray[np.float64]


class Derivatives(NamedTuple):
    """A function of alpha and its first two derivatives, each of the same shape."""

    value: FloatArray
    first: FloatArray
    second: FloatArray


def code4_coefficients(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the polynomial of code 4 for factors at alpha = -1 and +1.

    The polynomial ``1 + sum_i c_i alpha^i`` (i = 1..6) meets the exponentials ``high^alpha``
    and ``low^-alpha`` at ``|alpha| = 1`` in value, slope and curvature.

    Parameters
    ----------
    low, high
        Positive factors at alpha = -1 and +1, shape [n].

    Returns
    -------
    ndarray
        Coefficients of alpha^1 ... alpha^6, shape [6, n].
    """
    log_low, log_high = np.log(low), np.log(high)
    value_even, value_odd = (high + low) / 2 - 1, (high - low) / 2
    slope_up, slope_down = log_high * high, -log_low * low
    slope_even, slope_odd = (slope_up - slope_down) / 2, (slope_up + slope_down) / 2
    bend_up, bend_down = log_high**2 * high, log_low**2 * low
    bend_even, bend_odd = (bend_up + bend_down) / 2, (bend_up - bend_down) / 2
    return np.stack(
        [
            (15 * value_odd - 7 * slope_odd + bend_odd) / 8,
            (24 * value_even - 9 * slope_even + bend_even) / 8,
            (-10 * value_odd + 10 * slope_odd - 2 * bend_odd) / 8,
            (-24 * value_even + 14 * slope_even - 2 * bend_even) / 8,
            (3 * value_odd - 3 * slope_odd + bend_odd) / 8,
            (8 * value_even - 5 * slope_even + bend_even) / 8,
        ]
    )


def norm_factor(
    code: NormCode,
    alpha: FloatArray,
    log_low: FloatArray,
    log_high: FloatArray,
    coefficients: FloatArray,
    order: int = 2,
) -> Derivatives:
    """Return the factors of normsys and their derivatives with respect to alpha.

    Parameters
    ----------
    code
        "code4" or "code1".
    alpha
        Nuisance parameters, shape [n] or, of k fits, [n, k].
    log_low, log_high
        Logarithms of the factors at alpha = -1 and +1, shape [n].
    coefficients
        From `code4_coefficients`, shape [6, n].
    order
        Highest derivative that is wanted; higher ones are empty.
    """
    if code == "code1":
        rates = _per_fit(alpha, np.where(alpha.T > 0, log_high, -log_low).T)
        return _exponential(alpha, rates, order)
    columns = coefficients.reshape(*coefficients.shape, *(1,) * (alpha.ndim - 1))
    found = [_polynomial(alpha, columns, derivative) for derivative in range(order + 1)]
    found[0] += 1
    outside = np.abs(alpha) >= 1
    if outside.any():
        beyond = alpha[outside]
        entry = np.nonzero(outside)[0]
        rates = np.where(beyond > 0, log_high[entry], -log_low[entry])
        for inside, replaced in zip(found, _exponential(beyond, rates, order), strict=False):
            inside[outside] = replaced
    return Derivatives(*found, *(np.empty(0) for _ in range(2 - order)))


def _per_fit(alpha: FloatArray, values: FloatArray) -> FloatArray:
    return np.broadcast_to(values, alpha.shape)


def _exponential(alpha: FloatArray, rates: FloatArray, order: int) -> Derivatives:
    power = np.exp(alpha * rates)
    derivatives = [power * rates**derivative for derivative in range(order + 1)]
    return Derivatives(*derivatives, *(np.empty(0) for _ in range(2 - order)))


def _polynomial(alpha: FloatArray, coefficients: FloatArray, derivative: int) -> FloatArray:
    """Return a derivative of ``sum_i c_i alpha^i``, i = 1..6, by Horner's rule."""
    powers = np.arange(1, 7)
    weight = np.prod([powers - step for step in range(derivative)], axis=0) * np.ones(6)
    value: FloatArray = alpha * (weight[5] * coefficients[5])
    lowest = max(derivative, 1)
    for power in range(5, lowest - 1, -1):
        value += weight[power - 1] * coefficients[power - 1]
        if power > derivative:
            value *= alpha
    return value


def shape_bend(code: ShapeCode, alpha: FloatArray) -> Derivatives:
    """Return the even function e(alpha) of a code for histosys, with derivatives.

    Outside ``|alpha| < 1`` code 2 continues with its slope, as HistFactory has it; pyhf 0.7.6
    jumps there.

    Parameters
    ----------
    code
        "code4p", "code0" or "code2".
    alpha
        Nuisance parameters, any shape.
    """
    size, sign = np.abs(alpha), np.sign(alpha)
    if code == "code0":
        return Derivatives(size, np.where(alpha < 0, -1.0, 1.0), np.zeros_like(alpha))
    inside = size <= 1
    square = alpha**2
    if code == "code2":
        return Derivatives(
            np.where(inside, square, 2 * size - 1),
            np.where(inside, 2 * alpha, 2 * sign),
            np.where(inside, 2.0, 0.0),
        )
    return Derivatives(
        np.where(inside, square * (15 + square * (3 * square - 10)) / 8, size),
        np.where(inside, alpha * (30 + square * (18 * square - 40)) / 8, sign),
        np.where(inside, (30 + square * (90 * square - 120)) / 8, 0.0),
    )
