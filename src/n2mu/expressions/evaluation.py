"""Evaluation of a syntax tree on columns, every subexpression once per call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ExpressionError
from n2mu.expressions.columns import Value, read_column
from n2mu.expressions.functions import CHECKED, COMPARISONS, FUNCTIONS, OPERATORS
from n2mu.expressions.nodes import (
    Aggregate,
    Binary,
    Call,
    Column,
    Conditional,
    Element,
    Logical,
    Negative,
    Node,
    Not,
    Number,
    Size,
    walk,
    write,
)

if TYPE_CHECKING:
    from n2mu.expressions.expression import Expression


def evaluate(expression: Expression, columns: Mapping[str, Any], size: int) -> NDArray[np.float64]:
    """Return float64 [events]; see `Expression.evaluate`."""
    value = _per_event(expression, columns, size)
    result = np.empty(size, dtype=np.float64)
    result[:] = value.data
    if value.present is not None:
        result[~value.present] = np.nan
    return result


def select(expression: Expression, columns: Mapping[str, Any], size: int) -> NDArray[np.bool_]:
    """Return bool [events]; see `Expression.select`."""
    value = _per_event(expression, columns, size)
    result = np.empty(size, dtype=np.bool_)
    result[:] = _truth(value.data)
    if value.present is not None:
        result &= value.present
    return result


def _per_event(expression: Expression, columns: Mapping[str, Any], size: int) -> Value:
    try:
        # TTreeFormula lets infinities and NaN pass without a word
        with np.errstate(all="ignore"):
            value = _Evaluation(columns, size).of(expression.tree)
        if value.counts is not None:
            raise ExpressionError(
                f"branch '{value.column}' holds a list where one value per event is needed; "
                f"take an element, {value.column}[0], or Sum$, Max$, Min$, Length$ of it"
            )
    except ExpressionError as error:
        raise ExpressionError(f"cannot evaluate '{_shortened(expression.text)}': {error}") from None
    return value


class _Evaluation:
    """One call: the columns and what was computed from them so far."""

    def __init__(self, columns: Mapping[str, Any], size: int) -> None:
        self.columns = columns
        self.size = size
        self.known: dict[Node, Value] = {}

    def of(self, tree: Node) -> Value:
        # operands come after their operator in a walk; from the back nothing recurses deeply
        for node, _ in reversed(list(walk(tree))):
            self.visit(node)
        return self.known[tree]

    def visit(self, node: Node) -> Value:
        if node not in self.known:
            self.known[node] = self.compute(node)
        return self.known[node]

    def compute(self, node: Node) -> Value:
        match node:
            case Number():
                return Value(np.asarray(node.value, dtype=np.float64))
            case Column():
                return read_column(self.columns, node.name, self.size)
            case Element():
                return self.element(node)
            case Size():
                return Value(self.counts(node.name, f"@{node.name}.size()").astype(np.float64))
            case Negative():
                data, frame = self.aligned(node.operand)
                return _like(frame, -_double(data[0]))
            case Not():
                data, frame = self.aligned(node.operand)
                return _like(frame, ~_truth(data[0]))
            case Binary():
                return self.binary(node)
            case Logical():
                data, frame = self.aligned(*node.operands)
                join = np.logical_and if node.operator == "&&" else np.logical_or
                truth = _truth(data[0])
                for item in data[1:]:
                    truth = join(truth, _truth(item))
                return _like(frame, truth)
            case Conditional():
                data, frame = self.aligned(node.condition, node.yes, node.no)
                chosen = np.where(_truth(data[0]), _double(data[1]), _double(data[2]))
                return _like(frame, chosen)
            case Call():
                data, frame = self.aligned(*node.arguments)
                return _like(frame, FUNCTIONS[node.function](*map(_double, data)))
            case Aggregate():
                return self.aggregate(node)

    def binary(self, node: Binary) -> Value:
        data, frame = self.aligned(node.left, node.right)
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
            raise ExpressionError(f"in '{_shortened(write(node))}' {error}") from None

    def counts(self, name: str, purpose: str) -> NDArray[np.int64]:
        counts = self.visit(Column(name)).counts
        if counts is None:
            raise ExpressionError(
                f"branch '{name}' holds one value per event; {purpose} needs a list"
            )
        return counts

    def element(self, node: Element) -> Value:
        counts = self.counts(node.name, write(node))
        column = self.visit(Column(node.name))
        flat = column.data
        if column.length is not None and node.index >= column.length:
            raise ExpressionError(
                f"'{write(node)}' does not exist: branch '{node.name}' has {column.length} elements"
            )
        present = counts > node.index
        starts = np.cumsum(counts) - counts
        data = np.zeros(self.size, dtype=flat.dtype)
        data[present] = flat[starts[present] + node.index]
        return Value(data, present=present)

    def aligned(self, *nodes: Node) -> tuple[list[NDArray[Any]], Value]:
        """Bring operands to one shape; the second item says what that shape is."""
        values = [self.visit(node) for node in nodes]
        present = None
        frame = None
        for value in values:
            if value.present is not None:
                present = value.present if present is None else present & value.present
            if value.counts is not None and frame is None:
                frame = value
            elif value.counts is not None and frame is not None:
                self.check_lengths(frame, value)
        if frame is None or frame.counts is None:
            return [value.data for value in values], Value(values[0].data, present=present)
        data = [
            np.repeat(value.data, frame.counts)
            if value.counts is None and value.data.ndim
            else value.data
            for value in values
        ]
        return data, Value(frame.data, frame.counts, present, frame.column)

    def check_lengths(self, first: Value, second: Value) -> None:
        assert first.counts is not None and second.counts is not None
        differ = np.flatnonzero(first.counts != second.counts)
        if len(differ):
            event = int(differ[0])
            raise ExpressionError(
                f"lists '{first.column}' and '{second.column}' have different lengths, "
                f"{first.counts[event]} and {second.counts[event]} in event {event} of the chunk"
            )

    def aggregate(self, node: Aggregate) -> Value:
        value = self.visit(node.operand)
        data, counts = _double(value.data), value.counts
        if counts is None:
            counts = np.ones(self.size, dtype=np.int64)
            data = np.broadcast_to(data, (self.size,))
        elif data.ndim == 0:
            data = np.broadcast_to(data, (int(counts.sum()),))
        if value.present is not None:
            data = data[np.repeat(value.present, counts)]
            counts = np.where(value.present, counts, 0)
        if node.function == "Length$":
            return Value(counts.astype(np.float64))
        if node.function == "Sum$":
            events = np.repeat(np.arange(self.size), counts)
            return Value(np.bincount(events, weights=data, minlength=self.size))
        return Value(_extremes(data, counts, largest=node.function == "Max$"))


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


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."


def _like(frame: Value, data: NDArray[Any]) -> Value:
    return Value(data, frame.counts, frame.present, frame.column)


def _double(data: NDArray[Any]) -> NDArray[np.float64]:
    return data.astype(np.float64, copy=False)


def _truth(data: NDArray[Any]) -> NDArray[np.bool_]:
    return data if data.dtype == np.bool_ else data != 0
