"""Whether a model scores the events it was trained on otherwise than others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from n2mu.data.folds import splitmix64, training_folds
from n2mu.data.matrix import PackedEvents
from n2mu.errors import ProductError
from n2mu.evaluation.events import ScoredEvents
from n2mu.evaluation.measured import numbers
from n2mu.expressions import parse
from n2mu.statistics.two_samples import merged_bins, two_sample_chi2
from n2mu.training.checkpoint import TrainedModel
from n2mu.training.choice import usable
from n2mu.training.events import Events, extra_of
from n2mu.training.settings import TrainSettings

BINS = 20
LEAST_EFFECTIVE_EVENTS = 10.0
"""Of either histogram in each bin of the chi2, which takes sums of weights for normal."""

Histogram = tuple[NDArray[np.float64], NDArray[np.float64]]


def can_train(
    found: ScoredEvents, settings: TrainSettings, classes: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which events [events] a training takes if they are in its folds.

    Others are outside its selection, outside the scopes of all terms of its loss, or of
    negative weight where those are dropped.

    Parameters
    ----------
    found
        With the columns that the settings name.
    classes
        The classes of the samples.
    """
    size = found.weight.size
    rows = np.flatnonzero(parse(settings.training_selection).select(found.columns, size))
    none = PackedEvents(np.empty((rows.size, 0), np.float32), np.empty((rows.size, 0), np.int64))
    columns = {name: values[rows] for name, values in found.columns.items()}
    label = np.asarray([settings.classes.index(name) for name in classes])[found.class_label[rows]]
    extra = extra_of(columns, rows.size, settings)
    events = Events(none, label, found.weight[rows], found.event[rows], extra)
    able = np.zeros(size, np.bool_)
    able[rows] = usable(events, settings)
    return able


def trained_on(
    found: ScoredEvents, history: Mapping[str, Any], fold: int, folds: int, classes: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which events [events] trained the model of a fold, if they :func:`can_train`.

    Parameters
    ----------
    history
        Contents of its ``history.json``, which say up to which hash of the event
        number the events of each class were taken.
    classes
        The classes of the samples.
    """
    in_folds = np.isin(found.fold, training_folds(fold, folds))
    rank = splitmix64(found.event.astype(np.uint64)) / 2.0**64
    counts = history["training_events"]
    if any("hash_up_to" not in counts[name] for name in classes):
        raise ProductError(
            f"history.json of model '{history['model']}', fold {fold}: does not say which events "
            "were taken ('hash_up_to'); train the model again"
        )
    highest = np.asarray([counts[name]["hash_up_to"] for name in classes])
    return np.asarray(in_folds & (rank <= highest[found.class_label]))


def train_against_test(
    found: ScoredEvents,
    models: Sequence[TrainedModel],
    histories: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
    all_classes: Sequence[str],
    signal: int,
) -> dict[str, Any]:
    """Compare the signal score of training events with that of events never seen.

    Both are events of the region that :func:`can_train`, with signed weights: a score is
    distributed otherwise where its model was never trained.  The model of each fold is
    compared on the fold that it scores with those of its training folds that
    trained it: independent events.  The comparisons of different folds are
    not independent, so the p-value of all is the smallest times their
    number (Bonferroni), which is never too small.

    Parameters
    ----------
    found
        With the columns of the features and those that the settings of the models name.
    models, histories
        Of each fold.
    classes
        The classes told apart.
    all_classes
        The classes of the samples.
    signal
        Index of the signal class among those told apart.

    Returns
    -------
    dict
        ``edges``; ``classes``: per true class ``train`` and ``test``, their ``sumw``
        and ``error`` [bins], an event that trained n models counted 1/n in
        each; ``folds``: ``chi2``, ``ndf``, ``p_value`` and the ``residuals`` of bins
        between ``edges``, those of too few effective events merged, None where fewer than
        two are left; ``p_value`` of all.
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    times = np.zeros(found.weight.size)
    able = can_train(found, models[0].settings, all_classes)
    train: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for k, (model, history) in enumerate(zip(models, histories, strict=True)):
        rows = np.flatnonzero(able & trained_on(found, history, k, len(models), all_classes))
        columns = {name: found.columns[name][rows] for name in model.columns}
        score = model.predict(columns, rows.size)[:, signal] if rows.size else np.empty(0)
        train.append((rows, _bin(score)))
        times[rows] += 1
    test = _bin(found.probabilities[:, signal])
    result: dict[str, Any] = {"edges": edges.tolist(), "classes": {}}
    for c, name in enumerate(classes):
        drawn = {"train": np.zeros((2, BINS)), "test": np.zeros((2, BINS))}
        folds = []
        for k, (rows, bins) in enumerate(train):
            own = found.label[rows] == c
            rows, bins = rows[own], bins[own]
            weight = found.weight[rows]
            seen = _filled(bins, weight)
            # copies of one event in several models are taken as wholly correlated
            drawn["train"] += [
                np.bincount(bins, values / times[rows], BINS) for values in (weight, weight**2)
            ]
            scored = np.flatnonzero(able & (found.fold == k) & (found.label == c))
            unseen = _filled(test[scored], found.weight[scored])
            drawn["test"] += unseen
            folds.append(_compared(seen, unseen))
        values = [fold["p_value"] for fold in folds if fold["p_value"] is not None]
        result["classes"][name] = {
            **{
                kind: {"sumw": numbers(sums[0]), "error": numbers(np.sqrt(sums[1]))}
                for kind, sums in drawn.items()
            },
            "folds": folds,
            "p_value": min(1.0, min(values) * len(values)) if values else None,
        }
    return result


def _bin(score: NDArray[np.floating]) -> NDArray[np.int64]:
    return np.clip((score * BINS).astype(np.int64), 0, BINS - 1)


def _filled(bins: NDArray[np.int64], weight: NDArray[np.float64]) -> Histogram:
    sums = (np.bincount(bins, values, BINS) for values in (weight, weight**2))
    sumw, sumw2 = (values.astype(np.float64) for values in sums)
    return sumw, sumw2


def _compared(first: Histogram, second: Histogram) -> dict[str, Any]:
    starts = merged_bins([first, second], LEAST_EFFECTIVE_EVENTS)
    merged = [np.add.reduceat(values, starts) for values in (*first, *second)]
    found = two_sample_chi2(*merged)
    if found is None:
        return dict.fromkeys(("chi2", "ndf", "p_value", "edges", "residuals"))
    return {
        "chi2": found.chi2,
        "ndf": found.ndf,
        "p_value": float(chdtrc(found.ndf, found.chi2)),
        "edges": [*(starts / BINS).tolist(), 1.0],
        "residuals": numbers(found.residuals),
    }
