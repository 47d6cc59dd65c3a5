"""The weighted cross-entropy of several classes."""

from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the mean over events of weight times ``-ln p(label)``.

    The weights are not normalised in the batch: their mean over the training
    set is one, so the gradient of a batch is that of the whole set on average.

    Parameters
    ----------
    logits
        [events, classes].
    labels
        Index of the true class [events].
    weights
        [events].
    """
    return (functional.cross_entropy(logits, labels, reduction="none") * weights).mean()
