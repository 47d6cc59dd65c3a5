"""The cross-entropy of several classes."""

from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return ``-ln p(label)`` of each event: thesis eq. 2.19.

    Parameters
    ----------
    logits
        [events, classes].
    labels
        Index of the true class [events].

    Returns
    -------
    Tensor
        [events].
    """
    return functional.cross_entropy(logits, labels, reduction="none")
