"""What a training event counts in the loss."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from n2mu.config.models import Weighting
from n2mu.errors import TrainingError
from n2mu.statistics.effective import effective_events

LEAST_EFFECTIVE_EVENTS = 10.0
"""Below it the weighted total of a class in a region is known worse than to a third."""


def without_sign(
    weight: NDArray[np.float64], policy: Literal["absolute", "drop", "keep"]
) -> NDArray[np.float64]:
    """Return the weights [events] that training uses for signed ones.

    ``absolute`` drops the sign, ``drop`` makes negative weights zero, ``keep``
    keeps them: a loss with negative weights has no lower bound.
    """
    if policy == "absolute":
        return np.abs(weight)
    return np.maximum(weight, 0.0) if policy == "drop" else weight


def region_scales(
    label: NDArray[np.int64],
    weight: NDArray[np.float64],
    in_region: NDArray[np.bool_],
    classes: list[str],
    unscaled: Collection[str],
) -> NDArray[np.float64]:
    """Return the factor of each class that gives it the weighted total of a region.

    Thesis section 2.4: an extended training set has other shares of the classes
    than the region where the model is used.

    Parameters
    ----------
    label
        Class index [events].
    weight
        Normalised signed weights [events].
    in_region
        bool [events].
    classes
        Names, for the errors.
    unscaled
        Classes whose factor is one.

    Raises
    ------
    TrainingError
        If a class has fewer than ten effective events in the region, or no
        positive total in or outside it.
    """
    scales = np.ones(len(classes))
    for k, name in enumerate(classes):
        if name in unscaled:
            continue
        inside = weight[(label == k) & in_region]
        effective = effective_events(inside)
        total, part = float(weight[label == k].sum()), float(inside.sum())
        if effective < LEAST_EFFECTIVE_EVENTS or part <= 0 or total <= 0:
            raise TrainingError(
                f"class '{name}' has {effective:.1f} effective training events and the weighted "
                f"total {part:.3g} in the validation region, too few to scale its {total:.3g} of "
                "the extended training set to; group it with another class, or name it in "
                "'unscaled_classes'"
            )
        scales[k] = part / total
    return scales


@dataclass(frozen=True)
class EventWeights:
    """What an event counts in the loss: a factor of its class, times its weight or not.

    Attributes
    ----------
    factors
        [classes].
    by_event
        Whether the weight of the event enters.
    """

    factors: NDArray[np.float64]
    by_event: bool

    def of(self, label: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights in the loss [events]."""
        return self.factors[label] * (weight if self.by_event else (weight != 0))


def needs_region_scales(scheme: Weighting, *, merged: bool) -> bool:
    """Return whether the weighted totals of the classes enter; in others they cancel.

    Parameters
    ----------
    merged
        Whether several classes are one target, such as all backgrounds: their
        shares in it are those of their totals.
    """
    needing = ("event", "event_batch", "class_weighted", "class_raw_event")
    return scheme in needing or (merged and scheme == "class_weighted_event")


def event_weights(
    scheme: Weighting,
    label: NDArray[np.int64],
    weight: NDArray[np.float64],
    classes: list[str],
) -> EventWeights:
    """Return what training events count, with mean one over the events of non-zero weight.

    The seven schemes of thesis section 2.6: ``none``; ``event_batch`` and
    ``event``, the weight of the event, the former over the sum of its batch;
    ``class_raw`` and ``class_weighted``, the inverse of the number of events of
    the class and of its sum of weights; ``class_raw_event`` and
    ``class_weighted_event``, these times the weight of the event.  The thesis
    (eq. 2.21) has class weights in proportion to the frequency; its text and
    footnote mean the inverse.

    Parameters
    ----------
    label
        Class index [events].
    weight
        Normalised weights after the policy for negative ones [events]; zero for
        events that the classification does not see.
    classes
        Names, for the errors.

    Raises
    ------
    TrainingError
        If a class has no training event, only events of weight zero, or no
        positive sum of weights.
    """
    counted = weight != 0
    events = np.bincount(label, minlength=len(classes))
    raw = np.bincount(label[counted], minlength=len(classes))
    sums = np.bincount(label, weights=weight, minlength=len(classes))
    for name, n, n_counted, total in zip(classes, events, raw, sums, strict=True):
        if n == 0:
            raise TrainingError(
                f"class '{name}' has no training events; give it a sample with this "
                "'training_class', loosen the training selection, or take it out of 'classes'"
            )
        if n_counted == 0:
            raise TrainingError(
                f"class '{name}': all of its {n} training events have weight zero; check the "
                "factors under 'weight' in inputs.yaml and 'loss.selection' in models.yaml"
            )
        if not total > 0:
            raise TrainingError(
                f"class '{name}': the weights of its {n} training events sum to {total:.3g}, "
                "expected more than 0; set negative_weights: absolute or drop"
            )
    factors = {
        "none": np.ones(len(classes)),
        "event_batch": np.ones(len(classes)),
        "event": np.ones(len(classes)),
        "class_raw": 1 / raw,
        "class_weighted": 1 / sums,
        "class_raw_event": 1 / raw,
        "class_weighted_event": 1 / sums,
    }[scheme]
    by_event = "event" in scheme
    total = float((factors * (sums if by_event else raw)).sum())
    return EventWeights(factors * raw.sum() / total, by_event)
