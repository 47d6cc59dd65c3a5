"""The extreme loss, which punishes certain mistakes harder than the cross-entropy."""

import math

import torch
from torch import Tensor

LIMIT = math.log(0.999 / 0.001)
"""The paper clamps the probability to [0.001, 0.999], the logit to plus and minus this."""


def extreme(logit: Tensor, is_signal: Tensor, *, linear_tail: bool = False) -> Tensor:
    """Return ``1 + exp(-z) - z`` for signal of logit ``z``, ``1 + exp(z) + z`` for background.

    This is eq. 4 of the event classifier transformer paper, ``-y [-1/p - ln(1 -
    p) + ln p] - (1 - y) [1/(p - 1) + ln(1 - p) - ln p]`` with ``z = ln p / (1 -
    p)``.  Its expectation is smallest where ``p`` is the probability of signal.

    Parameters
    ----------
    logit
        Logit of the signal [events].
    is_signal
        bool [events].
    linear_tail
        The paper clamps ``p`` to [0.001, 0.999], so that an event that is wrong
        beyond has no gradient and is never mended.  With a linear tail the loss
        goes on there with the slope that it has at the clamp; an event that is
        right beyond has no gradient in either form.

    Returns
    -------
    Tensor
        [events].
    """
    # how right an event is: the loss falls with it
    right = torch.where(is_signal, logit, -logit)
    clamped = right.clamp(-LIMIT, LIMIT)
    loss = 1 + torch.exp(-clamped) - clamped
    if linear_tail:
        slope = -math.exp(LIMIT) - 1
        loss = loss + slope * torch.clamp(right + LIMIT, max=0.0)
    return loss
