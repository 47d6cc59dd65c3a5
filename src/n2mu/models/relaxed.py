"""Events as points between others, so that a score has a gradient in every feature.

A missing value and a category are no numbers, and there is nothing between
them.  In the relaxed form there is: a continuous feature is a value and how
far it is missing, a categorical one how far it is of each class.  Every layer
that first sees a feature is linear in these, so that the relaxed form of an
event gives the same score as the event itself.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def relax(
    continuous: Tensor, categorical: Tensor, categories: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Return the relaxed form of events.

    Parameters
    ----------
    continuous
        Standardised, [events, n_continuous]; NaN where missing.
    categorical
        Index of the class, [events, n_categorical].
    categories
        Number of classes of each categorical feature, the one for missing included.

    Returns
    -------
    tuple
        [events, n_continuous, 2]: the value, zero where missing, and one where
        missing; [events, n_categorical, largest number of classes]: one for the
        class of the event.
    """
    missing = torch.isnan(continuous)
    numbers = torch.stack([torch.where(missing, 0.0, continuous), missing.to(continuous.dtype)], -1)
    classes = torch.nn.functional.one_hot(categorical, max(categories, default=1))
    return numbers, classes.to(continuous.dtype)


def is_relaxed(features: Tensor) -> bool:
    """Return whether features [events, features, ...] are in the relaxed form."""
    return features.dim() == 3


def class_shares(categorical: Tensor, categories: Sequence[int]) -> list[Tensor]:
    """Return how far events are of each class of each feature, [events, classes] each."""
    return [categorical[:, j, :count] for j, count in enumerate(categories)]


def look_up(categorical: Tensor, categories: Sequence[int], table: Tensor) -> Tensor:
    """Return the vectors [events, n_categorical, width] between those of the classes.

    Parameters
    ----------
    table
        The vectors of the classes of all features, [classes, width].
    """
    if not categories:
        return table.new_zeros(categorical.shape[0], 0, table.shape[1])
    tables = torch.split(table, list(categories))
    shares = class_shares(categorical, categories)
    return torch.stack([s @ t for s, t in zip(shares, tables, strict=True)], dim=1)
