"""The loss of a staged network."""

import torch
from torch import Tensor

from n2mu.losses.binary_cross_entropy import binary_cross_entropy


def pairwise(logits: Tensor, labels: Tensor, signal: int) -> Tensor:
    """Return the binary cross-entropies of the signal against each background.

    The stage of a background sees signal and its own background alone (thesis
    section 2.3.1): a signal event counts in every stage, a background event in one.

    Parameters
    ----------
    logits
        [events, classes]; a stage is the difference of the signal and its background.
    labels
        Index of the true class [events].
    signal
        Index of the signal class.

    Returns
    -------
    Tensor
        [events].
    """
    stages = logits[:, signal, None] - logits
    is_signal = (labels == signal)[:, None]
    own = torch.nn.functional.one_hot(labels, logits.shape[1]).bool()
    backgrounds = torch.ones_like(own)
    backgrounds[:, signal] = False
    counts = backgrounds & (own | is_signal)
    losses = binary_cross_entropy(stages, is_signal.expand_as(stages))
    return torch.where(counts, losses, 0.0).sum(1)
