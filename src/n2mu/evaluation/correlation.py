"""How far the shape of a quantity of background changes with the signal score."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.evaluation import Correlation
from n2mu.evaluation.measured import measured, numbers
from n2mu.statistics.bootstrap import SEED, bootstrap

SHUFFLES = 20


def correlation(
    score: NDArray[np.floating],
    observable: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weights: NDArray[np.float64],
    options: Correlation,
    replicas: int,
) -> dict[str, Any]:
    """Return the correlation of background as the event classifier transformer paper has it.

    Section 4.4 there: bins of the score that hold equal signal; in each the
    histogram of the quantity, normalised; per bin of the quantity the standard
    deviation over the bins of the score; of these the mean.  It scales with the
    widths of the bins and grows with the scatter of few events, so the binning
    and the value for independent quantities are part of the answer.

    Parameters
    ----------
    score
        [events]; high means signal.
    observable
        [events].
    is_signal
        [events].
    weights
        Signed weights [events].
    options
        The bins.
    replicas
        Number of bootstrap replicas for the error.

    Returns
    -------
    dict
        ``value``, ``error``; ``independent``: the mean value of twenty samples in
        which the quantity is dealt anew among the background events; ``shapes``
        [bins of the score][bins], the highest scores last, with ``edges`` and
        ``score_edges``; all None with a ``reason`` where a bin of the score has no
        positive sum of weights.
    """
    edges = np.linspace(options.low, options.high, options.bins + 1)
    score_edges = _equal_signal(score, is_signal, weights, options.score_bins)
    described = {"observable": options.observable, "edges": edges.tolist()}
    if score_edges is None:
        return described | _without("the signal has no positive sum of weights")
    background = ~is_signal & (observable >= edges[0]) & (observable < edges[-1])
    rows = np.flatnonzero(background)
    across = np.searchsorted(score_edges, score[rows], side="right")
    along = np.searchsorted(edges, observable[rows], side="right") - 1
    weight = weights[rows]

    def shapes(weight: NDArray[np.float64], across: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the normalised histograms [sets of weights, bins of the score, bins]."""
        cell = across * options.bins + along
        size = options.score_bins * options.bins
        sums = np.asarray([np.bincount(cell, row, size) for row in weight])
        sums = sums.reshape(-1, options.score_bins, options.bins)
        totals = sums.sum(axis=2, keepdims=True)
        return np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), np.nan)

    def value(
        weight: NDArray[np.float64], across: NDArray[np.int64] = across
    ) -> NDArray[np.float64]:
        return np.asarray(shapes(weight, across).std(axis=1).mean(axis=1))

    found = shapes(weight[None], across)[0]
    if not np.isfinite(found).all():
        return described | _without("a bin of the score has no positive sum of weights; use fewer")
    random = np.random.default_rng(SEED)
    # quantity and weight stay together, so that the distribution of the quantity does
    dealt = [value(weight[None], random.permutation(across))[0] for _ in range(SHUFFLES)]
    exists = [float(number) for number in dealt if np.isfinite(number)]
    varied = bootstrap(lambda w: {"value": value(w)}, weight, replicas)["value"]
    return {
        **described,
        **measured(float(value(weight[None])[0]), varied),
        "independent": float(np.mean(exists)) if exists else None,
        "shapes": numbers(found),
        "score_edges": score_edges.tolist(),
    }


def _without(reason: str) -> dict[str, Any]:
    keys = ("value", "error", "independent", "shapes", "score_edges")
    return dict.fromkeys(keys) | {"reason": reason}


def _equal_signal(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weights: NDArray[np.float64],
    bins: int,
) -> NDArray[np.float64] | None:
    """Return the edges between bins of equal signal [bins - 1]; None without signal."""
    values, weight = score[is_signal].astype(np.float64), weights[is_signal]
    if not weight.sum() > 0:
        return None
    order = np.argsort(values, kind="stable")
    # negative weights let the sum fall on the way; a share is met where it is first reached
    passing = np.maximum.accumulate(np.cumsum(weight[order]))
    reached = np.searchsorted(passing, weight.sum() * np.arange(1, bins) / bins)
    return np.asarray(values[order][np.minimum(reached, values.size - 1)])
