"""Smoothing of systematic variations: 353QH, and merging of bins before it.

What is smoothed is the ratio of the variation to its nominal, as TRExFitter does:
the shape of the distribution itself stays.  The integral of the variation is kept.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n2mu.errors import counted

FloatArray = npt.NDArray[np.float64]

LEAST_BINS = 3
TIMES = 2
"""How often 353QH is applied to a ratio."""
MAX_ERROR = 0.08
"""Statistical error of the ratio above which bins are merged."""
MAX_CHANGE = 2.0
"""Factor on the integral beyond which a smooth variation has lost what it describes."""


@dataclass(frozen=True)
class Variation:
    """A variation that is to be smoothed.

    Attributes
    ----------
    nominal, nominal_sumw2, varied, varied_sumw2
        Yields and sums of squared weights [bins].
    correlated
        Whether both hold the same simulated events (a variation of weights).
    """

    nominal: FloatArray
    nominal_sumw2: FloatArray
    varied: FloatArray
    varied_sumw2: FloatArray
    correlated: bool


@dataclass(frozen=True)
class Smoothed:
    """A smoothed variation.

    Attributes
    ----------
    sumw
        Yields [bins].
    what
        What was done, or why nothing was.
    changed
        Whether smoothing was applied.
    """

    sumw: FloatArray
    what: str
    changed: bool


def smooth_353qh(values: FloatArray, times: int = 1) -> FloatArray:
    """Smooth a sequence with running medians of 3, 5 and 3, quadratic interpolation and Hanning.

    The residuals are smoothed in the same way and added back ("twice").  It gives
    what ``TH1::Smooth(times)`` gives.  J. H. Friedman, in Proc. 1974 CERN School of
    Computing, CERN 74-23, p. 271; J. W. Tukey, Exploratory Data Analysis (1977), ch. 7 and 16.

    Parameters
    ----------
    values
        [bins]; fewer than three are returned as they are.  If none is negative, no
        result is.
    times
        How often the whole is repeated.
    """
    result = values.astype(np.float64)
    if len(result) < LEAST_BINS:
        return result
    for _ in range(times):
        least = result.min()
        smooth = _once(result)
        result = smooth + _once(result - smooth)
        if least >= 0:
            result = np.maximum(result, 0.0)
    return result


def _once(values: FloatArray) -> FloatArray:
    smooth = _ends(values, _median(values, 3))
    smooth = _median(_median(smooth, 5), 3)
    return _hanning(_bend_flat_tops(smooth))


def _median(values: FloatArray, width: int) -> FloatArray:
    """Replace every value that has a full window about it by the median in that window."""
    result = values.copy()
    half = width // 2
    if len(values) >= width:
        windows = np.lib.stride_tricks.sliding_window_view(values, width)
        result[half : len(values) - half] = np.median(windows, axis=1)
    return result


def _ends(values: FloatArray, smooth: FloatArray) -> FloatArray:
    """Set both ends by Tukey's rule.

    It is the median of the value, its smooth neighbour, and what a line through
    the next two smooth values gives one step beyond the end.
    """
    result = smooth.copy()
    for end, first, second in ((0, 1, 2), (-1, -2, -3)):
        beyond = 3 * smooth[first] - 2 * smooth[second]
        result[end] = np.median([values[end], smooth[first], beyond])
    return result


def _bend_flat_tops(values: FloatArray) -> FloatArray:
    """Replace hills and dales of three equal values, which medians leave, by a parabola."""
    result = values.copy()
    for i in range(2, len(values) - 2):
        before, here, after = values[i - 2], values[i], values[i + 2]
        if not (values[i - 1] == here == values[i + 1]):
            continue
        if (before - here) * (after - here) <= 0:
            continue
        # the neighbour that is nearer in height has its side bent
        step = -1 if abs(after - here) > abs(before - here) else 1
        near, far = values[i + 2 * step], values[i - 2 * step]
        result[i] = -far / 2 + here * 4 / 3 + near / 6
        result[i + step] = here + (near - far) / 2
    return result


def _hanning(values: FloatArray) -> FloatArray:
    """Average each inner value with its neighbours, weights 1/4, 1/2, 1/4."""
    result = values.copy()
    result[1:-1] = values[:-2] / 4 + values[1:-1] / 2 + values[2:] / 4
    return result


def smooth_ratio(of: Variation) -> Smoothed:
    """Smooth the ratio of a variation to its nominal with 353QH, twice.

    Parameters
    ----------
    of
        A bin without positive nominal yield has no ratio; it takes that of the integrals.

    Returns
    -------
    Smoothed
        With the integral of the variation; a variation that is proportional to the
        nominal stays as it is.
    """
    if (why := _hindrance(of)) is not None:
        return Smoothed(of.varied.copy(), why, False)
    return _applied(of, _ratio(of.nominal, of.varied), "353QH twice on the ratio")


def smooth_max_variation(of: Variation, max_error: float = MAX_ERROR) -> Smoothed:
    """Merge bins until the ratio is known well enough, then smooth it with 353QH, twice.

    The bin whose ratio has the largest statistical error is merged with its less known
    neighbour until no error exceeds `max_error`; merged bins share one ratio.

    Parameters
    ----------
    of
        If it is correlated, the relative error of the ratio is taken as the larger of both
        relative errors: the events fluctuate together, and nothing is added.  Otherwise
        both are added in quadrature.
    max_error
        Relative.

    Returns
    -------
    Smoothed
        With the integral of the variation; a variation that is proportional to the
        nominal stays as it is.
    """
    if (why := _hindrance(of)) is not None:
        return Smoothed(of.varied.copy(), why, False)
    starts = list(range(len(of.nominal)))
    while len(starts) > 1:
        errors = _ratio_errors(
            *(
                np.add.reduceat(part, starts)
                for part in (of.nominal, of.nominal_sumw2, of.varied, of.varied_sumw2)
            ),
            correlated=of.correlated,
        )
        worst = int(np.argmax(errors))
        if errors[worst] <= max_error:
            break
        left = errors[worst - 1] if worst > 0 else -1.0
        right = errors[worst + 1] if worst + 1 < len(errors) else -1.0
        del starts[worst if left >= right else worst + 1]
    merged = _ratio(np.add.reduceat(of.nominal, starts), np.add.reduceat(of.varied, starts))
    bins = len(of.nominal)
    ratio = np.repeat(merged, np.diff([*starts, bins]))
    what = f"{bins} bins merged to {len(starts)} (errors <= {max_error:g}), then 353QH twice"
    return _applied(of, ratio, what)


def _hindrance(of: Variation) -> str | None:
    """Return why a variation cannot be smoothed."""
    if len(of.nominal) < LEAST_BINS:
        return f"not smoothed: {counted(len(of.nominal), 'bin')}, 353QH needs {LEAST_BINS}"
    if not (of.nominal.sum() > 0 and of.varied.sum() > 0):
        return "not smoothed: the integral of the nominal or the variation is not positive"
    return None


def _ratio(nominal: FloatArray, varied: FloatArray) -> FloatArray:
    whole = varied.sum() / nominal.sum()
    filled = nominal > 0
    return np.where(filled, varied / np.where(filled, nominal, 1.0), whole)


def _ratio_errors(
    nominal: FloatArray,
    nominal_sumw2: FloatArray,
    varied: FloatArray,
    varied_sumw2: FloatArray,
    *,
    correlated: bool,
) -> FloatArray:
    """Return relative errors of the ratio [bins], infinite where one of both is not positive."""
    known = (nominal > 0) & (varied > 0)
    with np.errstate(over="ignore"):  # a yield of almost nothing is not known at all
        first = np.sqrt(nominal_sumw2) / np.where(known, nominal, 1.0)
        second = np.sqrt(varied_sumw2) / np.where(known, varied, 1.0)
    errors = np.maximum(first, second) if correlated else np.hypot(first, second)
    return np.where(known, errors, np.inf)


def _applied(of: Variation, ratio: FloatArray, what: str) -> Smoothed:
    smooth = of.nominal * smooth_353qh(ratio, TIMES)
    kept = smooth.sum() / of.varied.sum()
    if not 1 / MAX_CHANGE < kept < MAX_CHANGE:
        why = f"not smoothed: the integral would become {kept:.2g} of what it is"
        return Smoothed(of.varied.copy(), why, False)
    return Smoothed(smooth / kept, what, True)
