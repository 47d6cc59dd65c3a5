"""Pieces that the architectures share: missing values and feature tokens."""

from typing import Literal

import torch
from torch import Tensor, nn

from n2mu.models.relaxed import is_relaxed, look_up

Missing = Literal["learnable", "zero"]
"""What stands for a missing continuous value."""


class MissingValues(nn.Module):
    """Replaces a missing continuous value by one number per feature.

    Thesis eq. 2.52.  It acts on standardised features; the number is zero, the
    mean of the feature, and is learned from there unless ``missing`` is ``zero``.

    Shape
    -----
    continuous [events, n_continuous], NaN where missing -> the same, without NaN.
    """

    def __init__(self, n_continuous: int, missing: Missing = "learnable") -> None:
        super().__init__()
        self.learnable = missing == "learnable"
        if self.learnable:
            self.value = nn.Parameter(torch.zeros(n_continuous))

    def forward(self, continuous: Tensor) -> Tensor:
        """Return the features without NaN."""
        if is_relaxed(continuous):
            values, missing = continuous.unbind(2)
            return values + missing * self.value if self.learnable else values
        if not self.learnable:
            return torch.nan_to_num(continuous, 0.0, posinf=torch.inf, neginf=-torch.inf)
        return torch.where(torch.isnan(continuous), self.value, continuous)


class ClassOffsets(nn.Module):
    """Numbers the classes of all categorical features through.

    Shape
    -----
    categorical [events, n_categorical] -> the same, feature ``j`` shifted by
    the number of classes of the features before it.
    """

    offset: Tensor

    def __init__(self, categories: list[int]) -> None:
        super().__init__()
        self.categories = list(categories)
        counts = torch.tensor([0, *categories], dtype=torch.int64)
        self.register_buffer("offset", counts.cumsum(0)[:-1], persistent=False)

    def forward(self, categorical: Tensor) -> Tensor:
        """Return indices into one list of all classes."""
        return categorical + self.offset

    def look_up(self, categorical: Tensor, table: Tensor) -> Tensor:
        """Return the vectors [events, n_categorical, width] of a table [all classes, width]."""
        if is_relaxed(categorical):
            return look_up(categorical, self.categories, table)
        return nn.functional.embedding(self(categorical), table)


class Lookups(nn.Module):
    """A vector for every class of every categorical feature, and a bias per feature.

    Thesis eq. 2.47.

    Shape
    -----
    categorical [events, n_categorical] -> [events, n_categorical, width].
    """

    def __init__(self, categories: list[int], width: int) -> None:
        super().__init__()
        self.offsets = ClassOffsets(categories)
        self.lookup = nn.Parameter(torch.empty(sum(categories), width))
        self.bias = nn.Parameter(torch.empty(len(categories), width))
        for parameter in (self.lookup, self.bias):
            nn.init.uniform_(parameter, -(width**-0.5), width**-0.5)

    def forward(self, categorical: Tensor) -> Tensor:
        """Return the vectors."""
        return self.offsets.look_up(categorical, self.lookup) + self.bias


class FeatureTokens(nn.Module):
    """Turns every feature into a vector and puts the class token before them.

    Continuous features become ``x w + b`` (thesis eq. 2.50), categorical ones a
    lookup plus a bias per feature (eq. 2.47).

    Shape
    -----
    continuous [events, n_continuous], categorical [events, n_categorical]
    -> [events, 1 + n_continuous + n_categorical, width]; token 0 is the class token.
    """

    def __init__(
        self, n_continuous: int, categories: list[int], width: int, missing: Missing = "learnable"
    ) -> None:
        super().__init__()
        self.missing = MissingValues(n_continuous, missing)
        self.offsets = ClassOffsets(categories)
        self.class_token = nn.Parameter(torch.empty(width))
        self.weight = nn.Parameter(torch.empty(n_continuous, width))
        self.lookup = nn.Parameter(torch.empty(sum(categories), width))
        self.bias = nn.Parameter(torch.empty(n_continuous + len(categories), width))
        for parameter in (self.class_token, self.weight, self.lookup, self.bias):
            nn.init.uniform_(parameter, -(width**-0.5), width**-0.5)

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the tokens."""
        n_continuous = self.weight.shape[0]
        values = self.missing(continuous)[:, :, None]
        lookups = self.offsets.look_up(categorical, self.lookup)
        return torch.cat(
            [
                self.class_token.expand(continuous.shape[0], 1, -1),
                torch.addcmul(self.bias[:n_continuous], values, self.weight),
                lookups + self.bias[n_continuous:],
            ],
            dim=1,
        )
