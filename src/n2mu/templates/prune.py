"""What of a systematic is too small to matter for one sample in one region.

A variation is its rate (the change of the integral) and its shape (what is left
after scaling to the nominal integral).  Each is dropped on its own.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n2mu.templates.mend import FLOOR, SMALLEST_RATE

FloatArray = npt.NDArray[np.float64]

NO_YIELD = FLOOR / SMALLEST_RATE
"""What was set to 1e-6 is at most this, whatever integral it was scaled to."""


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
        Yields [bins] with positive integrals.  In a bin without nominal yield a relative
        change is not defined: it counts as 100 % if a side has a yield there, since that adds
        to the expectation, and as none otherwise.
    norm_threshold, shape_threshold
        Relative changes, for example 0.01.
    """
    sides = (up, down)
    norm_size = max(abs(float(side.sum() / nominal.sum()) - 1) for side in sides)
    shape_size = max(_shape_size(nominal, shape_only(nominal, side)) for side in sides)
    return Pruning(
        norm=_kept(norm_size, norm_threshold),
        shape=_kept(shape_size, shape_threshold),
        norm_size=norm_size,
        shape_size=shape_size,
    )


def _shape_size(nominal: FloatArray, shape: FloatArray) -> float:
    """Return the largest relative change of a bin, at one integral."""
    filled = nominal > FLOOR  # what is set to 1e-6 has no yield, and does not scale with the others
    changes = np.abs(shape / np.where(filled, nominal, 1.0) - 1)
    return float(np.where(filled, changes, shape > NO_YIELD).max(initial=0.0))


# rounding leaves this much of a change that is none
NOTHING = 1e-12


def _kept(size: float, threshold: float) -> bool:
    return size >= max(threshold, NOTHING)
