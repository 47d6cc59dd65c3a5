"""The events on which the importance of features is measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from n2mu.data.matrix import PackedEvents, class_counts, pack
from n2mu.data.objects import collections
from n2mu.evaluation.events import ScoredEvents
from n2mu.statistics.bootstrap import SEED
from n2mu.training.checkpoint import TrainedModel
from n2mu.training.validation import predict_logits, probabilities


@dataclass(frozen=True)
class Sample:
    """Some events with their features and the models of their folds.

    Attributes
    ----------
    rows
        Which of the events that were drawn from [events].
    packed
        Features before scaling.
    is_signal
        [events].
    weight
        [events].
    fold
        [events].
    folds
        The model of each fold.
    groups
        Columns of the continuous and of the categorical matrix that are one
        feature, by its name.
    """

    rows: NDArray[np.int64]
    packed: PackedEvents
    is_signal: NDArray[np.bool_]
    weight: NDArray[np.float64]
    fold: NDArray[np.int64]
    folds: Sequence[TrainedModel]
    groups: dict[str, tuple[list[int], list[int]]]

    def score(self, packed: PackedEvents) -> NDArray[np.float64]:
        """Return the probability of signal [events], each by the model of its fold."""
        result = np.empty(self.fold.size)
        for k, model in enumerate(self.folds):
            rows = np.flatnonzero(self.fold == k)
            if rows.size:
                logits = predict_logits(model.network, *tensors(model, packed, rows))
                signal = model.classes.index(model.signal_class)
                result[rows] = probabilities(logits)[:, signal].cpu().numpy()
        return result


def draw(found: ScoredEvents, signal: int, folds: Sequence[TrainedModel], size: int) -> Sample:
    """Return a sample of the events.

    Where there are more than ``size``, events are drawn in proportion to the
    size of their weight (systematically, with one random start), so that each
    stands for the same expected events and counts 1 or -1.  Few events are then
    worth as many as can be.

    Parameters
    ----------
    found
        With the columns of the features.
    signal
        Index of the signal class.
    folds
        The model of each fold.
    """
    rows = np.arange(found.weight.size)
    weight = found.weight
    if rows.size > size:
        passing = np.cumsum(np.abs(weight))
        start = np.random.default_rng(SEED).random()
        targets = (start + np.arange(size)) / size * passing[-1]
        rows = np.minimum(np.searchsorted(passing, targets, side="right"), rows.size - 1)
        weight = np.sign(weight[rows]) * passing[-1] / size
    features = folds[0].features
    chosen = {name: values[rows] for name, values in found.columns.items()}
    return Sample(
        rows,
        pack(chosen, features, rows.size),
        found.label[rows] == signal,
        weight,
        found.fold[rows],
        folds,
        _groups(features),
    )


def tensors(
    model: TrainedModel, packed: PackedEvents, rows: NDArray[np.int64]
) -> tuple[Tensor, Tensor]:
    """Return some events as the network of a model sees them."""
    return (
        torch.from_numpy(model.scaler.apply(packed.continuous[rows])).to(model.device),
        torch.from_numpy(packed.categorical[rows]).to(model.device),
    )


def categories_of(model: TrainedModel) -> list[int]:
    """Return the number of classes of each categorical feature."""
    return class_counts(model.features)


def _groups(features: Mapping[str, Any]) -> dict[str, tuple[list[int], list[int]]]:
    objects = {c.name: c for c in collections(features)}
    groups: dict[str, tuple[list[int], list[int]]] = {}
    continuous = categorical = 0
    for name, feature in features.items():
        if feature.kind == "collection":
            collection = objects[name]
            end = collection.start + collection.objects * collection.branches
            groups[name] = (list(range(collection.start, end)), [])
        elif feature.kind == "categorical":
            groups[name] = ([], [categorical])
            categorical += 1
        else:
            groups[name] = ([continuous], [])
            continuous += 1
    return groups
