"""Whether a probability is how often the event is of the class."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ProductError
from n2mu.evaluation.events import ScoredEvents
from n2mu.evaluation.measured import measured, numbers
from n2mu.statistics.bootstrap import bootstrap, spread
from n2mu.statistics.effective import effective_events

BINS = 10


def mixture(
    found: ScoredEvents,
    histories: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
    seen: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return signed weights [events] in which the classes are mixed as in the training.

    A model that learned from classes of equal weight gives the probabilities of
    such a mixture and not of the expected one.  Each class counts what its
    events of this region count in the loss, with their sign: nothing where the
    classification does not see them.

    Parameters
    ----------
    histories
        Contents of ``history.json`` of each fold.
    classes
        The classes of the samples.
    seen
        Which events are in the scope of the classification [events].

    Raises
    ------
    ProductError
        If a history holds no weight of a class.
    """
    result = np.zeros(found.weight.size)
    for k, history in enumerate(histories):
        told = history["weighting"]
        scales = told["region_scales"]
        for c, name in enumerate(classes):
            own = seen & (found.class_label == c)
            rows = np.flatnonzero(own & (found.fold == k))
            if not rows.size:
                continue
            # a binary model has one factor for all backgrounds
            target = name if name in told["factors"] else "background"
            if target not in told["factors"]:
                raise ProductError(
                    f"history.json of model '{history['model']}', fold {k}: no weight of class "
                    f"'{name}'; train the model again"
                )
            factor = told["factors"][target]
            if "event" in told["scheme"]:
                factor *= 1.0 if scales is None else scales[name]
            else:
                total = found.weight[own].sum()
                count = np.count_nonzero(own)
                factor *= count / total if total > 0 else 0.0
            result[rows] = factor * found.weight[rows]
    return result


def calibration(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: NDArray[np.float64],
    classes: Sequence[str],
    replicas: int,
) -> dict[str, Any]:
    """Return the reliability of the probability of each class.

    Parameters
    ----------
    probabilities
        [events, classes].
    labels
        Index of the true class [events].
    weights
        Signed weights in the mixture of the training [events].
    classes
        Names, in the order of the columns.
    replicas
        Number of bootstrap replicas for the errors.

    Returns
    -------
    dict
        Per class, in ten bins of its probability: ``predicted``, the weighted mean;
        ``observed``, the share of the class, with ``error``; ``effective`` events.
        ``expected_error``: mean of ``|observed - predicted|`` over bins of
        positive weight, weighted (C. Guo and others, "On calibration of modern
        neural networks", ICML 2017, eq. 3).  ``confidence``: the same of the class
        of highest probability, and how often it is right.
    """
    result = {
        name: _reliability(probabilities[:, k], labels == k, weights, replicas)
        for k, name in enumerate(classes)
    }
    highest = np.argmax(probabilities, axis=1)
    confidence = probabilities[np.arange(labels.size), highest]
    return {
        "classes": result,
        "confidence": _reliability(confidence, highest == labels, weights, replicas),
    }


def _reliability(
    probability: NDArray[np.floating],
    right: NDArray[np.bool_],
    weights: NDArray[np.float64],
    replicas: int,
) -> dict[str, Any]:
    bins = np.clip((probability * BINS).astype(np.int64), 0, BINS - 1)
    inside = np.zeros((probability.size, BINS))
    inside[np.arange(probability.size), bins] = 1.0
    terms = np.concatenate([inside, inside * probability[:, None], inside * right[:, None]], axis=1)

    def curves(weight: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        sums, predicted, observed = np.split(weight @ terms, 3, axis=1)
        exists = sums > 0
        divisor = np.where(exists, sums, 1.0)
        predicted, observed = (
            np.where(exists, part / divisor, np.nan) for part in (predicted, observed)
        )
        total = np.where(exists, sums, 0.0).sum(axis=1)
        distance = np.where(exists, sums * np.abs(observed - predicted), 0.0).sum(axis=1)
        error = np.where(total > 0, distance / np.where(total > 0, total, 1.0), np.nan)
        return {"predicted": predicted, "observed": observed, "error": error}

    found = {name: values[0] for name, values in curves(weights[None]).items()}
    varied = bootstrap(curves, weights, replicas)
    return {
        "predicted": numbers(found["predicted"]),
        "observed": numbers(found["observed"]),
        "error": numbers(spread(varied["observed"])),
        "effective": [effective_events(weights[bins == b]) for b in range(BINS)],
        "expected_error": measured(float(found["error"]), varied["error"]),
    }
