"""The value of one subexpression from the values of its operands."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ExpressionError
from n2mu.expressions.columns import Value
from n2mu.expressions.functions import CHECKED, COMPARISONS, FUNCTIONS, OPERATORS
from n2mu.expressions.nodes import (
    Aggregate,
    Alternative,
    Binary,
    Call,
    Conditional,
    Element,
    Logical,
    Negative,
    Node,
    Not,
    Number,
    Size,
    write,
)


def compute(node: Node, operands: Sequence[Value], size: int) -> Value:
    """Return the value of a node that is no column.

    Parameters
    ----------
    operands
        Values of `children` of the node.
    size
        Number of events.

    Raises
    ------
    ExpressionError
        If the operands cannot be combined.
    """
    match node:
        case Number():
            return Value(np.asarray(node.value, dtype=np.float64))
        case Element():
            return _element(node, operands[0], size)
        case Size():
            counts = _counts(node.name, operands[0], write(node))
            return Value(counts.astype(np.float64))
        case Aggregate():
            return _aggregate(node.function, operands, size)
        case Alternative():
            return _alternative(operands[0], operands[1])
    data, frame = _aligned(operands)
    match node:
        case Negative():
            return _like(frame, -_double(data[0]))
        case Not():
            return _like(frame, ~truth(data[0]))
        case Binary():
            return _binary(node, data, frame)
        case Logical():
            join = np.logical_and if node.operator == "&&" else np.logical_or
            passed = truth(data[0])
            for item in data[1:]:
                passed = join(passed, truth(item))
            return _like(frame, passed)
        case Conditional():
            chosen = np.where(truth(data[0]), _double(data[1]), _double(data[2]))
            return _like(frame, chosen)
        case Call():
            return _like(frame, FUNCTIONS[node.function](*map(_double, data)))
    raise AssertionError(f"{write(node)} is a column")


def truth(data: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers are not 0; NaN is not."""
    return data if data.dtype == np.bool_ else data != 0


def _binary(node: Binary, data: Sequence[NDArray[Any]], frame: Value) -> Value:
    left, right = map(_double, data)
    if node.operator in COMPARISONS:
        return _like(frame, COMPARISONS[node.operator](left, right))
    if node.operator in CHECKED and frame.present is not None:
        # what stands in for an element that does not exist must not be refused
        present = frame.present
        if frame.counts is not None:
            present = np.repeat(present, frame.counts)
        left, right = np.where(present, left, 1.0), np.where(present, right, 1.0)
    try:
        return _like(frame, OPERATORS[node.operator](left, right))
    except ExpressionError as error:
        text = write(node)
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        raise ExpressionError(f"in '{shown}' {error}") from None


def _counts(name: str, column: Value, purpose: str) -> NDArray[np.int64]:
    if column.counts is None:
        raise ExpressionError(f"branch '{name}' holds one value per event; {purpose} needs a list")
    return column.counts


def _element(node: Element, column: Value, size: int) -> Value:
    counts = _counts(node.name, column, write(node))
    flat = column.data
    if column.length is not None:
        if node.index >= column.length:
            raise ExpressionError(
                f"'{write(node)}' does not exist: branch '{node.name}' has {column.length} elements"
            )
        return Value(flat.reshape(size, column.length)[:, node.index])
    present = counts > node.index
    starts = np.cumsum(counts) - counts
    data = np.zeros(size, dtype=flat.dtype)
    data[present] = flat[starts[present] + node.index]
    return Value(data, present=present)


def _alternative(value: Value, other: Value) -> Value:
    for operand in (value, other):
        if operand.counts is not None:
            raise ExpressionError(
                f"Alt$ of the list '{operand.column}' is not supported, "
                f"take an element: Alt$({operand.column}[0], 0)"
            )
    if other.present is not None:
        raise ExpressionError(
            "the alternative of Alt$ must exist in every event, write Alt$ in Alt$"
        )
    data = value.data
    if value.present is not None:
        data = np.where(value.present, _double(value.data), _double(other.data))
    return Value(data, alternative=True)


def _aligned(values: Sequence[Value]) -> tuple[list[NDArray[Any]], Value]:
    """Bring operands to one shape; the second item says what that shape is."""
    present = None
    frame = None
    alternative = False
    for value in values:
        alternative |= value.alternative
        if value.present is not None:
            present = value.present if present is None else present & value.present
        if value.counts is not None and frame is None:
            frame = value
        elif value.counts is not None and frame is not None:
            _check_lengths(frame, value)
    if frame is None or frame.counts is None:
        shape = Value(values[0].data, present=present, alternative=alternative)
        return [value.data for value in values], shape
    if alternative:
        raise ExpressionError(
            f"Alt$ stands beside the list '{frame.column}', where TTreeFormula takes the "
            "alternative from the second element on; use Alt$ with single elements only"
        )
    data = [
        np.repeat(value.data, frame.counts)
        if value.counts is None and value.data.ndim
        else value.data
        for value in values
    ]
    return data, Value(frame.data, frame.counts, present, frame.column)


def _check_lengths(first: Value, second: Value) -> None:
    assert first.counts is not None and second.counts is not None
    differ = np.flatnonzero(first.counts != second.counts)
    if len(differ):
        event = int(differ[0])
        raise ExpressionError(
            f"lists '{first.column}' and '{second.column}' have different lengths, "
            f"for example {first.counts[event]} and {second.counts[event]}; combine lists of "
            "the same objects only"
        )


def _aggregate(function: str, operands: Sequence[Value], size: int) -> Value:
    data, frame = _aligned(operands)
    values, counts = _double(data[0]), frame.counts
    if counts is None:
        counts = np.ones(size, dtype=np.int64)
    total = int(counts.sum())
    values = np.broadcast_to(values, (total,))
    kept = None
    if frame.present is not None:
        kept = np.repeat(frame.present, counts)
    if len(data) == 2:
        chosen = np.broadcast_to(truth(data[1]), (total,))
        kept = chosen if kept is None else kept & chosen
    if kept is not None:
        events = np.repeat(np.arange(size), counts)[kept]
        values, counts = values[kept], np.bincount(events, minlength=size)
    if function == "Length$":
        return Value(counts.astype(np.float64))
    if function == "Sum$":
        events = np.repeat(np.arange(size), counts)
        return Value(np.bincount(events, weights=values, minlength=size))
    return Value(_extremes(values, counts, largest=function in ("Max$", "MaxIf$")))


def _extremes(
    data: NDArray[np.float64], counts: NDArray[np.int64], largest: bool
) -> NDArray[np.float64]:
    """Return the largest or smallest element per event, 0 of an empty list.

    A NaN counts only in the first place, where no comparison replaces it.
    """
    result = np.zeros(len(counts), dtype=np.float64)
    filled = counts > 0
    starts = (np.cumsum(counts) - counts)[filled]
    if len(starts):
        reduce = np.fmax.reduceat if largest else np.fmin.reduceat
        extremes = reduce(data, starts)
        result[filled] = np.where(np.isnan(data[starts]), np.nan, extremes)
    return result


def _like(frame: Value, data: NDArray[Any]) -> Value:
    return Value(data, frame.counts, frame.present, frame.column, alternative=frame.alternative)


def _double(data: NDArray[Any]) -> NDArray[np.float64]:
    return data.astype(np.float64, copy=False)
