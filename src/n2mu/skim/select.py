"""What a skim computes on a range of entries: weights, masks, cutflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import InputError
from n2mu.expressions import conjuncts, parse
from n2mu.skim.settings import WeightVariation

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def event_weight(factors: Mapping[str, str], columns: Mapping[str, Any], size: int) -> FloatArray:
    """Return the product of the weight factors [events].

    Parameters
    ----------
    factors
        Expressions by name of the factor.
    columns
        Arrays [events] by branch name.
    """
    weight = np.ones(size)
    for text in factors.values():
        weight *= parse(text).evaluate(columns, size)
    return weight


def varied_weight(
    factors: Mapping[str, str],
    variation: WeightVariation,
    columns: Mapping[str, Any],
    size: int,
) -> FloatArray:
    """Return the event weight [events] with one factor replaced by its variation."""
    return event_weight({**factors, variation.factor: variation.expression}, columns, size)


def require_finite(values: FloatArray, entries: npt.NDArray[np.int64], what: str) -> None:
    """Refuse weights that are not finite numbers.

    Parameters
    ----------
    entries
        Entry in the tree of every event.
    what
        What errors call the weight, with file and tree.

    Raises
    ------
    InputError
        Naming the first entry.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            f"{what} is {values[first]} in entry {entries[first]} ({int(bad.sum())} such entries); "
            "mend the ntuple, or give such events the weight 0 in inputs.yaml: 'cut ? weight : 0'"
        )


def require_finite_weight(
    weight: FloatArray,
    factors: Mapping[str, str],
    columns: Mapping[str, Any],
    entries: npt.NDArray[np.int64],
    where: str,
) -> None:
    """Refuse event weights that are not finite numbers, naming the factor.

    Raises
    ------
    InputError
        Naming the first entry.
    """
    if np.isfinite(weight).all():
        return
    for name, text in factors.items():
        values = parse(text).evaluate(columns, len(weight))
        require_finite(values, entries, f"{where}: weight factor '{name}'")
    require_finite(weight, entries, f"{where}: the product of the weight factors")


def whole_numbers(values: Any, what: str) -> npt.NDArray[np.int64]:
    """Return run or event numbers [events] as int64.

    Raises
    ------
    InputError
        If they are no whole numbers or do not fit.
    """
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iu":
        kind = values.dtype if isinstance(values, np.ndarray) else values.type
        raise InputError(f"{what} holds {kind}, expected one whole number per event")
    if values.dtype.kind == "u" and values.size and int(values.max()) > np.iinfo(np.int64).max:
        raise InputError(f"{what} is {values.max()}, which does not fit into 63 bits")
    return values.astype(np.int64)


@dataclass
class Cutflow:
    """Events left after each cut of a conjunction, raw and weighted.

    Parameters
    ----------
    selection
        The cut; its top-level conjuncts are applied one after the other.
    """

    selection: str
    events: list[int] = field(init=False)
    sums: list[float] = field(init=False)
    squares: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.cuts = conjuncts(self.selection)
        n = len(self.cuts) + 1
        self.events, self.sums, self.squares = [0] * n, [0.0] * n, [0.0] * n

    def fill(self, columns: Mapping[str, Any], weight: FloatArray) -> BoolArray:
        """Count events and return which of them pass all cuts [events]."""
        passed: BoolArray = np.ones(len(weight), dtype=np.bool_)
        self._count(0, weight)
        for i, cut in enumerate(self.cuts, start=1):
            passed &= parse(cut).select(columns, len(weight))
            self._count(i, weight[passed])
        return passed

    def _count(self, i: int, weight: FloatArray) -> None:
        self.events[i] += len(weight)
        self.sums[i] += float(weight.sum())
        self.squares[i] += float((weight**2).sum())

    def rows(self) -> list[dict[str, Any]]:
        """Return the table: cut, events, weighted sum and its statistical error."""
        return [
            {"cut": cut, "events": events, "sum": total, "error": square**0.5}
            for cut, events, total, square in zip(
                ["ntuple", *self.cuts], self.events, self.sums, self.squares, strict=True
            )
        ]
