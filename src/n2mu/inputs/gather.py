"""Columns of chosen entries, read basket by basket.

The gain over reading arrays and masking them is not in skipped bytes, since
nearly every basket holds a survivor, but in all that is not done to the others:
no conversion, no concatenation, no mask, and memory for the survivors only.
"""

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any, NamedTuple

import awkward as ak
import numpy as np
import numpy.typing as npt

from n2mu.inputs.basket import Scratch, content_of, lists_of, values_of
from n2mu.inputs.layout import Integers, Layout, layout_of
from n2mu.inputs.ntuple import read_entries
from n2mu.inputs.reading import reading
from n2mu.inputs.source import Source, open_source
from n2mu.inputs.tree import Tree

Columns = dict[str, Any]


class Gatherer:
    """Reads chosen entries of one tree.

    Parameters
    ----------
    ntuple
        The tree.
    source
        The bytes of its file.
    """

    def __init__(self, ntuple: Tree, source: Source) -> None:
        self._ntuple = ntuple
        self._source = source
        self._scratch = Scratch()
        self._layouts: dict[str, Layout | None] = {}
        self._boundaries: dict[bytes, Integers] = {}
        self._bytes: dict[str, int] = {}
        self._path = ntuple.path

    def boundaries(self, names: Collection[str]) -> Integers:
        """Return the entries at which baskets of all branches begin, and the last one's end."""
        ends = np.array([0, self._ntuple.num_entries])
        layouts = [layout for name in names if (layout := self._layout(name)) is not None]
        # most branches have the boundaries of some other
        different = list({id(layout.entries): layout.entries for layout in layouts}.values())
        if not different:
            return ends
        common = different[0]
        for entries in different[1:]:
            common = common[entries[np.searchsorted(entries, common)] == common]
        return np.union1d(common, ends)

    def entry_bytes(self, names: Set[str]) -> float:
        """Return the bytes that one entry of some branches takes, uncompressed, on average."""
        for name in names - self._bytes.keys():
            layout = self._layout(name)
            total = self._ntuple[name].uncompressed_bytes if layout is None else layout.total
            self._bytes[name] = int(total)
        total = sum(self._bytes[name] for name in names)
        return total / max(1, self._ntuple.num_entries)

    def read(self, names: Collection[str], rows: Integers) -> Columns:
        """Return branches of some entries.

        Parameters
        ----------
        rows
            Entries of the tree, in order.

        Returns
        -------
        dict
            By name in sorted order: numpy arrays [rows], or awkward arrays where
            entries are lists or C arrays.

        Raises
        ------
        InputError
            If the file is damaged, or a branch holds something else.
        """
        columns: Columns = {}
        with reading(self._path):
            layouts = {name: self._layout(name) for name in sorted(names)}
            known = {name: layout for name, layout in layouts.items() if layout is not None}
            columns |= self._gathered(known, rows)
        for name in layouts.keys() - columns.keys():
            columns[name] = self._by_uproot(name, rows)
        return {name: columns[name] for name in layouts}

    def _layout(self, name: str) -> Layout | None:
        if name not in self._layouts:
            with reading(self._path):
                layout = self._ntuple.plain(name) or layout_of(self._ntuple[name])
            if layout is not None:
                # arrays that are equal are one, which is told at once
                entries = self._boundaries.setdefault(layout.entries.tobytes(), layout.entries)
                layout = replace(layout, entries=entries)
            self._layouts[name] = layout
        return self._layouts[name]

    def _by_uproot(self, name: str, rows: Integers) -> Any:
        if not len(rows):
            return read_entries(self._ntuple, [name], 0, 0)[name]
        first, last = int(rows[0]), int(rows[-1])
        return read_entries(self._ntuple, [name], first, last + 1)[name][rows - first]

    def _gathered(self, layouts: Mapping[str, Layout], rows: Integers) -> Columns:
        """Return the columns of branches with a layout, but of those whose baskets surprise."""
        wanted = sorted(_touched(layouts, rows), key=lambda item: item.seek)
        targets = {
            name: _Lists(layout) if layout.header is not None else _Values(layout, len(rows))
            for name, layout in layouts.items()
        }
        contents = self._source.read([(item.seek, item.size) for item in wanted])
        for item, raw in zip(wanted, contents, strict=True):
            name = item.layout.name
            if name not in targets:
                continue
            data, tail = content_of(raw, item.entries, self._scratch)
            if not targets[name].fill(item, data, tail):
                self._layouts[name] = None
                del targets[name]
        return {name: target.column() for name, target in targets.items()}


