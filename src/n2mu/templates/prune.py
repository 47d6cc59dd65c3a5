"""What of a systematic is too small to matter for one sample in one region.

A variation is its rate (the change of the integral) and its shape (what is left
after scaling to the nominal integral).  Each is dropped on its own.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pruning:
    """What is kept of a systematic, and the sizes that decided it.

    Attributes
    ----------
    norm, shape
        Whether the rate and the shape are kept.
    norm_size
        Larger relative change of the integral of both sides.
    shape_size
        Largest relative change of a bin, of both sides, each at the nominal integral.
    """

    norm: bool
    shape: bool
    norm_size: float
    shape_size: float


def norm_only(nominal: FloatArray, varied: FloatArray) -> FloatArray:
    """Return the nominal shape with the integral of the variation."""
    return nominal * float(varied.sum() / nominal.sum())


def shape_only(nominal: FloatArray, varied: FloatArray) -> FloatArray:
    """Return the variation scaled to the integral of the nominal."""
    return varied * float(nominal.sum() / varied.sum())


def prune(
    nominal: FloatArray,
    up: FloatArray,
    down: FloatArray,
    *,
    norm_threshold: float,
    shape_threshold: float,
) -> Pruning:
    """Decide what of a systematic is kept for one sample in one region.

    The rate is dropped if both sides change the integral by less than its
    threshold, the shape if no bin of either side, scaled to the nominal integral,
    changes by at least its threshold.  A threshold of 0 keeps all but what changes
    nothing at all; in a region of one bin that is every shape.

    Parameters
    ----------
    nominal, up, down
        Yields [bins] with positive integrals.  Bins without nominal yield do not count: a
        relative change is not defined there, and no expectation depends on it.
    norm_threshold, shape_threshold
        Relative changes, for example 0.01.
    """
    sides = (up, down)
    norm_size = max(abs(float(side.sum() / nominal.sum()) - 1) for side in sides)
    filled = nominal > 0
    shape_size = max(
        float(np.abs(shape_only(nominal, side)[filled] / nominal[filled] - 1).max(initial=0.0))
        for side in sides
    )
    return Pruning(
        norm=_kept(norm_size, norm_threshold),
        shape=_kept(shape_size, shape_threshold),
        norm_size=norm_size,
        shape_size=shape_size,
    )


# rounding leaves this much of a change that is none
NOTHING = 1e-12


def _kept(size: float, threshold: float) -> bool:
    return size >= max(threshold, NOTHING)
