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
