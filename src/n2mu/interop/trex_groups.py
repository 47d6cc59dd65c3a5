"""Files that make one Sample block of a TRExFitter configuration, and how they are weighed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from n2mu.expressions import parse
from n2mu.interop.trex_inputs import is_truth
from n2mu.interop.trex_text import quoted


@dataclass
class Group:
    """Files of a sample that make one Sample block.

    Attributes
    ----------
    ratios
        Nominal sum of weights over that of a variation, by variation.
    """

    name: str
    base: str
    tree: str
    weight: dict[str, str]
    ratios: dict[str, float]
    files: list[str] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)


def common_path(paths: Sequence[str], scored: bool) -> str | None:
    """Return the one path of all files, none if bases have to have their own."""
    if len(paths) == 1:
        return paths[0]
    # friend trees lie apart by base, and so do servers
    apart = scored or any("://" in path for path in paths)
    return None if apart else os.path.commonpath(paths)


def truth(selection: str) -> str:
    """Return a selection that is 0 or 1, since TRExFitter multiplies by it."""
    return selection if is_truth(selection) else f"({selection}) != 0"


def product(factors: Mapping[str, str]) -> str:
    """Return the product of weight factors as one expression."""
    return " * ".join(f"({text})" for text in factors.values()) or "1"


def varied_weight(
    group: Group, factor: str, texts: Sequence[tuple[str, str, str]]
) -> dict[str, str]:
    """Return the options of sides whose weight has another expression for a factor.

    Parameters
    ----------
    texts
        Side, variation and the expression of each.
    """
    options = {"Type": "HISTO"}
    # what takes the place of 1 needs no other factors beside it
    alone = parse(group.weight[factor]).canonical() == "1"
    for side, variation, text in texts:
        weight = text if alone else product(group.weight | {factor: text})
        ratio = group.ratios.get(variation, 1.0)
        scaled = weight if ratio == 1 else f"{ratio!r} * ({weight})"
        options[f"WeightSuf{side}" if alone else f"Weight{side}"] = quoted([scaled])
    return options
