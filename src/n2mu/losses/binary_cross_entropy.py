"""The cross-entropy of signal and background, and the logit that it acts on."""

import torch
from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(logit: Tensor, is_signal: Tensor) -> Tensor:
    """Return ``-ln p`` for signal and ``-ln(1 - p)`` for background, ``p = sigmoid(logit)``.

    Parameters
    ----------
    logit
        Logit of the signal [events].
    is_signal
        bool [events].

    Returns
    -------
    Tensor
        [events].
    """
    truth = is_signal.to(logit.dtype)
    return functional.binary_cross_entropy_with_logits(logit, truth, reduction="none")


def signal_logit(logits: Tensor, signal: int) -> Tensor:
    """Return the logit of the signal against all other classes together.

    A loss of it does not see which background an event is taken for: the second
    phase of a two-phase training, thesis section 2.7.

    Parameters
    ----------
    logits
        [events, classes], or [events, 1] for the logit of the signal itself.
    signal
        Index of the signal class.

    Returns
    -------
    Tensor
        ``ln p_signal / (1 - p_signal)`` [events].
    """
    if logits.shape[1] == 1:
        return logits[:, 0]
    others = torch.cat([logits[:, :signal], logits[:, signal + 1 :]], dim=1)
    return logits[:, signal] - torch.logsumexp(others, dim=1)
