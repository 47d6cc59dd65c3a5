"""The cross-entropy of labels of objects, such as the flavours of jets or the jet of each quark."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from n2mu.data.objects import ABSENT


def object_log_probabilities(
    logits: Tensor, present: Tensor, over: Literal["labels", "objects"]
) -> Tensor:
    """Return the logarithms of the probabilities of labels.

    Parameters
    ----------
    logits
        [events, objects, labels].
    present
        Which objects are there, bool [events, objects].
    over
        ``labels``: the probabilities of the labels of an object sum to one;
        ``objects``: those of the objects of an event to have a label do.

    Returns
    -------
    Tensor
        [events, objects, labels]; of no meaning for an object that is not there.
    """
    if over == "labels":
        return logits.log_softmax(2)
    # a finite number, since infinities have no difference where an event has no object at all
    lowest = torch.finfo(logits.dtype).min
    return logits.masked_fill(~present[:, :, None], lowest).log_softmax(1)


def object_cross_entropy(
    logits: Tensor, label: Tensor, over: Literal["labels", "objects"]
) -> Tensor:
    """Return the cross-entropy of each event, the mean of that of its labels.

    Of ``labels`` it is ``-ln p(label)`` of each object that has one; of
    ``objects`` it is ``-ln p`` for each label that some object of the event has,
    with ``p`` the probability of all objects that have it.

    Parameters
    ----------
    logits
        [events, objects, labels].
    label
        Index of the label, or that there is none or no object, see
        :func:`n2mu.data.objects.object_labels`; [events, objects].
    over
        As of :func:`object_log_probabilities`.

    Returns
    -------
    Tensor
        [events]; zero without any label.
    """
    log_p = object_log_probabilities(logits, label != ABSENT, over)
    own = functional.one_hot(label.long().clamp(min=0), logits.shape[2]).bool()
    own = own & (label >= 0)[:, :, None]
    dimension = 2 if over == "labels" else 1
    counted = own.any(dimension)
    lowest = torch.finfo(logits.dtype).min
    chosen = torch.logsumexp(log_p.masked_fill(~own, lowest), dimension)
    losses = torch.where(counted, -chosen, 0.0).sum(1)
    return losses / counted.sum(1).clamp(min=1)
