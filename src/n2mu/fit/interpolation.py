"""Interpolation between the variations of a systematic, with derivatives.

Both are pyhf's defaults: code 4 for normsys (polynomial of sixth order inside
``|alpha| < 1``, exponential outside) and code 4p for histosys (polynomial inside, linear
outside).  Definitions: HistFactory, CERN-OPEN-2012-016, and the pyhf paper,
doi:10.21105/joss.02823.  Value, first and second derivative are continuous at ``|alpha| = 1``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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


def code4(
    alpha: FloatArray, log_low: FloatArray, log_high: FloatArray, coefficients: FloatArray
) -> Derivatives:
    """Return the factor of code 4 and its derivatives with respect to alpha.

    Parameters
    ----------
    alpha
        Nuisance parameters, shape [n].
    log_low, log_high
        Logarithms of the factors at alpha = -1 and +1, shape [n].
    coefficients
        From `code4_coefficients`, shape [6, n].
    """
    c1, c2, c3, c4, c5, c6 = coefficients
    value = 1 + alpha * (
        c1 + alpha * (c2 + alpha * (c3 + alpha * (c4 + alpha * (c5 + alpha * c6))))
    )
    first = c1 + alpha * (
        2 * c2 + alpha * (3 * c3 + alpha * (4 * c4 + alpha * (5 * c5 + alpha * 6 * c6)))
    )
    second = 2 * c2 + alpha * (6 * c3 + alpha * (12 * c4 + alpha * (20 * c5 + alpha * 30 * c6)))
    outside = np.abs(alpha) >= 1
    if outside.any():
        rate = np.where(alpha[outside] > 0, log_high[outside], -log_low[outside])
        power = np.exp(alpha[outside] * rate)
        value[outside] = power
        first[outside] = rate * power
        second[outside] = rate**2 * power
    return Derivatives(value, first, second)


def code4p_weights(alpha: FloatArray) -> tuple[Derivatives, Derivatives]:
    """Return the weights of the two variations in code 4p, with derivatives.

    The shift of a template is ``up(alpha) (high - nominal) + down(alpha) (nominal - low)``.

    Parameters
    ----------
    alpha
        Nuisance parameters, shape [n].

    Returns
    -------
    up, down
        Each value, first and second derivative, shape [n].
    """
    square = alpha**2
    bump = square * (15 + square * (3 * square - 10)) / 16
    bump_first = alpha * (30 + square * (18 * square - 40)) / 16
    bump_second = (30 + square * (90 * square - 120)) / 16
    inside = np.abs(alpha) <= 1
    above = alpha > 1
    below = alpha < -1
    up = Derivatives(
        np.where(inside, alpha / 2 + bump, np.where(above, alpha, 0.0)),
        np.where(inside, 0.5 + bump_first, above),
        np.where(inside, bump_second, 0.0),
    )
    down = Derivatives(
        np.where(inside, alpha / 2 - bump, np.where(below, alpha, 0.0)),
        np.where(inside, 0.5 - bump_first, below),
        np.where(inside, -bump_second, 0.0),
    )
    return up, down
