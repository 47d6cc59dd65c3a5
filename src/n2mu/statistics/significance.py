"""Median discovery significance of a counting experiment (Asimov approximation)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2mu.errors import TemplateError
from n2mu.statistics.effective import effective_sums


def asimov_significance(
    signal: ArrayLike, background: ArrayLike, uncertainty: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Return the expected significance of each bin.

    With the background known, ``sqrt(2 [(s + b) ln(1 + s/b) - s])``; with an
    uncertainty ``sigma`` on it and ``n = s + b``, ``sqrt(2 [n ln(n (b + sigma^2)
    / (b^2 + n sigma^2)) - (b^2 / sigma^2) ln(1 + sigma^2 s / (b (b +
    sigma^2)))])``: G. Cowan, K. Cranmer, E. Gross, O. Vitells, Eur. Phys. J. C
    71 (2011) 1554, eq. 97, and G. Cowan, "Discovery sensitivity for a counting
    experiment with background uncertainty" (2012), eq. 20.

    Parameters
    ----------
    signal, background
        Expected yields [bins].  A yield of signal at or below zero, which
        negative weights can give, has significance 0.
    uncertainty
        Absolute uncertainty of the background [bins].

    Raises
    ------
    TemplateError
        If a background is not positive or an uncertainty is negative.
    """
    s, b, sigma = np.broadcast_arrays(
        np.asarray(signal, np.float64),
        np.asarray(background, np.float64),
        np.asarray(uncertainty, np.float64),
    )
    if not (b > 0).all():
        raise TemplateError(f"expected backgrounds > 0 in every bin, got {np.min(b):g}; merge bins")
    if not (sigma >= 0).all():
        raise TemplateError(f"expected uncertainties >= 0, got {np.min(sigma):g}")
    s = np.maximum(s, 0.0)
    n = s + b
    known = n * np.log1p(s / b) - s
    variance = np.where(sigma > 0, sigma**2, 1.0)
    uncertain = n * np.log1p(s * b / (b**2 + n * variance)) - b**2 / variance * np.log1p(
        variance * s / (b * (b + variance))
    )
    # rounding can leave a tiny negative number where there is no signal
    half = np.maximum(np.where(sigma > 0, uncertain, known), 0.0)
    return np.asarray(np.sqrt(2.0 * half))


def combined_significance(
    signal: ArrayLike, background: ArrayLike, uncertainty: ArrayLike = 0.0
) -> float:
    """Return the significances of all bins added in quadrature.

    Arguments and errors as :func:`asimov_significance`; uncertainties of
    different bins are taken as independent.
    """
    return float(np.sqrt(np.sum(asimov_significance(signal, background, uncertainty) ** 2)))


def binned_significance(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weight: NDArray[np.floating],
    bins: int = 8,
    mass: NDArray[np.floating] | None = None,
    quantiles: tuple[float, float] = (0.05, 0.95),
) -> float | None:
    """Return the significance of bins of a score that hold equal signal, in quadrature.

    In each bin signal and background are counted in the window of the mass that
    holds the signal between two quantiles: event classifier transformer paper,
    section 3.3.  A bin whose background is not positive, which few events or
    negative weights can give, is joined with the next lower one.

    Parameters
    ----------
    score
        [events]; high means signal.
    is_signal
        [events].
    weight
        Signed weights, expected events [events].
    bins
        Number of bins.
    mass
        [events]; none: all events of a bin count.
    quantiles
        Of the signal's mass in a bin.

    Returns
    -------
    float or None
        None if signal or background has no positive sum of weights.
    """
    order = np.argsort(-score, kind="stable")
    descending = -score[order].astype(np.float64)
    signal = np.where(is_signal, weight, 0.0)[order].astype(np.float64)
    background = np.where(is_signal, 0.0, weight)[order].astype(np.float64)
    if not (signal.sum() > 0 and background.sum() > 0):
        return None
    masses = np.zeros(score.size) if mass is None else mass[order]

    def yields(start: int, end: int) -> tuple[float, float]:
        chosen = slice(start, end)
        low, high = _quantiles(masses[chosen], signal[chosen], quantiles)
        inside = (masses[chosen] >= low) & (masses[chosen] <= high)
        return float(signal[chosen][inside].sum()), float(background[chosen][inside].sum())

    # negative weights let the sum fall on the way; a target is met where it is first reached
    passing = np.maximum.accumulate(np.cumsum(signal))
    reached = np.searchsorted(passing, signal.sum() * np.arange(1, bins) / bins)
    # events of equal score are never told apart
    ends = np.searchsorted(descending, descending[reached], side="right")
    chosen: list[tuple[int, int]] = []
    start = 0
    for end in [*np.unique(ends).tolist(), score.size]:
        if end > start and yields(start, end)[1] > 0:
            chosen.append((start, end))
            start = end
    if start < score.size and chosen:
        # what is left at the bottom joins the bin above
        begin = chosen.pop()[0]
        while yields(begin, score.size)[1] <= 0 and chosen:
            begin = chosen.pop()[0]
        chosen.append((begin, score.size))
    counts = [yields(*edges) for edges in chosen]
    if not counts or min(b for _, b in counts) <= 0:
        return None
    return combined_significance([s for s, _ in counts], [b for _, b in counts])


def _quantiles(
    mass: NDArray[np.floating], weight: NDArray[np.float64], shares: tuple[float, float]
) -> tuple[float, float]:
    """Return the values below which two shares of the weight lie."""
    if not weight.sum() > 0:
        return -np.inf, np.inf
    order = np.argsort(mass, kind="stable")
    passing = np.maximum.accumulate(np.cumsum(weight[order]))
    low, high = np.searchsorted(passing, weight.sum() * np.asarray(shares))
    return float(mass[order][low]), float(mass[order][min(high, mass.size - 1)])


def threshold_scan(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weight: NDArray[np.floating],
    points: int = 100,
) -> dict[str, NDArray[np.float64]]:
    """Return what is expected above each threshold of a score.

    Parameters
    ----------
    score
        [events]; high means signal.
    is_signal
        [events].
    weight
        Signed weights, expected events [events].
    points
        Number of thresholds, at the quantiles of the signal's scores.

    Returns
    -------
    dict
        ``threshold``, ``signal``, ``background``, ``effective_background``
        events, ``s_over_sqrt_b`` and ``asimov`` significance, each [points]; NaN
        where the background is not positive.
    """
    if not is_signal.any():
        return {name: np.empty(0) for name in _SCAN}
    levels = np.quantile(score[is_signal], np.linspace(0.0, 1.0, points, endpoint=False))
    threshold = np.unique(levels).astype(np.float64)
    order = np.argsort(score, kind="stable")
    first = np.searchsorted(score[order], threshold)

    def above(values: NDArray[np.floating]) -> NDArray[np.float64]:
        ordered = values[order].astype(np.float64)
        return np.asarray(np.append(np.cumsum(ordered[::-1])[::-1], 0.0)[first])

    signal, background = (above(np.where(k, weight, 0.0)) for k in (is_signal, ~is_signal))
    squares = above(np.where(is_signal, 0.0, weight.astype(np.float64) ** 2))
    counted = background > 0
    simple, asimov = np.full((2, threshold.size), np.nan)
    simple[counted] = signal[counted] / np.sqrt(background[counted])
    asimov[counted] = asimov_significance(signal[counted], background[counted])
    effective = effective_sums(background, squares)
    columns = (threshold, signal, background, effective, simple, asimov)
    return dict(zip(_SCAN, columns, strict=True))


_SCAN = (
    "threshold",
    "signal",
    "background",
    "effective_background",
    "s_over_sqrt_b",
    "asimov",
)