def read_range(file: Any, ntuple: Tree, names: Collection[str], start: int, stop: int) -> Columns:
    """Return branches of a range of entries, as `Gatherer.read` does.

    Parameters
    ----------
    file
        As uproot has it open.
    """
    with open_source(file) as source:
        return Gatherer(ntuple, source).read(names, np.arange(start, stop))


class _Wanted(NamedTuple):
    """One basket and what is wanted of it: its rows, which are ``start`` to ``stop`` of all."""

    seek: int
    size: int
    layout: Layout
    entries: int
    rows: Integers | slice
    start: int
    stop: int


def _touched(layouts: Mapping[str, Layout], rows: Integers) -> Iterator[_Wanted]:
    """Yield the baskets that hold some of the rows."""
    if not len(rows):
        return
    # most branches have the boundaries of some other
    known: dict[int, list[tuple[int, int, Integers | slice, int, int]]] = {}
    for layout in layouts.values():
        if id(layout.entries) not in known:
            known[id(layout.entries)] = list(_holding(layout.entries, rows))
        for i, entries, local, start, stop in known[id(layout.entries)]:
            seek, size = int(layout.seeks[i]), int(layout.sizes[i])
            yield _Wanted(seek, size, layout, entries, local, start, stop)


def _holding(
    boundaries: Integers, rows: Integers
) -> Iterator[tuple[int, int, Integers | slice, int, int]]:
    """Yield number and entries of the baskets that hold some rows, and what `_Wanted` says of them.

    Parameters
    ----------
    boundaries
        First entries of all baskets and the last one's end.
    """
    places = np.searchsorted(rows, boundaries)
    for i in np.flatnonzero(np.diff(places)).tolist():
        first, last = int(boundaries[i]), int(boundaries[i + 1])
        start, stop = int(places[i]), int(places[i + 1])
        yield i, last - first, _local(rows[start:stop] - first), start, stop


def _local(rows: Integers) -> Integers | slice:
    """Return rows as a slice where they are neighbours, which is faster to copy."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


class _Values:
    """The column of a branch whose entries have one shape."""

    def __init__(self, layout: Layout, size: int) -> None:
        native = layout.dtype.newbyteorder("=")
        self._values: npt.NDArray[Any] = np.empty((size, *layout.shape), dtype=native)

    def fill(self, item: _Wanted, data: npt.NDArray[np.uint8], tail: Any) -> bool:
        values = values_of(data, item.layout, item.entries)
        self._values[item.start : item.stop] = values[item.rows]
        return True

    def column(self) -> Any:
        if self._values.ndim == 1:
            return self._values
        return ak.from_numpy(self._values, regulararray=True)


class _Lists:
    """The column of a branch whose entries are lists."""

    def __init__(self, layout: Layout) -> None:
        self._empty = np.empty(0, dtype=layout.dtype.newbyteorder("="))
        self._parts: dict[int, tuple[npt.NDArray[Any], Integers]] = {}

    def fill(self, item: _Wanted, data: npt.NDArray[np.uint8], tail: Any) -> bool:
        """Return False where the basket does not say how long its lists are."""
        part = lists_of(data, tail, item.layout, item.entries, item.rows)
        if part is not None:
            self._parts[item.start] = part
        return part is not None

    def column(self) -> Any:
        parts = [self._parts[start] for start in sorted(self._parts)]
        content = np.concatenate([self._empty, *(elements for elements, _ in parts)])
        counts = np.concatenate([np.zeros(1, np.int64), *(counts for _, counts in parts)])
        return ak.Array(
            ak.contents.ListOffsetArray(
                ak.index.Index64(np.cumsum(counts)), ak.contents.NumpyArray(content)
            )
        )
