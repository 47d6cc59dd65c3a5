"""Features as one vector per event: what every model without tokens reads."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from n2mu.errors import ConfigurationError
from n2mu.models.relaxed import class_shares, is_relaxed
from n2mu.models.tokens import ClassOffsets, Lookups, Missing, MissingValues

Embeddings = Literal["none", "categorical", "all", "periodic"]
"""How features enter: see :class:`FlatFeatures`."""


class LinearEmbeddings(nn.Module):
    """Each number becomes the vector ``x w + b``: thesis eq. 2.50.

    Shape
    -----
    [events, features] -> [events, features, width].
    """

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(features, width))
        self.bias = nn.Parameter(torch.empty(features, width))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -(width**-0.5), width**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors."""
        return torch.addcmul(self.bias, x[:, :, None], self.weight)


class PeriodicEmbeddings(nn.Module):
    """Each number becomes ``ReLU(Linear([cos(2 pi c x), sin(2 pi c x)]))`` with learned ``c``.

    The linear layer is shared by the features.  Y. Gorishniy, I. Rubachev, A.
    Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning",
    NeurIPS 2022, section 3.3 ("PLR"), in the lite form of the authors' later work.

    Parameters
    ----------
    features
        Number of features.
    width
        Width of the vectors.
    frequencies
        Number of frequencies per feature.
    scale
        Standard deviation of the frequencies at the start; they stay within
        three of them then.

    Shape
    -----
    [events, features] -> [events, features, width].
    """

    def __init__(
        self, features: int, width: int, *, frequencies: int = 16, scale: float = 0.1
    ) -> None:
        super().__init__()
        self.frequency = nn.Parameter(torch.empty(features, frequencies))
        nn.init.trunc_normal_(self.frequency, 0.0, scale, a=-3 * scale, b=3 * scale)
        self.linear = nn.Linear(2 * frequencies, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors."""
        angle = 2 * math.pi * self.frequency * x[:, :, None]
        waves = torch.cat([torch.cos(angle), torch.sin(angle)], dim=2)
        return torch.relu(self.linear(waves))


class FlatFeatures(nn.Module):
    """All features of an event in one vector, without missing values.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    embeddings
        ``none``: numbers as they are and categories one-hot (thesis eq. 2.45);
        ``categorical``: categories as vectors, flattened (eq. 2.49); ``all``:
        numbers as vectors too (eq. 2.51); ``periodic``: numbers as periodic
        embeddings, categories one-hot.
    width
        Width of the vectors.
    missing
        What stands for a missing continuous value.

    Attributes
    ----------
    size
        Length of the vector of an event.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> [events, size].
    """

    numbers: nn.Module
    classes: nn.Module

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        embeddings: Embeddings = "none",
        width: int = 8,
        missing: Missing = "learnable",
    ) -> None:
        super().__init__()
        self.missing = MissingValues(n_continuous, missing)
        self.size = 0
        if embeddings == "all" and n_continuous:
            self.numbers = LinearEmbeddings(n_continuous, width)
            self.size += n_continuous * width
        elif embeddings == "periodic" and n_continuous:
            self.numbers = PeriodicEmbeddings(n_continuous, width)
            self.size += n_continuous * width
        elif embeddings in ("none", "categorical", "all", "periodic"):
            self.numbers = nn.Identity()
            self.size += n_continuous
        else:
            raise ConfigurationError(
                f"embeddings is '{embeddings}', expected none, categorical, all or periodic"
            )
        if embeddings in ("categorical", "all"):
            self.classes = Lookups(categories, width)
            self.size += len(categories) * width
        else:
            self.classes = OneHot(categories)
            self.size += sum(categories)

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the vectors."""
        numbers: Tensor = self.numbers(self.missing(continuous)).flatten(1)
        if not categorical.shape[1]:
            return numbers
        classes = self.classes(categorical)
        return torch.cat([numbers, classes.to(numbers.dtype).flatten(1)], dim=1)


class FlatNetwork(nn.Module):
    """Layers behind the features of an event as one vector; the base of networks without tokens.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes].
    """

    layers: nn.Module

    def __init__(self, features: FlatFeatures) -> None:
        super().__init__()
        self.features = features

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.layers(self.features(continuous, categorical))
        return logits


class OneHot(nn.Module):
    """One number per class, one for the class of the event and zero for all others.

    Thesis eq. 2.45.

    Shape
    -----
    categorical [events, n_categorical] -> [events, sum of the numbers of classes].
    """

    def __init__(self, categories: list[int]) -> None:
        super().__init__()
        self.size = sum(categories)
        self.offsets = ClassOffsets(categories)

    def forward(self, categorical: Tensor) -> Tensor:
        """Return the one-hot vectors."""
        if is_relaxed(categorical):
            return torch.cat(class_shares(categorical, self.offsets.categories), dim=1)
        vectors = torch.zeros(categorical.shape[0], self.size, device=categorical.device)
        return vectors.scatter_(1, self.offsets(categorical), 1.0)
