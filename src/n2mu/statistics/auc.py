"""ROC curve and its area with signed weights.

scikit-learn refuses negative weights, which simulated events have.  With them
the curve need not rise everywhere, but its area still estimates the
probability that a signal event scores above a background event.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class NoRocError(ValueError):
    """An efficiency does not exist, because a sum of weights is not positive."""


@dataclass(frozen=True)
class Roc:
    """Points of a ROC curve, from the highest threshold to the lowest.

    Attributes
    ----------
    background_efficiency, signal_efficiency
        Weighted fractions of events with a score of at least the threshold
        [points]; the first point is (0, 0), the last (1, 1).
    threshold
        Scores [points]; the first is infinite.
    """

    background_efficiency: NDArray[np.float64]
    signal_efficiency: NDArray[np.float64]
    threshold: NDArray[np.float64]

    @property
    def auc(self) -> float:
        """Area under the curve, by trapezoids: events of equal score count one half."""
        return float(np.trapezoid(self.signal_efficiency, self.background_efficiency))


def weighted_roc(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weight: NDArray[np.floating],
) -> Roc:
    """Return the ROC curve of a score.

    Parameters
    ----------
    score
        [events]; high means signal.
    is_signal
        [events].
    weight
        Signed weights [events].

    Raises
    ------
    NoRocError
        If signal or background has no positive sum of weights.
    ValueError
        If a score or a weight is not finite.
    """
    if not (np.isfinite(score).all() and np.isfinite(weight).all()):
        raise ValueError("a ROC curve needs finite scores and weights")
    order = np.argsort(-score, kind="stable")
    score = score[order].astype(np.float64)
    weight = weight[order].astype(np.float64)
    signal = np.where(is_signal[order], weight, 0.0)
    background = np.where(is_signal[order], 0.0, weight)
    for name, part in (("signal", signal), ("background", background)):
        if not part.sum() > 0:
            raise NoRocError(f"{name} has the sum of weights {part.sum():g}, expected > 0")
    # one point per distinct score, after its last event
    last = np.append(np.flatnonzero(np.diff(score)), score.size - 1)
    return Roc(
        background_efficiency=_efficiency(background, last),
        signal_efficiency=_efficiency(signal, last),
        threshold=np.append(np.inf, score[last]),
    )


def _efficiency(weight: NDArray[np.float64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    passing = np.cumsum(weight)
    return np.append(0.0, passing[last] / passing[-1])


def weighted_auc(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weight: NDArray[np.floating],
) -> float:
    """Return the area under the ROC curve; arguments and errors as :func:`weighted_roc`."""
    return weighted_roc(score, is_signal, weight).auc


class RankedScores:
    """Scores in descending order, from which the AUC of many sets of weights is quickly had.

    Parameters
    ----------
    score
        [events]; high means signal.
    is_signal
        [events].
    """

    def __init__(self, score: NDArray[np.floating], is_signal: NDArray[np.bool_]) -> None:
        self._order = np.argsort(-score, kind="stable")
        descending = score[self._order]
        # first event of each distinct score
        self._first = np.append(0, np.flatnonzero(np.diff(descending)) + 1)
        self._is_signal = is_signal[self._order]

    def auc(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the area under the ROC curve for each set of weights.

        Parameters
        ----------
        weight
            Signed weights [sets, events].

        Returns
        -------
        array
            [sets]; NaN where signal or background has no positive sum of weights.
        """
        if not weight.shape[1]:
            return np.full(weight.shape[0], np.nan)
        ranked = weight[:, self._order]
        signal = np.where(self._is_signal, ranked, 0.0)
        grouped = np.add.reduceat(signal, self._first, axis=1)
        background = np.add.reduceat(ranked - signal, self._first, axis=1)
        # signal above each score, and half of that at it
        above = np.cumsum(grouped, axis=1) - 0.5 * grouped
        signal_sum, background_sum = grouped.sum(axis=1), background.sum(axis=1)
        exists = (signal_sum > 0) & (background_sum > 0)
        pairs = np.where(exists, signal_sum * background_sum, 1.0)
        return np.where(exists, (above * background).sum(axis=1) / pairs, np.nan)
