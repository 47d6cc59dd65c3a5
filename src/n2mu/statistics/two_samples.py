"""Whether two weighted histograms are of the same distribution."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2mu.statistics.effective import effective_sums


@dataclass(frozen=True)
class TwoSamples:
    """The chi2 of two histograms and its number of degrees of freedom.

    Attributes
    ----------
    residuals
        Their squares add up to it; positive where the first has more [bins]. NaN in a bin
        without events.
    """

    chi2: float
    ndf: int
    residuals: NDArray[np.float64]


def two_sample_chi2(
    first: NDArray[np.float64],
    first_squares: NDArray[np.float64],
    second: NDArray[np.float64],
    second_squares: NDArray[np.float64],
) -> TwoSamples | None:
    """Return the chi2 of the shapes of two histograms of independent weighted events.

    ``sum_i (W2 w1_i - W1 w2_i)^2 / (W1^2 s2_i + W2^2 s1_i)`` with sums of weights
    w, of squared weights s, and totals W; the degrees of freedom are the bins
    with events less one: N. Gagunashvili, "Comparison of weighted and unweighted
    histograms", PoS (ACAT) 060 (2007), as ROOT's ``Chi2Test("WW")``.

    Parameters
    ----------
    first, second
        Sums of weights [bins].
    first_squares, second_squares
        Sums of squared weights [bins].

    Returns
    -------
    TwoSamples or None
        None if a total is not positive or fewer than two bins have events.
    """
    totals = first.sum(), second.sum()
    filled = (first_squares > 0) | (second_squares > 0)
    if not (min(totals) > 0 and filled.sum() >= 2):
        return None
    delta = totals[1] * first - totals[0] * second
    variance = totals[0] ** 2 * second_squares + totals[1] ** 2 * first_squares
    residuals = np.full(first.size, np.nan)
    residuals[filled] = delta[filled] / np.sqrt(variance[filled])
    chi2 = float(np.sum(residuals[filled] ** 2))
    return TwoSamples(chi2, int(filled.sum()) - 1, residuals)


def merged_bins(
    sums: list[tuple[NDArray[np.float64], NDArray[np.float64]]], least: float
) -> NDArray[np.int64]:
    """Return the first bins of groups of neighbours that hold enough events everywhere.

    Parameters
    ----------
    sums
        Sums of weights and of squared weights [bins] of each histogram.
    least
        Effective events, ``(sum w)^2 / sum w^2``, that each histogram has in each group.

    Returns
    -------
    array
        [groups]; what is left at the end joins the last group.
    """
    starts = [0]
    bins = len(sums[0][0])
    for end in range(1, bins):
        group = slice(starts[-1], end)
        rest = slice(end, bins)
        if all(_effective(w[part], s[part]) >= least for w, s in sums for part in (group, rest)):
            starts.append(end)
    return np.asarray(starts)


def _effective(sumw: NDArray[np.float64], sumw2: NDArray[np.float64]) -> float:
    return float(effective_sums(sumw.sum(keepdims=True), sumw2.sum(keepdims=True))[0])
