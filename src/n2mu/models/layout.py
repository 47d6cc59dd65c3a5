"""What a model is told of its inputs and outputs."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from n2mu.data.objects import Collection
from n2mu.models.relaxed import is_relaxed


@dataclass(frozen=True)
class Layout:
    """Names and numbers of inputs and outputs.

    Attributes
    ----------
    continuous
        Names of the continuous features.
    categorical
        Number of classes of each categorical feature, the one for missing
        included, by name.
    classes
        Names of the classes that are told apart, or of the labels of objects.
    signal
        Index of the signal class; none where objects are told apart.
    outputs
        Number of outputs: one per class, or one, the logit of the signal; or
        one per label for each object.
    collections
        The object collections, whose columns come last among the continuous ones.
    labelled
        Index of the collection whose objects are told apart; none: events are.
    """

    continuous: list[str]
    categorical: dict[str, int]
    classes: list[str]
    signal: int | None
    outputs: int
    collections: list[Collection] = field(default_factory=list)
    labelled: int | None = None


def objects_of(continuous: Tensor, collection: Collection) -> tuple[Tensor, Tensor]:
    """Return the objects of a collection and which of them are there.

    Parameters
    ----------
    continuous
        [events, n_continuous]; NaN where there is no object.

    Returns
    -------
    tuple
        The numbers of the objects [events, objects, branches], zero where there
        is none, and bool [events, objects].
    """
    end = collection.start + collection.objects * collection.branches
    shape = (collection.objects, collection.branches)
    values = torch.unflatten(continuous[:, collection.start : end], 1, shape)
    if is_relaxed(continuous):
        return values[..., 0], values[:, :, 0, 1] < 0.5
    return torch.nan_to_num(values), ~torch.isnan(values[:, :, 0])
