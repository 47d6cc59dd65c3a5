"""Both sides of a systematic made symmetric about the nominal, bin by bin."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Sides = tuple[FloatArray, FloatArray]
Kind = Literal["one_sided", "two_sided", "abs_mean", "maximum"]


def one_sided(nominal: FloatArray, up: FloatArray, down: FloatArray | None = None) -> Sides:
    """Mirror the up side: ``down = 2 nominal - up``; a given down side is not used."""
    return up.copy(), 2 * nominal - up


def two_sided(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
    """Shift by half the difference, ``(up - down) / 2``; what both sides share is dropped."""
    return _about(nominal, (up - down) / 2)


def abs_mean(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
    """Shift by the mean size of both sides, ``(|up - nominal| + |down - nominal|) / 2``.

    The shift of the up side has the sign of ``up - down``, so that bins that go opposite
    ways still do.  Where both sides go the same way the size is kept, which `two_sided` drops.
    """
    size = (np.abs(up - nominal) + np.abs(down - nominal)) / 2
    return _about(nominal, np.where(up >= down, size, -size))


def maximum(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
    """Shift by the larger of both sides; the other side is its mirror image."""
    from_up, from_down = up - nominal, nominal - down
    return _about(nominal, np.where(np.abs(from_up) >= np.abs(from_down), from_up, from_down))


def _about(nominal: FloatArray, shift: FloatArray) -> Sides:
    return nominal + shift, nominal - shift


SYMMETRISATIONS: dict[Kind, Callable[[FloatArray, FloatArray, FloatArray], Sides]] = {
    "one_sided": one_sided,
    "two_sided": two_sided,
    "abs_mean": abs_mean,
    "maximum": maximum,
}
DESCRIPTIONS: dict[Kind, str] = {
    "one_sided": "mirrored: down = 2 nominal - up",
    "two_sided": "symmetrised: half the difference of both sides",
    "abs_mean": "symmetrised: mean size of both sides",
    "maximum": "symmetrised: larger of both sides",
}


def symmetrise(kind: Kind, nominal: FloatArray, up: FloatArray, down: FloatArray | None) -> Sides:
    """Return the up and the down side, symmetric about the nominal.

    Parameters
    ----------
    kind
        One of `SYMMETRISATIONS`.
    nominal, up, down
        Yields [bins]; a missing down side can only be mirrored.

    Raises
    ------
    ValueError
        If a kind that needs both sides is given one.
    """
    if down is None:
        if kind != "one_sided":
            raise ValueError(f"'{kind}' needs an up and a down side, got only up")
        return one_sided(nominal, up)
    return SYMMETRISATIONS[kind](nominal, up, down)
