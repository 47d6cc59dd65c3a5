"""Events on a device, and how a training passes over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Events on a device.

    Attributes
    ----------
    continuous
        Standardised, float32 [events, n_continuous]; NaN means missing.
    categorical
        int64 [events, n_categorical].
    label
        Index of the target, int64 [events]; or the labels of objects [events,
        objects], see :func:`n2mu.data.objects.object_labels`.
    weight
        Weight in the loss, float32 [events].
    observable, observable_weight
        What the score of background shall not depend on, and the weight in that
        term, zero for signal and outside its scope; float32 [events] or none.
    """

    continuous: Tensor
    categorical: Tensor
    label: Tensor
    weight: Tensor
    observable: Tensor | None = None
    observable_weight: Tensor | None = None

    def select(self, rows: Tensor) -> "Batch":
        """Return some of the events."""
        return self.map(lambda values: values.index_select(0, rows))

    def map(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        """Return the events with a function applied to every attribute that there is."""

        def optional(values: Tensor | None) -> Tensor | None:
            return None if values is None else function(values)

        return Batch(
            function(self.continuous),
            function(self.categorical),
            function(self.label),
            function(self.weight),
            optional(self.observable),
            optional(self.observable_weight),
        )

    def tensors(self) -> list[Tensor | None]:
        """Return all attributes in order."""
        return [getattr(self, field.name) for field in fields(self)]


class TrainingSource(Protocol):
    """Training events that can be passed over again and again."""

    @property
    def events(self) -> int:
        """Number of events."""
        ...

    def batches(self, size: int, skip: int) -> Iterator[Batch]:
        """Return the batches of one epoch in an order drawn from torch's global generator.

        Parameters
        ----------
        size
            Number of events of a batch; the last may have fewer.
        skip
            Number of batches at the start that are left out.
        """
        ...


@dataclass(frozen=True)
class ResidentEvents:
    """Training events that lie on the device as a whole."""

    all: Batch

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.all.label.shape[0])

    def batches(self, size: int, skip: int) -> Iterator[Batch]:
        """Return the batches of one epoch; see :class:`TrainingSource`."""
        permutation = torch.randperm(self.events, device=self.all.label.device)
        return (self.all.select(rows) for rows in torch.split(permutation, size)[skip:])
