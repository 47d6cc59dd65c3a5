"""Whether the weight of events can be meant."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.config.configuration import Configuration
from n2mu.errors import N2muError
from n2mu.expressions import parse
from n2mu.expressions.nodes import (
    COMPARISONS,
    Binary,
    Column,
    Element,
    Logical,
    Negative,
    Node,
    Not,
    Number,
    walk,
    write,
)
from n2mu.validation.questions import EVENT, RUN, SUM, Asked

_HEAVY = 2
"""Scale factors hardly make events so much heavier than they were generated."""
_FEW = 20
"""Events from whose signs nothing is concluded."""
_WEIGHT = "inputs.yaml: weight"


def repeated_factors(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield key and reason of every factor that multiplies events twice."""
    inputs = configuration.inputs
    for entry in inputs.inputs.values():
        if entry.data:
            continue
        seen: dict[str, str] = {}
        for name, text in (inputs.weight | entry.weight).items():
            for node in _multiplied(parse(text).tree):
                if not _is_weight(node):
                    continue
                factor = write(node)
                if factor in seen:
                    same = seen[factor] == name
                    place = "in the same factor" if same else f"in weight.{seen[factor]}"
                    yield (
                        f"{_WEIGHT}.{name}",
                        f"'{factor}' multiplies every event already {place}, so that it counts "
                        "squared; keep one of them",
                    )
                seen.setdefault(factor, name)


def _multiplied(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "*":
        yield from _multiplied(node.left)
        yield from _multiplied(node.right)
    else:
        yield node


def _is_weight(node: Node) -> bool:
    """Tell whether a factor changes where it stands twice; a condition does not."""
    condition = isinstance(node, Binary) and node.operator in COMPARISONS
    return not condition and not isinstance(node, Number | Logical | Not)


def missing_weight(configuration: Configuration) -> Iterator[str]:
    """Yield a line if sums of weights normalise events that have none."""
    inputs = configuration.inputs
    if not inputs.weight and inputs.sum_of_weights.nominal:
        yield (
            f"{_WEIGHT}: has no factor, so that every event counts as one, but '"
            f"{inputs.sum_of_weights.nominal}' of sum_of_weights adds up weights; name the branch "
            "with the weight of the generator if events have one"
        )


def odd_features(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield key and reason of every feature that is no property of a collision."""
    inputs = configuration.inputs
    numbers = {inputs.event: EVENT, inputs.run: RUN}
    factors: dict[str, str] = {}
    for name, text in inputs.weight.items():
        for node in _multiplied(parse(text).tree):
            if isinstance(node, Column | Element):
                factors[write(node)] = f"{_WEIGHT}.{name}"
    for name, feature in configuration.features.features.items():
        if feature.branches is not None:
            continue
        text = feature.expression or name
        key = f"features.yaml: features.{name}"
        for branch in sorted(parse(text).names & numbers.keys()):
            yield (
                key,
                f"reads '{branch}' ({numbers[branch]}), which says nothing of the collision, but "
                "tells data sets apart; remove it",
            )
        factor = factors.get(write(parse(text).tree))
        if factor is not None:
            yield (
                key,
                f"is a factor of the event weight ({factor}), which observed events do not have; "
                "remove it",
            )


def look_at_weights(
    asked: Asked, columns: Mapping[str, Any], size: int, totals: Mapping[str, float]
) -> Iterator[tuple[str, str, str]]:
    """Yield key, text and detail of what is wrong with the weights of events.

    Parameters
    ----------
    columns
        Branches [events].
    size
        Number of events.
    totals
        Sums of weights of all generated events, by key.
    """
    if asked.data:
        return
    weight = _product(asked, columns, size)
    if weight is None:
        return
    total = totals.get(SUM, 0.0)
    yield from _signs(asked, columns, weight, total)
    read = float(weight.sum())
    if total > 0 and read > _HEAVY * total:
        yield (
            SUM,
            f"the sum of weights '{asked.sums[SUM]}' is smaller than the weights of the "
            "events, of which it is the sum before any selection",
            f": {total:.6g}, and the first {size} events weigh {read:.6g}",
        )


def _product(asked: Asked, columns: Mapping[str, Any], size: int) -> npt.NDArray[np.float64] | None:
    weight = np.ones(size)
    for factor in (parse(text) for text in asked.weight):
        if not factor.names <= columns.keys():
            return None
        try:
            weight *= factor.evaluate(columns, size)
        except N2muError:
            return None  # reported with its key
    return weight


def _signs(
    asked: Asked, columns: Mapping[str, Any], weight: npt.NDArray[np.float64], total: float
) -> Iterator[tuple[str, str, str]]:
    preselection = parse(asked.preselection)
    if not preselection.names <= columns.keys():
        return
    try:
        weight = weight[preselection.select(columns, len(weight))]
    except N2muError:
        return  # reported with its key
    if len(weight) < _FEW:
        return
    told = "events that were read and pass the preselection"
    if not weight.any():
        hint = "so that none of them counts; is a branch of 'weight' not filled?"
        yield _WEIGHT, f"the weight is zero for all {told}, {hint}", f" ({len(weight)} events)"
    # who subtracts an input says so by a sign in its weight
    meant = any(
        isinstance(node, Negative) for text in asked.weight for node, _ in walk(parse(text).tree)
    )
    if (weight < 0).all() and total > 0 and not meant:
        yield (
            _WEIGHT,
            f"the weight is negative for all {told}, but '{asked.sums[SUM]}', the sum of the "
            "weights of all generated events, is positive; correct one of them, or weigh by "
            "-abs(...) if these events are meant to be subtracted",
            f" (weights {weight.min():.6g} to {weight.max():.6g})",
        )
