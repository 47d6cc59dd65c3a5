"""Which features the signal score of a model rests on."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from n2mu.data.matrix import PackedEvents
from n2mu.data.objects import collections
from n2mu.evaluation.gradients import integrated_gradients
from n2mu.evaluation.measured import measured, number
from n2mu.evaluation.sample import Sample, categories_of, tensors
from n2mu.models.relaxed import relax
from n2mu.models.trees import BoostedTrees
from n2mu.statistics.auc import RankedScores
from n2mu.statistics.bootstrap import SEED, bootstrap
from n2mu.training.checkpoint import TrainedModel
from n2mu.training.validation import probabilities


def permutation(sample: Sample, replicas: int) -> dict[str, Any]:
    """Return how much the AUC falls when the values of one feature are dealt anew.

    L. Breiman, "Random Forests", Machine Learning 45 (2001) 5.
    All columns of a collection are dealt together.

    Parameters
    ----------
    sample
        The events.
    replicas
        Number of bootstrap replicas for the errors; of the difference, since
        both areas are of the same events.

    Returns
    -------
    dict
        ``auc`` of the sample; ``features``: ``name``, ``value`` and ``error`` of
        the fall, the largest first.
    """
    random = np.random.default_rng(SEED)
    original = RankedScores(sample.score(sample.packed), sample.is_signal)
    varied = []
    for continuous, categorical in sample.groups.values():
        order = random.permutation(sample.fold.size)
        dealt = PackedEvents(sample.packed.continuous.copy(), sample.packed.categorical.copy())
        dealt.continuous[:, continuous] = sample.packed.continuous[order][:, continuous]
        dealt.categorical[:, categorical] = sample.packed.categorical[order][:, categorical]
        varied.append(RankedScores(sample.score(dealt), sample.is_signal))

    def falls(weight: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        areas = np.stack([ranked.auc(weight) for ranked in varied], axis=1)
        return {"falls": original.auc(weight)[:, None] - areas}

    values = falls(sample.weight[None])["falls"][0]
    spread = bootstrap(falls, sample.weight, replicas)["falls"]
    found: list[dict[str, Any]] = [
        {"name": name, **measured(value, spread[:, g])}
        for g, (name, value) in enumerate(zip(sample.groups, values, strict=True))
    ]
    found.sort(key=lambda entry: -(entry["value"] or 0.0))
    auc = float(original.auc(sample.weight[None])[0])
    return {"auc": number(auc), "features": found}


def attributions(sample: Sample, steps: int) -> dict[str, Any]:
    """Return how much each feature moves the signal score, by Integrated Gradients.

    The inputs are those of the first layer, behind scaling: a number and
    whether it is missing, one-hot categories (:mod:`n2mu.models.relaxed`), so that
    what stands for a missing value and the embedding of a category belong to
    the feature.  The baseline is the mean of the events of the fold; an object
    that is not there stays so, and one that is begins at the mean object.  A
    collection is one feature.

    Parameters
    ----------
    sample
        The events.
    steps
        Points on each path.

    Returns
    -------
    dict
        ``features``: ``name``; ``value``, the weighted mean of the size of the
        attribution, with ``error``; ``signed``, that of the attribution itself; the
        largest first.  ``completeness``: largest difference between the sum of the
        attributions of an event and the difference of its score to that of
        the baseline.  Without ``features`` and with a ``reason`` for trees, which
        have no gradient.
    """
    if any(isinstance(part, BoostedTrees) for part in sample.folds[0].network.modules()):
        return {"features": None, "reason": "trees have no gradient"}
    result = np.zeros((sample.fold.size, len(sample.groups)))
    worst = 0.0
    for k, model in enumerate(sample.folds):
        rows = np.flatnonzero(sample.fold == k)
        if not rows.size:
            continue
        inputs = relax(*tensors(model, sample.packed, rows), categories_of(model))
        baselines = _baselines(model, inputs)

        def score(x: Tensor, y: Tensor, model: TrainedModel = model) -> Tensor:
            signal = model.classes.index(model.signal_class)
            return probabilities(model.network(x, y))[:, signal]

        model.network.eval()
        parts = integrated_gradients(score, inputs, baselines, steps)
        numbers, classes = (part.sum(dim=2).double().cpu().numpy() for part in parts)
        for g, (continuous, categorical) in enumerate(sample.groups.values()):
            own = numbers[:, continuous].sum(axis=1) + classes[:, categorical].sum(axis=1)
            result[rows, g] = own
        with torch.no_grad():
            moved = (score(*inputs) - score(*baselines)).double().cpu().numpy()
        worst = max(worst, float(np.abs(result[rows].sum(axis=1) - moved).max()))
    return {"features": _means(result, sample), "completeness": worst, "steps": steps}


def _baselines(model: TrainedModel, inputs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the mean event, once for each event, with the objects that the event has."""
    numbers, classes = inputs
    baseline = numbers.mean(dim=0, keepdim=True).repeat(numbers.shape[0], 1, 1)
    for collection in collections(model.features):
        end = collection.start + collection.objects * collection.branches
        own = numbers[:, collection.start : end]
        present = 1.0 - own[..., 1]
        count = present.sum(dim=0).clamp(min=1.0)
        mean = (own[..., 0].sum(dim=0) / count) * present
        baseline[:, collection.start : end] = torch.stack([mean, own[..., 1]], dim=2)
    return baseline, classes.mean(dim=0, keepdim=True).repeat(classes.shape[0], 1, 1)


def _means(values: NDArray[np.float64], sample: Sample) -> list[dict[str, Any]]:
    total = sample.weight.sum()
    found: list[dict[str, Any]] = []
    for name, own in zip(sample.groups, values.T, strict=True):
        size, error, signed = np.nan, np.nan, np.nan
        if total > 0:
            size = float(sample.weight @ np.abs(own)) / total
            # of a ratio of sums of weights, to first order
            error = float(np.sum((sample.weight * (np.abs(own) - size)) ** 2)) ** 0.5 / total
            signed = float(sample.weight @ own) / total
        found.append(
            {"name": name, "value": number(size), "error": number(error), "signed": number(signed)}
        )
    return sorted(found, key=lambda entry: -(entry["value"] or 0.0))
