"""What variants of a study are compared by: numbers of scored events, and of their replicas."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2mu.config.evaluation import Evaluation
from n2mu.config.measures import Measure
from n2mu.errors import TrainingError
from n2mu.evaluation.correlation import ShapeChange
from n2mu.statistics.auc import RankedScores
from n2mu.statistics.significance import binned_significance

Statistic = Callable[[NDArray[np.float64], bool], NDArray[np.float64]]
"""From weights [sets, events], and whether they are replicas, to a number per set; NaN if none."""


@dataclass(frozen=True)
class Judged:
    """Events with the scores of one training, which has seen none of them.

    Attributes
    ----------
    scores
        Probabilities [events, classes].
    label
        Index of the true class [events].
    weight
        Signed weights, expected events [events].
    signal
        Index of the signal class.
    quantities
        What measures need besides, by its expression, each [events].
    passing
        Which events pass a selection, by its expression, each [events].
    best_epoch
        Of the training, mean over its folds, counted from 1; NaN where there was none.
    mu
        Half the width of the expected interval of the signal strength; NaN where there is none.
    options
        How finely is measured.
    """

    scores: NDArray[np.float64]
    label: NDArray[np.int64]
    weight: NDArray[np.float64]
    signal: int
    quantities: Mapping[str, NDArray[np.float64]]
    passing: Mapping[str, NDArray[np.bool_]]
    best_epoch: float
    mu: float
    options: Evaluation

    @property
    def signal_score(self) -> NDArray[np.float64]:
        """Probability of signal [events]."""
        return self.scores[:, self.signal]

    @property
    def is_signal(self) -> NDArray[np.bool_]:
        """[events]."""
        return np.asarray(self.label == self.signal)

    def rows(self, selection: str) -> NDArray[np.int64]:
        """Return which events pass a selection."""
        return np.flatnonzero(self.passing[selection])

    def quantity(self, text: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a quantity of some events.

        Raises
        ------
        TrainingError
            If it is NaN or infinite for one.
        """
        values = self.quantities[text][rows]
        bad = ~np.isfinite(values)
        if bad.any():
            raise TrainingError(
                f"models.yaml: evaluation: '{text}' is NaN or infinite in {bad.sum()} of "
                f"{bad.size} events; mend the expression or narrow its 'selection'"
            )
        return values


def _areas(judged: Judged, told: Measure) -> list[Statistic]:
    rows = judged.rows(told.selection)

    def area(of: int) -> Statistic:
        ranked = RankedScores(judged.scores[rows, of], judged.label[rows] == of)
        return lambda weight, _: ranked.auc(weight[:, rows])

    return [area(k) for k in range(judged.scores.shape[1])]


def _auc(judged: Judged, told: Measure) -> Statistic:
    return _areas(judged, told)[judged.signal]


def _mean_auc(judged: Judged, told: Measure) -> Statistic:
    if judged.scores.shape[1] <= 2:
        # of two classes both have the same area, which is not that of the other variants
        return lambda weight, _: np.full(len(weight), np.nan)
    areas = _areas(judged, told)
    return lambda weight, again: np.mean([area(weight, again) for area in areas], axis=0)


def _significance(judged: Judged, told: Measure) -> Statistic:
    del told
    options = judged.options.significance
    order = np.argsort(-judged.signal_score, kind="stable")  # once, and not for every replica
    score, is_signal = judged.signal_score[order], judged.is_signal[order]
    mass = None if options.mass is None else judged.quantity(options.mass, order)

    def values(weight: NDArray[np.float64], again: bool) -> NDArray[np.float64]:
        del again
        given = (options.bins, mass, options.quantiles)
        found = [binned_significance(score, is_signal, row[order], *given) for row in weight]
        return np.asarray([np.nan if z is None else z for z in found])

    return values


def _change(judged: Judged, told: Measure) -> tuple[ShapeChange, NDArray[np.int64]]:
    options = judged.options.correlations[told.correlation or ""]
    rows = judged.rows(options.selection)
    observable = judged.quantity(options.observable, rows)
    given = (judged.signal_score[rows], observable, judged.is_signal[rows], judged.weight[rows])
    change = ShapeChange(*given, options)
    return change, rows[change.rows]


def _correlation(judged: Judged, told: Measure) -> Statistic:
    change, rows = _change(judged, told)
    return lambda weight, _: change.values(weight[:, rows])


def _correlation_beyond_chance(judged: Judged, told: Measure) -> Statistic:
    """Prepare the correlation with the variance that independent quantities have taken off.

    In each bin of the quantity the mean variance of independent ones is subtracted before
    the root, which is negative where chance has more.
    """
    change, rows = _change(judged, told)
    chance = np.mean(change.independent() ** 2, axis=0)

    def values(weight: NDArray[np.float64], again: bool) -> NDArray[np.float64]:
        # replicas scatter about the sample as the sample does about the truth
        beyond = change.spreads(weight[:, rows]) ** 2 - (2.0 if again else 1.0) * chance
        return np.asarray((np.sign(beyond) * np.sqrt(np.abs(beyond))).mean(axis=1))

    return values


def _best_epoch(judged: Judged, told: Measure) -> Statistic:
    del told
    return lambda weight, again: np.full(len(weight), np.nan if again else judged.best_epoch)


def _mu(judged: Judged, told: Measure) -> Statistic:
    """Prepare what replicas cannot give, since they have no fit."""
    del told
    return lambda weight, again: np.full(len(weight), np.nan if again else judged.mu)


MEASURES: dict[str, Callable[[Judged, Measure], Statistic]] = {
    "auc": _auc,
    "mean_auc": _mean_auc,
    "significance": _significance,
    "correlation": _correlation,
    "correlation_beyond_chance": _correlation_beyond_chance,
    "best_epoch": _best_epoch,
    "mu": _mu,
}
"""Kinds of measures: what prepares the statistic of each."""
