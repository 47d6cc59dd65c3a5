"""How parameters are called in figures and tables."""

import re
from collections.abc import Mapping
from typing import Any

GAMMA = "gamma"
ALPHA = "alpha"
FREE = "norm factor"

_BIN = re.compile(
    r"^(?:gamma|staterror|mcstat)_(?:stat_)?(?P<region>.+?)(?:_bin_|\[)(?P<bin>\d+)\]?$"
)


def group(parameter: Mapping[str, Any]) -> str:
    """Return whether a parameter is an alpha, a gamma or a free norm factor."""
    kind = str(parameter["kind"])
    if kind == "gamma":
        return GAMMA
    return ALPHA if kind == "alpha" else FREE


def title(parameter: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    r"""Return the title of a parameter; bins of gammas are counted from one.

    Examples
    --------
    >>> title({"name": "staterror_SR[2]", "kind": "gamma"}, {})
    '$\\gamma$ (SR bin 3)'
    """
    name = str(parameter["name"])
    if name in titles:
        return titles[name]
    if group(parameter) == GAMMA and (match := _BIN.match(name)):
        return rf"$\gamma$ ({match['region']} bin {int(match['bin']) + 1})"
    return name.replace("$", r"\$")
