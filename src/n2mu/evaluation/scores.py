"""How well the probabilities of a model separate each class from all others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import TrainingError
from n2mu.statistics.auc import NoRocError, Roc, weighted_roc
from n2mu.statistics.effective import effective_events

ROC_POINTS = 200


def evaluate_scores(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: NDArray[np.floating],
    classes: list[str],
) -> dict[str, Any]:
    """Return ROC curve and AUC of each class against all others.

    Parameters
    ----------
    probabilities
        [events, classes].
    labels
        Index of the true class [events].
    weights
        Normalised signed weights [events].
    classes
        Names, in the order of the columns.

    Returns
    -------
    dict
        ``classes``: per class ``events`` (raw, weighted, effective), ``auc``,
        and the curve ``fpr`` and ``tpr``, thinned to at most 200 points; the
        AUC is of the whole curve.  Where a sum of weights is not positive the
        three are None and ``reason`` says why.  ``mean_auc``: over the
        classes; None if one of them has none.

    Raises
    ------
    TrainingError
        If a probability is NaN or infinite.
    """
    result: dict[str, Any] = {}
    for k, name in enumerate(classes):
        score = probabilities[:, k]
        bad = ~np.isfinite(score)
        if bad.any():
            raise TrainingError(
                f"the score of class '{name}' is NaN or infinite for {bad.sum()} of {bad.size} "
                "events; train and score again"
            )
        of_class = labels == k
        entry: dict[str, Any] = {
            "events": {
                "raw": int(of_class.sum()),
                "weighted": float(weights[of_class].sum()),
                "effective": effective_events(weights[of_class]),
            }
        }
        try:
            roc = weighted_roc(score, of_class, weights)
            entry |= {"auc": roc.auc, **_thinned(roc)}
        except NoRocError as error:
            # "signal" is the class here, "background" all others
            reason = f"{name} as signal: {error}"
            entry |= {"auc": None, "fpr": None, "tpr": None, "reason": reason}
        result[name] = entry
    areas = [entry["auc"] for entry in result.values()]
    defined = [area for area in areas if area is not None]
    mean = float(np.mean(defined)) if len(defined) == len(areas) else None
    return {"classes": result, "mean_auc": mean}


def _thinned(roc: Roc) -> dict[str, list[float]]:
    """Return points evenly spaced along the curve, both ends included."""
    x, y = roc.background_efficiency, roc.signal_efficiency
    # negative weights make the curve turn back; its length grows all the same
    length = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    targets = np.linspace(0.0, length[-1], ROC_POINTS)
    rows = np.unique(np.append(np.searchsorted(length, targets[:-1]), x.size - 1))
    return {"fpr": x[rows].tolist(), "tpr": y[rows].tolist()}
