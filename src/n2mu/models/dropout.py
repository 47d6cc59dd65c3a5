"""Dropout, with random numbers that a CPU makes fast."""

import torch
from torch import Tensor, nn

_NUMBERS = 1 << 16


class Dropout(nn.Module):
    """Sets a share of the values to zero in training and scales the others up.

    Thesis eq. 2.41.  PyTorch draws a double for every value on a CPU, which
    takes a third of the training of a small network; here one 64-bit number
    decides for four values, and the share is a multiple of 1/65536.

    Shape
    -----
    Any -> the same.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Return the values that are left."""
        return dropout(x, self.p) if self.training else x


def is_fast(x: Tensor) -> bool:
    """Return whether :func:`dropout` draws four values at once: on a CPU, if not compiled."""
    return x.device.type == "cpu" and not torch.compiler.is_compiling()


def dropout(x: Tensor, p: float) -> Tensor:
    """Return values of which a share ``p`` is zero and the others are divided by ``1 - p``."""
    if p == 0:
        return x
    if not is_fast(x):
        return nn.functional.dropout(x, p)
    draws = draw(x.numel())
    return x * kept(draws, p, x.dtype).mul_(scale(p)).view(x.shape)


def draw(size: int) -> Tensor:
    """Return random int16 [size], four of each number that torch's generator draws."""
    numbers = torch.empty(-(-size // 4), dtype=torch.int64).random_(-(2**63), None)
    return numbers.view(torch.int16)[:size]


def kept(draws: Tensor, p: float, dtype: torch.dtype) -> Tensor:
    """Return zero for a share ``p`` of random int16 and one for the others."""
    # compared as numbers: a CPU is slow in turning truth values into them
    return draws.float().ge_(_threshold(p) - _NUMBERS // 2).to(dtype)


def scale(p: float) -> float:
    """Return the factor of the values that :func:`kept` keeps."""
    return _NUMBERS / (_NUMBERS - _threshold(p))


def _threshold(p: float) -> int:
    return round(p * _NUMBERS)
