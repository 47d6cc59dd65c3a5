"""Names in the configuration and the patterns that choose among them."""

import re
from collections.abc import Collection
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from n2mu.errors import ConfigurationError, nearest


def checked_name(name: str) -> str:
    """Return a name; a ValueError if it has other characters than letters, digits, underscores."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"'{name}' is no name: use letters, digits and underscores")
    return name


Name = Annotated[str, AfterValidator(checked_name)]
"""A name that can be part of a path, a column and a histogram."""

T = TypeVar("T", str, int)


def _unique(values: list[T]) -> list[T]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"'{value}' stands twice; keep one")
    return values


Code = Annotated[int, Field(gt=-(2**24), lt=2**24)]
"""A whole number that float32, in which events are packed, tells from all others."""

Unique = AfterValidator(_unique)
"""For lists whose members would count twice."""


def matching(patterns: Collection[str], names: Collection[str], where: str, what: str) -> list[str]:
    """Return the names that patterns match, in the order of ``names``.

    Parameters
    ----------
    patterns
        Names, or beginnings of names followed by ``*``.

    Raises
    ------
    ConfigurationError
        If a pattern matches nothing.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        found = (
            [name for name in names if name.startswith(pattern[:-1])]
            if pattern.endswith("*")
            else [name for name in names if name == pattern]
        )
        if not found:
            raise ConfigurationError(
                f"{where}: unknown {what} '{pattern}'{nearest(pattern, names)}"
            )
        chosen.update(found)
    return [name for name in names if name in chosen]


def without(
    patterns: Collection[str],
    excluded: Collection[str],
    names: Collection[str],
    where: str,
    what: str,
) -> list[str]:
    """Return the names that patterns match and other patterns do not.

    Parameters
    ----------
    where
        Key without the name of its last part, which is that of ``what``: errors
        speak of ``<where>.<what>s`` and ``<where>.exclude_<what>s``.

    Raises
    ------
    ConfigurationError
        If a pattern matches nothing, or nothing is left.
    """
    chosen = matching(patterns, names, f"{where}.{what}s", what)
    dropped = set(matching(excluded, names, f"{where}.exclude_{what}s", what))
    left = [name for name in chosen if name not in dropped]
    if not left:
        raise ConfigurationError(
            f"{where}.exclude_{what}s: excludes every {what} that '{what}s' names; leave one"
        )
    return left
