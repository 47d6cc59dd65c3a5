"""How parameters are called in figures and tables."""

import re
from collections.abc import Mapping
from typing import Any

from n2mu.errors import ProductError, nearest
from n2mu.plots.settings import PlotSettings

ALPHA = "alpha"
GAMMA = "gamma"
FREE = "norm"

_NUMBERED = re.compile(r"_\d+$|\[\d+\]$")
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


def title(parameter: Mapping[str, Any], settings: PlotSettings) -> str:
    r"""Return the title of a parameter, in the mathematical text of matplotlib.

    Bins are counted from one, as they stand in a figure from left to right; names in the workspace
    count them from zero. That of MC statistics is ``$\gamma$ (SR, bin 3)``, with the title of SR.
    """
    name = str(parameter["name"])
    if name in settings.parameters:
        return settings.parameters[name]
    if match := _BIN.match(name):
        where, number = match["where"], f"bin {int(match['bin']) + 1}"
        if group(parameter) == GAMMA:
            style = settings.regions.get(where)
            return rf"$\gamma$ ({(style and style.title) or verbatim(where)}, {number})"
        # one of a shape factor
        if where in settings.parameters:
            return f"{settings.parameters[where]} ({number})"
    return verbatim(name)


def is_numbered(name: str) -> bool:
    """Return whether a free parameter is one of many of a shape, which are listed after others."""
    return _NUMBERED.search(name) is not None


def verbatim(name: str) -> str:
    """Return a name as text that is no mathematics."""
    return name.replace("$", r"\$")
