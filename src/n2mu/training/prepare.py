"""Events of the skim made ready for training: which, in what class, with what weight."""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from n2mu.data.scaling import Scaler
from n2mu.errors import TrainingError
from n2mu.training.batch import Batch
from n2mu.training.events import Events
from n2mu.training.settings import TrainSettings
from n2mu.training.validation import ValidationEvents
from n2mu.training.weighting import (
    EventWeights,
    event_weights,
    needs_region_scales,
    region_scales,
    without_sign,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Weighting:
    """How events are weighted in the loss.

    Attributes
    ----------
    scales
        Factor of each class that gives it the weighted total of the validation
        region [classes]; none where the totals cancel or the set is the region.
    weights
        Of the targets.
    """

    scales: NDArray[np.float64] | None
    weights: EventWeights


def weighting_of(training: Events, settings: TrainSettings) -> Weighting:
    """Return how the chosen training events are weighted.

    Raises
    ------
    TrainingError
        If a class has no event or no weight, or too few to be scaled.  In a
        binary formulation a background may have none.
    """
    classifier = settings.classifier
    targets = np.asarray(settings.target_of_class)
    merged = np.unique(targets).size < targets.size
    present = np.bincount(training.label, minlength=len(settings.classes))
    absent = [name for name, n in zip(settings.classes, present, strict=True) if not n]
    for name in absent:
        # an event of any class may have objects with labels, none must
        if merged and settings.labels is None:
            logger.warning(
                "model '%s' fold %d: class '%s' has no training events; the others stand for the "
                "background",
                settings.model,
                settings.fold,
                name,
            )
        elif settings.labels is None:
            raise TrainingError(
                f"class '{name}' has no training events; give it a sample with this "
                "'training_class', loosen the training selection, or take it out of 'classes'"
            )
    scales = None
    if classifier.training_set == "extended" and needs_region_scales(
        classifier.weighting, merged=merged
    ):
        # of what the loss sees: an event outside its scope has no share in the total of its class
        seen = training.extra["scope"]
        unseen = [
            name for k, name in enumerate(settings.classes) if not (training.label[seen] == k).any()
        ]
        scales = region_scales(
            training.label[seen],
            training.weight[seen],
            training.extra["region"][seen],
            settings.classes,
            [*classifier.unscaled_classes, *unseen],
        )
    weight = _weight(training, settings, scales)
    return Weighting(
        scales,
        event_weights(
            classifier.weighting, targets[training.label], weight, settings.weighted_classes
        ),
    )


def _weight(
    events: Events, settings: TrainSettings, scales: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return the weights [events] after policy, scaling and scope."""
    weight = without_sign(events.weight, settings.classifier.negative_weights)
    if scales is not None:
        weight = weight * scales[events.label]
    return np.where(events.extra["scope"], weight, 0.0)


def batch_of(
    events: Events,
    settings: TrainSettings,
    scaler: Scaler,
    weighting: Weighting,
    device: torch.device,
    *,
    training: bool,
) -> Batch:
    """Return events on the device.

    Parameters
    ----------
    training
        Whether they are of the training set, whose classes may be scaled.
    """
    label = np.asarray(settings.target_of_class)[events.label]
    weight = _weight(events, settings, weighting.scales if training else None)
    observable = observable_weight = None
    if "observable" in events.extra:
        background = (label != settings.signal) & events.extra["decorrelated"]
        absolute = without_sign(events.weight, settings.classifier.negative_weights)
        observable = _tensor(events.extra["observable"], device)
        observable_weight = _tensor(np.where(background, absolute, 0.0), device)
    return Batch(
        torch.from_numpy(scaler.apply(events.packed.continuous)).to(device),
        torch.from_numpy(events.packed.categorical).to(device),
        torch.from_numpy(events.extra.get("labels", label)).to(device),
        _tensor(weighting.weights.of(label, weight), device),
        observable,
        observable_weight,
    )


def validation_of(
    events: Events,
    settings: TrainSettings,
    scaler: Scaler,
    weighting: Weighting,
    device: torch.device,
) -> ValidationEvents:
    """Return the validation events with what their metrics need.

    Raises
    ------
    TrainingError
        If their weights in the loss have no positive sum.
    """
    batch = batch_of(events, settings, scaler, weighting, device, training=False)
    total = float(batch.weight.double().sum())
    if not total > 0:
        # the loss is over this sum, and with a negative one the worst epoch would be the best
        raise TrainingError(
            f"the weights in the loss of the {events.label.size} validation events sum to "
            f"{total:.3g}, expected more than 0; set negative_weights: absolute"
        )
    return ValidationEvents(
        batch,
        events.weight,
        events.extra["scope"],
        events.extra.get("mass"),
        1.0 / settings.folds,
        settings.targets,
    )


def _tensor(values: NDArray[Any], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
