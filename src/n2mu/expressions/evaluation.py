"""Evaluation of an expression on columns, in blocks of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ExpressionError
from n2mu.expressions.columns import Value, take_column, to_value
from n2mu.expressions.compute import compute, truth
from n2mu.expressions.nodes import ENTRY, Column, Entry, Node, children
from n2mu.expressions.program import program
from n2mu.expressions.tokens import excerpt

if TYPE_CHECKING:
    from n2mu.expressions.expression import Expression

_BLOCK = 32_768
"""Events at a time: what is between the columns and the result stays in the processor's cache."""


def evaluate(expression: Expression, columns: Mapping[str, Any], size: int) -> NDArray[np.float64]:
    """Return float64 [events]; see `Expression.evaluate`."""
    result = np.empty(size, dtype=np.float64)
    for start, value in _blocks(expression, columns, size):
        part = result[start : start + _BLOCK]
        part[:] = value.data
        if value.present is not None:
            part[~value.present] = np.nan
    return result


def select(expression: Expression, columns: Mapping[str, Any], size: int) -> NDArray[np.bool_]:
    """Return bool [events]; see `Expression.select`."""
    result = np.empty(size, dtype=np.bool_)
    for start, value in _blocks(expression, columns, size):
        part = result[start : start + _BLOCK]
        part[:] = truth(value.data)
        if value.present is not None:
            part &= value.present
    return result


def _blocks(
    expression: Expression, columns: Mapping[str, Any], size: int
) -> Iterator[tuple[int, Value]]:
    """Yield the first event of each block, and the value; one block even without events."""
    steps = program(expression.tree)
    given = {}
    for step in steps:
        if isinstance(step.node, Column | Entry):
            name = step.node.name if isinstance(step.node, Column) else ENTRY
            try:
                given[step.node] = take_column(columns, name, size)
            except ExpressionError as error:
                raise _failure(expression, step.node, error) from None
    for start in range(0, max(size, 1), _BLOCK):
        stop = min(start + _BLOCK, size)
        values: dict[int, Value] = {}
        # TTreeFormula lets infinities and NaN pass without a word
        with np.errstate(all="ignore"):
            for number, step in enumerate(steps):
                node = step.node
                try:
                    if isinstance(node, Column):
                        values[number] = to_value(given[node][start:stop], node.name)
                    elif isinstance(node, Entry):
                        values[number] = to_value(given[node][start:stop], ENTRY)
                    else:
                        operands = [values[i] for i in step.operands]
                        values[number] = compute(node, operands, stop - start)
                except ExpressionError as error:
                    raise _failure(expression, node, error) from None
                for i in step.finished:
                    del values[i]
        value = values.pop(len(steps) - 1)
        if value.counts is not None:
            raise _failure(expression, Column(value.column), _list(value.column))
        yield start, value


def _list(column: str) -> ExpressionError:
    return ExpressionError(
        f"branch '{column}' holds a list where one value per event is needed, and TTree::Draw "
        f"would count every element; take one, {column}[0], or Sum$, Max$, Min$, Length$, MaxIf$ "
        f"of a list: Sum$({column} > 3) >= 1 asks for any"
    )


def _failure(expression: Expression, node: Node, error: ExpressionError) -> ExpressionError:
    place = node
    while place not in expression.places and children(place):
        place = children(place)[0]
    line = " ".join(expression.text.split())
    shown = line if len(line) <= 80 else f"{line[:77]}..."
    return ExpressionError(
        f"cannot evaluate '{shown}': {error}",
        excerpt=excerpt(expression.text, expression.places.get(place, 0)),
    )
