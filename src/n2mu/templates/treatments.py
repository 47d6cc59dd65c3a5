"""The treatments of templates by the name that ``systematics.yaml`` uses."""

import inspect
from collections.abc import Callable

from n2mu.templates.combine import (
    envelope,
    hessian_asymmetric,
    hessian_symmetric,
    standard_deviation,
)
from n2mu.templates.smooth import Smoothed, Variation, smooth_max_variation, smooth_ratio
from n2mu.templates.symmetrise import FloatArray, Sides, abs_mean, maximum, one_sided, two_sided

SMOOTHINGS: dict[str, Callable[[Variation], Smoothed]] = {
    "353QH": smooth_ratio,
    "max_variation": smooth_max_variation,
}

SYMMETRISATIONS: dict[str, Callable[[FloatArray, FloatArray, FloatArray], Sides]] = {
    "one_sided": one_sided,
    "two_sided": two_sided,
    "abs_mean": abs_mean,
    "maximum": maximum,
}
"""Functions of the yields [bins] of the nominal, up and down."""

COMBINATIONS: dict[str, Callable[[FloatArray, FloatArray], Sides]] = {
    "envelope": envelope,
    "standard_deviation": standard_deviation,
    "hessian": hessian_symmetric,
    "hessian_asymmetric": hessian_asymmetric,
}
"""Functions of the yields of the nominal [bins] and of the members [members, bins]."""


def symmetrise(kind: str, nominal: FloatArray, up: FloatArray, down: FloatArray | None) -> Sides:
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


def described(symmetrisation: str) -> str:
    """Return in words what a symmetrisation does: the first line of its docstring."""
    text = inspect.getdoc(SYMMETRISATIONS[symmetrisation]) or symmetrisation
    line = text.splitlines()[0].removesuffix(".")
    return line[0].lower() + line[1:]
