"""``history.json``: what a training did, epoch by epoch, and with which events."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.architectures import grown
from n2mu.data.folds import splitmix64
from n2mu.training.events import Events
from n2mu.training.settings import TrainSettings
from n2mu.training.source import Sources
from n2mu.training.stream import StreamedEvents
from n2mu.training.trainer import Training
from n2mu.training.weighting import without_sign


def history_of(
    settings: TrainSettings,
    result: Training,
    used: Sources,
    parameters: int,
) -> dict[str, Any]:
    """Return the content of ``history.json``.

    Parameters
    ----------
    used
        The events and their weights.
    parameters
        Number of parameters that were trained.
    """
    weighting = used.weighting
    events, seconds = used.training.label.size, sum(result.seconds)
    return {
        "model": settings.model,
        "fold": settings.fold,
        "seed": settings.classifier.seed,
        "parameters": parameters,
        "best_epoch": result.best_epoch,
        "epochs": [
            {
                "train_loss": epoch.train_loss,
                "validation_loss": epoch.validation_loss,
                "auc": None if settings.labels else epoch.auc.get(settings.signal_class),
                "class_auc": epoch.auc,
                "significance": epoch.significance,
                "learning_rate": epoch.learning_rate,
            }
            for epoch in result.epochs
        ],
        "training_events": _counts(used.training, settings),
        "validation_events": _counts(used.validation, settings),
        "streamed": isinstance(used.source, StreamedEvents),
        "negative_weights": settings.classifier.negative_weights,
        "weighting": {
            "scheme": settings.classifier.weighting,
            "factors": dict(
                zip(settings.weighted_classes, weighting.weights.factors.tolist(), strict=True)
            ),
            "region_scales": None
            if weighting.scales is None
            else dict(zip(settings.classes, weighting.scales.tolist(), strict=True)),
            "unscaled_classes": settings.classifier.unscaled_classes,
        },
        "timing": {
            "events_per_second": events * len(result.epochs) / seconds,
            "seconds": seconds,
            # trees grow at once
            "events_per_second_of_epoch": None
            if settings.classifier.architecture in grown()
            else [events / spent for spent in result.seconds],
        },
    }


def _counts(events: Events, settings: TrainSettings) -> dict[str, dict[str, float]]:
    """Return raw and weighted events per class, and what the policy for negative ones changes."""
    counts = {}
    for k, name in enumerate(settings.classes):
        weight = events.weight[events.label == k]
        absolute = float(np.abs(weight).sum())
        negative = float(np.abs(weight[weight < 0]).sum())
        counts[name] = {
            "raw": weight.size,
            "weighted": float(weight.sum()),
            "in_training": float(without_sign(weight, settings.classifier.negative_weights).sum()),
            "negative_share": negative / absolute if absolute > 0 else 0.0,
            "hash_up_to": _highest_hash(events.event[events.label == k]),
        }
    return counts


def _highest_hash(event: NDArray[np.int64]) -> float:
    """Return the highest hash of event numbers, between 0 and 1: those up to it were taken."""
    return float(splitmix64(event.astype(np.uint64)).max(initial=0)) / 2.0**64
