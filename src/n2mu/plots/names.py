"""How parameters are called in figures and tables."""

import re
from collections.abc import Mapping
from typing import Any

from n2mu.errors import ProductError, nearest

ALPHA = "alpha"
GAMMA = "gamma"
FREE = "norm"

_BIN = re.compile(r"^(?:staterror_)?(?P<where>.+)\[(?P<bin>\d+)\]$")


def group(parameter: Mapping[str, Any]) -> str:
    """Return whether a parameter is an alpha, a gamma or a free norm factor.

    Raises
    ------
    ProductError
        If its kind is none of these.
    """
    kind = str(parameter["kind"])
    if kind not in (ALPHA, GAMMA, FREE):
        hint = nearest(kind, (ALPHA, GAMMA, FREE))
        raise ProductError(f"parameter '{parameter['name']}': unknown kind '{kind}'{hint}")
    return kind


def title(parameter: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    r"""Return the title of a parameter, in the mathematical text of matplotlib.

    The bin of a gamma is the one of its name in the workspace, counted from zero.

    Examples
    --------
    >>> title({"name": "staterror_SR[2]", "kind": "gamma"}, {})
    '$\\gamma$ (SR bin 2)'
    """
    name = str(parameter["name"])
    if name in titles:
        return titles[name]
    if match := _BIN.match(name):
        if group(parameter) == GAMMA:
            return rf"$\gamma$ ({verbatim(match['where'])} bin {match['bin']})"
        # one of a shape factor
        if match["where"] in titles:
            return f"{titles[match['where']]} (bin {match['bin']})"
    return verbatim(name)


def verbatim(name: str) -> str:
    """Return a name as text that is no mathematics."""
    return name.replace("$", r"\$")
