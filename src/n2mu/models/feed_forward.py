"""Feed-forward networks with tanh, as deep and as wide as their number of inputs says."""

from itertools import pairwise

from torch import nn

from n2mu.models.dropout import Dropout
from n2mu.models.flat import FlatFeatures, FlatNetwork
from n2mu.models.tokens import Missing


def _layers(sizes: list[int], dropout: float) -> nn.Sequential:
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes[:-1]):
        modules += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*modules, Dropout(dropout), nn.Linear(sizes[-2], sizes[-1]))


class FeedForward(FlatNetwork):
    """One hidden layer of ``4 N`` nodes with tanh for ``N`` inputs.

    The feed-forward network (FNN) that the event classifier transformer was
    compared with (section 4.3 of its paper).  Categorical features enter
    one-hot and count as one input per class.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes].

    Examples
    --------
    >>> sum(p.numel() for p in FeedForward(12, [], 1).parameters())
    673
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        missing: Missing = "zero",
    ) -> None:
        super().__init__(FlatFeatures(n_continuous, categories, missing=missing))
        n = self.features.size
        self.layers = _layers([n, 4 * n, n_classes], 0.0)


class DeepFeedForward(FlatNetwork):
    """Hidden layers of ``3 N``, ``9 N`` and ``3 N`` nodes with tanh, then dropout.

    The deep feed-forward network (DFNN) of the same paper; otherwise as
    :class:`FeedForward`.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    dropout
        Share of the last hidden layer set to zero in training.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes].

    Examples
    --------
    >>> sum(p.numel() for p in DeepFeedForward(12, [], 1).parameters())
    8425
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        dropout: float = 0.1,
        missing: Missing = "zero",
    ) -> None:
        super().__init__(FlatFeatures(n_continuous, categories, missing=missing))
        n = self.features.size
        self.layers = _layers([n, 3 * n, 9 * n, 3 * n, n_classes], dropout)
