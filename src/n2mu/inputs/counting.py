"""Counting what cuts select: reads the named branches only, a few entries at a time."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import ExpressionError, InputError, N2muError
from n2mu.expressions import ENTRY, Expression, parse
from n2mu.inputs.gather import Gatherer
from n2mu.inputs.location import Location
from n2mu.inputs.ntuple import open_ntuple, require_branches, tree
from n2mu.inputs.source import open_source
from n2mu.inputs.tree import Tree

_STEP_BYTES = 32_000_000
_MOST_ENTRIES = 1_000_000


@dataclass
class Count:
    """What one cut selects.

    Attributes
    ----------
    entries
        Selected entries.
    sum, squares
        Sums over them of the weight and of its square.
    refused
        Why the cut cannot be counted; empty if it is.
    excerpt
        The expression and a caret under the place, if it was refused for one.
    """

    cut: str
    entries: int = 0
    sum: float = 0.0
    squares: float = 0.0
    refused: str = ""
    excerpt: str = ""

    @property
    def error(self) -> float:
        """Statistical error of the sum: the root of the sum of squared weights."""
        return math.sqrt(self.squares)

    def refuse(self, error: N2muError) -> None:
        """Note why this cut is refused."""
        self.refused, self.excerpt = str(error), error.excerpt


def count(
    paths: Sequence[Location], name: str, cuts: Sequence[str], weight: str = "1"
) -> list[Count]:
    """Count the entries of a tree, over all files, that pass each cut.

    A cut that cannot be parsed or evaluated is refused alone; all others are counted.

    Parameters
    ----------
    paths
        ROOT files, on a disk or behind URLs.
    name
        The tree in each of them.
    weight
        Expression for the weight of an event.

    Raises
    ------
    InputError
        If a file is damaged, lacks the tree or a branch of the weight, or a weight of a selected
        entry is not finite.
    ExpressionError
        If the weight cannot be parsed or evaluated.
    """
    weighing = parse(weight)
    counts = [Count(cut) for cut in cuts]
    parsed: dict[int, Expression] = {}
    for i, item in enumerate(counts):
        try:
            parsed[i] = parse(item.cut)
        except ExpressionError as error:
            item.refuse(error)
    for path in paths:
        with open_ntuple(path) as file, open_source(file) as source:
            ntuple = tree(file, name, path)
            gatherer = Gatherer(ntuple, source)
            _check(weighing, ntuple, gatherer, path)
            for i in list(parsed):
                try:
                    _check(parsed[i], ntuple, gatherer, path)
                except (ExpressionError, InputError) as error:
                    counts[i].refuse(error)
                    del parsed[i]
            _count_tree(ntuple, gatherer, path, counts, parsed, weighing)
    return counts


def _check(expression: Expression, ntuple: Tree, gatherer: Gatherer, path: Location) -> None:
    """Refuse an expression that no event of a tree can have; reads none."""
    names = expression.names - {ENTRY}
    require_branches(ntuple, names, path)
    expression.evaluate(_columns(gatherer, names, 0, 0), 0)


def _columns(gatherer: Gatherer, names: Collection[str], start: int, stop: int) -> dict[str, Any]:
    rows = np.arange(start, stop)
    return gatherer.read(names, rows) | {ENTRY: rows}


def _steps(entries: int, width: float) -> Iterator[tuple[int, int]]:
    """Yield ranges of entries that have so many bytes each, on average."""
    step = int(min(max(1, _STEP_BYTES // max(width, 1)), _MOST_ENTRIES))
    for start in range(0, entries, step):
        yield start, min(start + step, entries)


def _count_tree(
    ntuple: Tree,
    gatherer: Gatherer,
    path: Location,
    counts: Sequence[Count],
    parsed: dict[int, Expression],
    weighing: Expression,
) -> None:
    names = weighing.names.union(*(cut.names for cut in parsed.values())) - {ENTRY}
    for start, stop in _steps(ntuple.num_entries, gatherer.entry_bytes(names)):
        if not parsed:
            return
        columns = _columns(gatherer, names, start, stop)
        weights = weighing.evaluate(columns, stop - start)
        for i in list(parsed):
            try:
                passed = parsed[i].select(columns, stop - start)
            except ExpressionError as error:
                counts[i].refuse(error)
                del parsed[i]
                continue
            selected = weights[passed]
            _require_finite(
                selected, np.flatnonzero(passed) + start, f"{path}: tree '{ntuple.name}'"
            )
            counts[i].entries += len(selected)
            counts[i].sum += float(selected.sum())
            counts[i].squares += float((selected**2).sum())


def _require_finite(
    weights: npt.NDArray[np.float64], entries: npt.NDArray[np.int64], where: str
) -> None:
    bad = ~np.isfinite(weights)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            f"{where}: the weight is {weights[first]} in entry {entries[first]} "
            f"({int(bad.sum())} such entries); cut such entries away, or write 'cut ? weight : 0'"
        )
