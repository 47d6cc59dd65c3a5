"""Models that are others with some keys changed: points of grids, variants of studies."""

import copy
from collections.abc import Mapping
from typing import Any


def varied(model: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model, as written in YAML, with some of its keys changed.

    Parameters
    ----------
    changes
        Values by key; ``parameters.width`` reaches into ``parameters``, and
        ``parameters`` replaces all of them.

    Raises
    ------
    ValueError
        If a key reaches into what has no keys.
    """
    result = copy.deepcopy(dict(model))
    for key, value in changes.items():
        inner = result
        *path, last = str(key).split(".")
        for part in path:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ValueError(f"'{key}' reaches into '{part}', which has no keys")
        inner[last] = copy.deepcopy(value)
    return result
