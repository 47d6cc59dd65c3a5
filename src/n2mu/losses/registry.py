"""The losses of signal and background by the name that ``models.yaml`` uses."""

from collections.abc import Callable
from functools import partial

from torch import Tensor

from n2mu.losses.binary_cross_entropy import binary_cross_entropy
from n2mu.losses.extreme import extreme

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": binary_cross_entropy,
    "extreme": extreme,
    "extreme_linear": partial(extreme, linear_tail=True),
}
"""Functions of the logit of the signal [events] and of whether it is signal, bool [events]."""
