"""Several networks as one."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from n2mu.models.tabm import mean_of_members


class Ensemble(nn.Module):
    """Networks of the same inputs and outputs; the score is the mean of their probabilities.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, outputs].
    """

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits of the mean probability."""
        logits = [member(continuous, categorical) for member in self.members]
        return mean_of_members(torch.stack(logits, dim=1))
