"""How far the shape of a quantity of background changes with the signal score."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.evaluation import Correlation
from n2mu.evaluation.measured import measured, number, numbers
from n2mu.statistics.bootstrap import SEED, bootstrap

SHUFFLES = 20


class ShapeChange:
    """Background in bins of the score that hold equal signal, and of a quantity.

    Event classifier transformer paper, section 4.4: in each bin of the score the
    histogram of the quantity, normalised; per bin of the quantity the standard
    deviation over the bins of the score; of these the mean.  It scales with the
    widths of the bins and grows with the scatter of few events.

    Parameters
    ----------
    score
        [events]; high means signal.
    observable
        [events].
    is_signal
        [events].
    weights
        Signed weights [events], from which the bins of the score follow.
    options
        The bins.

    Attributes
    ----------
    edges
        Of the quantity [bins + 1].
    score_edges
        Between the bins of the score [score bins - 1]; none without signal.
    rows
        The background events that are counted [counted].
    weight
        Theirs [counted].
    """

    def __init__(
        self,
        score: NDArray[np.floating],
        observable: NDArray[np.floating],
        is_signal: NDArray[np.bool_],
        weights: NDArray[np.float64],
        options: Correlation,
    ) -> None:
        self.options = options
        self.edges = np.linspace(options.low, options.high, options.bins + 1)
        self.score_edges = _equal_signal(score, is_signal, weights, options.score_bins)
        inside = (observable >= self.edges[0]) & (observable < self.edges[-1])
        self.rows = np.flatnonzero(~is_signal & inside)
        between = self.score_edges if self.score_edges is not None else np.empty(0)
        self._across = np.searchsorted(between, score[self.rows], side="right")
        self._along = np.searchsorted(self.edges, observable[self.rows], side="right") - 1
        self.weight = weights[self.rows]

    def shapes(
        self, weights: NDArray[np.float64], across: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Return the normalised histograms [sets, bins of the score, bins].

        Parameters
        ----------
        weights
            [sets, counted]; where their sum in a bin of the score is not positive, it has NaN.
        across
            Bins of the score [counted], if other than they are.
        """
        across = self._across if across is None else across
        cell = across * self.options.bins + self._along
        size = self.options.score_bins * self.options.bins
        sums = np.asarray([np.bincount(cell, row, size) for row in weights])
        sums = sums.reshape(-1, self.options.score_bins, self.options.bins)
        totals = sums.sum(axis=2, keepdims=True)
        return np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), np.nan)

    def spreads(
        self, weights: NDArray[np.float64], across: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Return the standard deviations over the bins of the score [sets, bins].

        Parameters
        ----------
        weights, across
            As for :meth:`shapes`.
        """
        return np.asarray(self.shapes(weights, across).std(axis=1))

    def values(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the correlation of each set of weights [sets], which are as for :meth:`shapes`."""
        return np.asarray(self.spreads(weights).mean(axis=1))

    def independent(self) -> NDArray[np.float64]:
        """Return :meth:`spreads` of twenty samples with the quantity dealt anew [samples, bins]."""
        random = np.random.default_rng(SEED)
        # quantity and weight stay together, so that the distribution of the quantity does
        dealt = [random.permutation(self._across) for _ in range(SHUFFLES)]
        return np.concatenate([self.spreads(self.weight[None], across) for across in dealt])


def correlation(
    score: NDArray[np.floating],
    observable: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weights: NDArray[np.float64],
    options: Correlation,
    replicas: int,
) -> dict[str, Any]:
    """Return the correlation of background as :class:`ShapeChange` has it, with its error.

    As it depends on the binning and on the number of events, the binning and the value
    for independent quantities are part of the answer.

    Parameters
    ----------
    score, observable, is_signal, weights, options
        As for :class:`ShapeChange`.
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
    change = ShapeChange(score, observable, is_signal, weights, options)
    described = {"observable": options.observable, "edges": change.edges.tolist()}
    if change.score_edges is None:
        return described | _without("the signal has no positive sum of weights")
    found = change.shapes(change.weight[None])[0]
    if not np.isfinite(found).all():
        return described | _without("a bin of the score has no positive sum of weights; use fewer")
    varied = bootstrap(lambda w: {"value": change.values(w)}, change.weight, replicas)["value"]
    return {
        **described,
        **measured(float(change.values(change.weight[None])[0]), varied),
        "independent": _existing_mean(change.independent()),
        "shapes": numbers(found),
        "score_edges": change.score_edges.tolist(),
    }


def _existing_mean(spreads: NDArray[np.float64]) -> float | None:
    """Return the mean over samples and bins, without samples in which it does not exist."""
    values = spreads.mean(axis=1)
    exists = np.isfinite(values)
    return number(float(values[exists].mean())) if exists.any() else None


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
