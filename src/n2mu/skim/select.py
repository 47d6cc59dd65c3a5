"""What a skim computes on a range of entries: weights, masks, cutflow."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from n2mu.errors import InputError
from n2mu.expressions import conjuncts, parse
from n2mu.skim.settings import WeightVariation

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Count(NamedTuple):
    """Events, the sum of their weights and of the squares of these."""

    events: int
    total: float
    square: float


def factor_values(
    factors: Mapping[str, str], columns: Mapping[str, Any], size: int
) -> dict[str, FloatArray]:
    """Return every weight factor [events] by name.

    Parameters
    ----------
    factors
        Expressions by name of the factor.
    columns
        Arrays [events] by branch name.
    """
    return {name: parse(text).evaluate(columns, size) for name, text in factors.items()}


def product(values: Mapping[str, FloatArray], size: int) -> FloatArray:
    """Return the event weight [events]: the product of its factors, in their order."""
    weight = np.ones(size)
    for factor in values.values():
        weight *= factor
    return weight


def varied_weight(
    values: Mapping[str, FloatArray],
    variation: WeightVariation,
    columns: Mapping[str, Any],
    size: int,
) -> FloatArray:
    """Return the event weight [events] with one factor replaced by its variation."""
    varied = parse(variation.expression).evaluate(columns, size)
    return product({**values, variation.factor: varied}, size)


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
    values: Mapping[str, FloatArray],
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
    for name, factor in values.items():
        require_finite(factor, entries, f"{where}: weight factor '{name}'")
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
        raise InputError(
            f"{what} is {values.max()}, expected at most {np.iinfo(np.int64).max}; mend the "
            "ntuple, or leave the number out in inputs.yaml"
        )
    return values.astype(np.int64)


class Cutflow:
    """Events left after each cut of a conjunction, raw and weighted.

    Parameters
    ----------
    selection
        The cut; its top-level conjuncts are applied one after the other.

    Attributes
    ----------
    counts
        Events, sum of weights and of their squares after each cut, by range of
        entries, in the order of `fill`.
    """

    def __init__(self, selection: str) -> None:
        self.cuts = conjuncts(selection)
        self.counts: list[list[Count]] = []

    def fill(self, columns: Mapping[str, Any], weight: FloatArray) -> BoolArray:
        """Count events and return which of them pass all cuts [events]."""
        passed: BoolArray = np.ones(len(weight), dtype=np.bool_)
        counts = [_count(weight)]
        for cut in self.cuts:
            passed &= parse(cut).select(columns, len(weight))
            counts.append(_count(weight[passed]))
        self.counts.append(counts)
        return passed

    def rows(self) -> list[dict[str, Any]]:
        """Return the table: cut, events, weighted sum and its statistical error."""
        rows = []
        for i, cut in enumerate(["ntuple", *self.cuts]):
            counts = [count[i] for count in self.counts]
            # exact sums, so that it does not matter how the entries were divided into jobs
            total = math.fsum(count.total for count in counts)
            square = math.fsum(count.square for count in counts)
            events = sum(count.events for count in counts)
            rows.append({"cut": cut, "events": events, "sum": total, "error": square**0.5})
        return rows


def _count(weight: FloatArray) -> Count:
    return Count(len(weight), float(weight.sum()), float(np.dot(weight, weight)))
