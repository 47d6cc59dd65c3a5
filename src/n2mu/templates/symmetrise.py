"""Both sides of a systematic made symmetric about the nominal, bin by bin.

What the report says of a symmetrisation is the first line of its docstring.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Sides = tuple[FloatArray, FloatArray]


def one_sided(nominal: FloatArray, up: FloatArray, down: FloatArray | None = None) -> Sides:
    """Mirrored: down = 2 nominal - up.

    A given down side is not used.
    """
    return up.copy(), 2 * nominal - up


def two_sided(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
    """Symmetrised: half the difference of both sides.

    The shift is ``(up - down) / 2``; what both sides share is dropped.
    """
    return _about(nominal, (up - down) / 2)


def abs_mean(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
    """Symmetrised: mean size of both sides.

    The shift is ``(|up - nominal| + |down - nominal|) / 2``.  That of the up side has the sign
    of ``up - down``, so that bins that go opposite ways still do.  Where both sides go the
    same way the size is kept, which `two_sided` drops.
    """
    size = (np.abs(up - nominal) + np.abs(down - nominal)) / 2
    return _about(nominal, np.where(up >= down, size, -size))


def maximum(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
    """Symmetrised: larger of both sides.

    The other side is its mirror image.
    """
    from_up, from_down = up - nominal, nominal - down
    return _about(nominal, np.where(np.abs(from_up) >= np.abs(from_down), from_up, from_down))


def _about(nominal: FloatArray, shift: FloatArray) -> Sides:
    return nominal + shift, nominal - shift
