"""From the columns of a caller to doubles, one per event or a list per event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ExpressionError, nearest
from n2mu.expressions.functions import LARGEST_WHOLE
from n2mu.expressions.nodes import ENTRY


@dataclass(frozen=True, slots=True)
class Value:
    """What a subexpression gives.

    Attributes
    ----------
    data
        bool or float64: one number (no axis), one per event, or the elements of
        all events' lists one after the other.
    counts
        int64 [events]: elements per event; None if there is one value per event.
    present
        bool [events]: whether every ``x[i]`` in it exists; None if all do.
    column
        A list branch that it comes from.
    length
        The length of all lists, if the type of the branch fixes it.
    alternative
        Whether an ``Alt$`` is in it.
    """

    data: NDArray[Any]
    counts: NDArray[np.int64] | None = None
    present: NDArray[np.bool_] | None = None
    column: str = ""
    length: int | None = None
    alternative: bool = False


def take_column(columns: Mapping[str, Any], name: str, size: int) -> Any:
    """Return a branch as it is given.

    Raises
    ------
    ExpressionError
        If it is unknown or has another number of events.
    """
    if name not in columns:
        if name == ENTRY:
            raise ExpressionError("the number of the entry, Entry$, is not known here")
        raise ExpressionError(f"no branch '{name}'{nearest(name, columns)}")
    column = columns[name]
    if len(column) != size:
        raise ExpressionError(f"branch '{name}' has {len(column)} events, expected {size}")
    if not isinstance(column, np.ndarray) and hasattr(column, "layout"):
        return column
    return np.asarray(column)


def to_value(column: Any, name: str) -> Value:
    """Return events of a branch as doubles (bool stays bool).

    Raises
    ------
    ExpressionError
        If it holds no numbers, or lists of lists.
    """
    if not isinstance(column, np.ndarray):
        return _from_awkward(column, name)
    if column.ndim == 1:
        return Value(_doubles(column, name))
    if column.ndim == 2:
        counts = np.full(len(column), column.shape[1], dtype=np.int64)
        return _fixed(column.reshape(-1), counts, name, column.shape[1])
    raise ExpressionError(
        f"branch '{name}' has {column.ndim} axes; lists of lists are not supported"
    )


def _from_awkward(column: Any, name: str) -> Value:
    import awkward as ak

    try:
        if column.ndim == 1:
            return Value(_doubles(ak.to_numpy(column, allow_missing=False), name))
        if column.ndim == 2:
            counts = ak.to_numpy(ak.num(column, axis=1), allow_missing=False).astype(np.int64)
            flat = ak.to_numpy(ak.flatten(column, axis=1), allow_missing=False)
            if column.layout.is_regular:
                return _fixed(flat, counts, name, column.layout.size)
            return Value(_doubles(flat, name), counts, column=name)
    except ValueError as error:
        raise ExpressionError(f"branch '{name}' holds no plain numbers: {column.type}") from error
    raise ExpressionError(f"branch '{name}' holds {column.type}; lists of lists are not supported")


def _fixed(flat: NDArray[Any], counts: NDArray[np.int64], name: str, length: int) -> Value:
    if flat.dtype == np.int8:
        raise ExpressionError(
            f"branch '{name}' is an array of {length} char, which TTreeFormula takes for a text; "
            "numbers are expected, in vector<char> or as short"
        )
    return Value(_doubles(flat, name), counts, column=name, length=length)


def _doubles(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iuf":
        raise ExpressionError(f"branch '{name}' holds {array.dtype}, expected numbers")
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and array.size:
        low, high = int(array.min()), int(array.max())
        if max(-low, high) > LARGEST_WHOLE:
            raise ExpressionError(
                f"branch '{name}' holds {high if high > -low else low}; above 2^53 a double "
                "cannot tell whole numbers apart"
            )
    return array.astype(np.float64, copy=False)
