"""Boosted decision trees as arrays, evaluated all at once."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

EVENTS_AT_ONCE = 4096


@dataclass(frozen=True)
class Trees:
    """Binary trees in arrays; leaves lead to themselves.

    Attributes
    ----------
    feature
        Column that a node looks at, int64 [nodes].
    threshold
        An event with a value up to this goes left, float64 [nodes].
    left, right
        The next nodes, int64 [nodes].
    missing_left
        Whether an event without value goes left, bool [nodes].
    value
        What a leaf adds to the output, float64 [nodes].
    root
        First node of each tree, int64 [trees].
    output
        The output that each tree adds to, int64 [trees].
    round
        The boosting round of each tree, int64 [trees].
    baseline
        Outputs without any tree, float64 [outputs].
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    root: NDArray[np.int64]
    output: NDArray[np.int64]
    round: NDArray[np.int64]
    baseline: NDArray[np.float64]


class BoostedTrees(nn.Module):
    """Trees that were grown by another library, behind the interface of all models.

    Continuous features are numbers; a categorical feature is the index of its
    class, cut like a number, and its class for missing is a missing value.
    A missing value goes to the side that each split learned for it.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes], float64.
    """

    ARRAYS = tuple(Trees.__dataclass_fields__)
    last_class: Tensor
    root: Tensor
    round: Tensor
    output: Tensor
    left: Tensor
    right: Tensor
    feature: Tensor
    threshold: Tensor
    missing_left: Tensor
    value: Tensor
    baseline: Tensor

    def __init__(self, n_continuous: int, categories: list[int], n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        last = torch.tensor(categories, dtype=torch.int64) - 1
        self.register_buffer("last_class", last, persistent=False)
        empty = {name: np.empty(0, np.int64) for name in self.ARRAYS}
        for name, array in (empty | {"baseline": np.zeros(n_classes)}).items():
            self.register_buffer(name, torch.from_numpy(array))

    @abstractmethod
    def grow(
        self,
        columns: NDArray[np.float32],
        label: NDArray[np.int64],
        weight: NDArray[np.float64],
        *,
        rounds: int,
        learning_rate: float,
        seed: int,
    ) -> Trees:
        """Return trees that were grown on training events.

        Parameters
        ----------
        columns
            What :meth:`columns` returns [events, features].
        label
            Index of the output, or 1 for signal and 0 for background if there is
            one output [events].
        weight
            [events].
        """

    def columns(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the features as the trees see them, [events, features], NaN for missing."""
        classes = categorical.to(continuous.dtype)
        classes = torch.where(categorical == self.last_class, torch.nan, classes)
        return torch.cat([continuous, classes], dim=1)

    def plant(self, trees: Trees) -> None:
        """Take trees; those that were there are forgotten."""
        device = self.last_class.device
        for name in self.ARRAYS:
            self.register_buffer(name, torch.from_numpy(getattr(trees, name)).to(device))

    def prune(self, rounds: int) -> None:
        """Keep the first rounds alone."""
        keep = self.round < rounds
        for name in ("root", "output", "round"):
            self.register_buffer(name, getattr(self, name)[keep])

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits."""
        x = self.columns(continuous, categorical)
        parts = [self._add(part, self.root, self.output) for part in torch.split(x, EVENTS_AT_ONCE)]
        return self.baseline + torch.cat(parts)

    def after_round(self, number: int, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return what one round adds to the logits, [events, n_classes]."""
        x = self.columns(continuous, categorical)
        chosen = self.round == number
        return self._add(x, self.root[chosen], self.output[chosen])

    def _add(self, x: Tensor, root: Tensor, output: Tensor) -> Tensor:
        """Return the sum of the trees for each output."""
        node = root.expand(x.shape[0], -1)
        values = x.double()
        while True:
            value = values.gather(1, self.feature[node])
            left = torch.where(
                value.isnan(), self.missing_left[node], value <= self.threshold[node]
            )
            following = torch.where(left, self.left[node], self.right[node])
            if torch.equal(following, node):
                break
            node = following
        total = x.new_zeros((x.shape[0], self.n_classes), dtype=torch.float64)
        return total.index_add_(1, output, self.value[node])

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        # the sizes of the arrays are those of the trees that were grown
        for name in self.ARRAYS:
            if prefix + name in state_dict:
                stored = state_dict[prefix + name]
                self.register_buffer(name, torch.empty_like(stored, device=self.last_class.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
