"""How well the scores separate each class from all others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.evaluation.measured import measured
from n2mu.statistics.auc import NoRocError, RankedScores, Roc, weighted_roc
from n2mu.statistics.bootstrap import bootstrap
from n2mu.statistics.effective import effective_events

ROC_POINTS = 200


def discrimination(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: NDArray[np.float64],
    classes: list[str],
    replicas: int,
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
    replicas
        Number of bootstrap replicas for the errors.

    Returns
    -------
    dict
        ``events``: per class ``raw``, ``weighted``, ``effective``.  ``auc``: per
        class ``value`` and ``error``.  ``mean_auc``: over the classes that have one;
        ``without`` names the others.  ``roc``: per class the curve ``fpr`` and ``tpr``,
        thinned to at most 200 points; the AUC is of the whole curve.  Where a
        sum of weights is not positive there is neither, and ``reason`` says why.
    """
    ranked = [RankedScores(probabilities[:, k], labels == k) for k in range(len(classes))]
    values = np.concatenate([r.auc(weights[None]) for r in ranked])
    spread = bootstrap(
        lambda w: {"auc": np.stack([r.auc(w) for r in ranked], axis=1)}, weights, replicas
    )["auc"]
    without = [name for name, value in zip(classes, values, strict=True) if np.isnan(value)]
    return {
        "events": {
            name: {
                "raw": int((labels == k).sum()),
                "weighted": float(weights[labels == k].sum()),
                "effective": effective_events(weights[labels == k]),
            }
            for k, name in enumerate(classes)
        },
        "auc": {name: measured(values[k], spread[:, k]) for k, name in enumerate(classes)},
        "mean_auc": _mean(values, spread) | {"without": without},
        "roc": {
            name: _curve(probabilities[:, k], labels == k, weights, name)
            for k, name in enumerate(classes)
        },
    }


def _mean(values: NDArray[np.float64], replicas: NDArray[np.float64]) -> dict[str, Any]:
    """Return the mean of the areas [classes] that there are, with those of replicas."""
    exists = np.isfinite(values)
    if not exists.any():
        return {"value": None, "error": None}
    return measured(float(values[exists].mean()), replicas[:, exists].mean(axis=1))


def _curve(
    score: NDArray[np.floating],
    of_class: NDArray[np.bool_],
    weights: NDArray[np.float64],
    name: str,
) -> dict[str, Any]:
    try:
        return _thinned(weighted_roc(score, of_class, weights))
    except NoRocError as error:
        # "signal" is the class here, "background" all others
        return {"fpr": None, "tpr": None, "reason": f"{name} as signal: {error}"}


def _thinned(roc: Roc) -> dict[str, Any]:
    """Return points evenly spaced along the curve, both ends included."""
    x, y = roc.background_efficiency, roc.signal_efficiency
    # negative weights make the curve turn back; its length grows all the same
    length = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    targets = np.linspace(0.0, length[-1], ROC_POINTS)
    rows = np.unique(np.append(np.searchsorted(length, targets[:-1]), x.size - 1))
    return {"fpr": x[rows].tolist(), "tpr": y[rows].tolist()}
