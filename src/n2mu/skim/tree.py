"""One tree of one ntuple: which of its events are kept, and with what columns."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from n2mu.expressions import ENTRY, parse
from n2mu.inputs.gather import Columns, Gatherer
from n2mu.inputs.layout import Integers
from n2mu.inputs.location import Location
from n2mu.inputs.ntuple import require_branches
from n2mu.inputs.source import Source
from n2mu.inputs.tree import Tree
from n2mu.skim.duplicates import Event, sampled
from n2mu.skim.read import NOMINAL, TRAINING
from n2mu.skim.select import (
    Cutflow,
    FloatArray,
    factor_values,
    product,
    require_finite,
    require_finite_weight,
    varied_weight,
    whole_numbers,
)
from n2mu.skim.settings import SkimDataSet, SkimSettings, WeightVariation

# what is in memory at once; steps and batches end where baskets do
STEP = 200_000  # entries
STEP_BYTES = 32_000_000  # of the branches that select
BATCH_BYTES = 32_000_000  # of the branches that are kept


class TreeSkim:
    """Selects, weighs and collects the events of one tree.

    Parameters
    ----------
    kind
        ``nominal`` or the name of the varied tree.
    ntuple, source
        The tree, and the bytes of its file.
    index
        Of the file in the data set.
    path
        Of the file, for errors.

    Attributes
    ----------
    cutflow, sample
        Of the events so far, those of the nominal tree only.

    Raises
    ------
    InputError
        If the tree lacks a branch.
    """

    def __init__(
        self,
        settings: SkimSettings,
        data_set: SkimDataSet,
        kind: str,
        ntuple: Tree,
        source: Source,
        index: int,
        path: Location,
    ) -> None:
        self._settings = settings
        self._kind = kind
        self._index = index
        self._where = f"{path}: tree '{ntuple.name}'"
        self._size = ntuple.num_entries
        self._variations = data_set.weight_variations if kind == NOMINAL else []
        self.cutflow = Cutflow(settings.preselection)
        self.sample: list[Event] = []
        self._data = data_set.data
        self._factors = _factors(settings, data_set)
        self._columns = data_set.columns
        uses = _uses(settings, data_set, kind == NOMINAL)
        self._cutting = set(parse(settings.preselection).names) - {ENTRY}
        if kind == NOMINAL and not data_set.data:
            # the cutflow counts the weights of all events
            texts = [settings.training, *self._factors.values()]
            self._cutting |= {n for text in texts for n in parse(text).names} - {ENTRY}
        if kind == NOMINAL and settings.event is not None:
            # a sample is taken of all events
            self._cutting |= {name for name in (settings.run, settings.event) if name is not None}
        self._needed = set(uses)
        require_branches(ntuple, uses, path, uses)
        self._gatherer = Gatherer(ntuple, source)

    def steps(self) -> list[tuple[int, int]]:
        """Return the ranges of entries that are worked on one after the other."""
        boundaries = self._gatherer.boundaries(self._needed)
        width = self._gatherer.entry_bytes(self._cutting)
        return packed(boundaries, min(STEP, int(STEP_BYTES / max(width, 1.0)) + 1))

    def tables(self, start: int, stop: int) -> Iterator[tuple[str, Columns]]:
        """Yield what is kept of a range of entries, by kind of table.

        What decides is read first; if nothing is kept, nothing else is read.
        """
        entries = np.arange(start, stop)
        columns = self._gatherer.read(self._cutting, entries) | {ENTRY: entries}
        kept = self._selected(columns, entries)
        union = np.sort(np.concatenate(list(kept.values())))
        rest = self._needed - self._cutting
        for batch in self._batches(union, rest):
            chosen = {name: column[batch - start] for name, column in columns.items()}
            chosen |= self._gatherer.read(rest, batch)
            for kind, rows in kept.items():
                mine = np.isin(batch, rows, assume_unique=True)
                if mine.all():
                    yield kind, self._table(kind, chosen, batch)
                elif mine.any():
                    part = {name: column[mine] for name, column in chosen.items()}
                    yield kind, self._table(kind, part, batch[mine])

    def empty(self) -> Columns:
        """Return the columns of the tree's table without events."""
        none = np.arange(0)
        columns = self._gatherer.read(self._needed, none) | {ENTRY: none}
        return self._table(self._kind, columns, none)

    def _selected(self, columns: Columns, entries: Integers) -> dict[str, Integers]:
        """Return the entries that are kept, by kind of table."""
        settings, size = self._settings, len(entries)
        if self._kind != NOMINAL:
            passed = parse(settings.preselection).select(columns, size)
            return {self._kind: entries[passed]}
        values = factor_values(self._factors, columns, size)
        weight = product(values, size)
        require_finite_weight(weight, values, entries, self._where)
        passed = self.cutflow.fill(columns, weight)
        if settings.event is not None:
            self.sample = sampled(*self._numbers(columns, entries), self.sample)
        if self._data:
            return {NOMINAL: entries[passed]}
        training = parse(settings.training).select(columns, size)
        return {NOMINAL: entries[passed], TRAINING: entries[~passed & training]}

    def _batches(self, rows: Integers, names: set[str]) -> Iterator[Integers]:
        """Divide rows so that their columns fit into memory."""
        if not len(rows):
            return
        limit = int(BATCH_BYTES / max(self._gatherer.entry_bytes(names), 1.0)) + 1
        if len(rows) <= limit:
            yield rows
            return
        places = np.searchsorted(rows, self._gatherer.boundaries(names))
        for first, last in packed(np.unique(places), limit):
            yield rows[first:last]

    def _table(self, kind: str, columns: Columns, entries: Integers) -> Columns:
        """Return the columns of a skim for events that were selected."""
        size, where = len(entries), self._where
        run, event = self._numbers(columns, entries)
        values = factor_values(self._factors, columns, size)
        weight = product(values, size)
        require_finite_weight(weight, values, entries, where)
        table: Columns = {
            "n2mu_file": np.full(size, self._index, dtype=np.int32),
            "n2mu_entry": entries,
            "n2mu_run": run,
            "n2mu_event": event,
            "n2mu_weight": weight,
        }
        if kind != TRAINING:
            table |= self._varied_weights(self._variations, values, columns, entries)
        return table | {name: columns[name] for name in self._columns}

    def _numbers(self, columns: Columns, entries: Integers) -> tuple[Integers, Integers]:
        """Return run and event numbers [events]."""
        settings, where = self._settings, self._where
        run = np.zeros(len(entries), dtype=np.int64)
        if settings.run is not None:
            run = whole_numbers(columns[settings.run], f"{where}: run number '{settings.run}'")
        event: Integers = entries
        if settings.event is not None:
            what = f"{where}: event number '{settings.event}'"
            event = whole_numbers(columns[settings.event], what)
        return run, event

    def _varied_weights(
        self,
        variations: Sequence[WeightVariation],
        values: Mapping[str, FloatArray],
        columns: Columns,
        entries: Integers,
    ) -> Columns:
        weights: Columns = {}
        for variation in variations:
            varied = varied_weight(values, variation, columns, len(entries))
            what = f"{self._where}: the event weight of '{variation.name}'"
            require_finite(varied, entries, what)
            weights[f"n2mu_weight_{variation.name}"] = varied
        return weights


def _factors(settings: SkimSettings, data_set: SkimDataSet) -> dict[str, str]:
    """Return the factors of the event weight of a data set, by name."""
    return {} if data_set.data else settings.weight | data_set.weight


def _uses(settings: SkimSettings, data_set: SkimDataSet, nominal: bool) -> dict[str, str]:
    """Return the branches of a tree that are read, with what each is read for."""
    texts = {"the preselection": settings.preselection}
    if not data_set.data:
        if nominal:
            texts["the training selection"] = settings.training
        factors = _factors(settings, data_set)
        texts |= {f"weight factor '{name}'": text for name, text in factors.items()}
    if nominal:
        variations = data_set.weight_variations
        texts |= {f"weight variation '{v.name}'": v.expression for v in variations}
    uses = {
        branch: f"needed by {what}"
        for what, text in reversed(texts.items())
        for branch in parse(text).names - {ENTRY}
    }
    for branch, what in ((settings.run, "run"), (settings.event, "event")):
        if branch is not None:
            uses.setdefault(branch, f"'{what}' in inputs.yaml")
    for branch in data_set.columns:
        uses.setdefault(branch, "needed by a region, sample, feature or observable")
    return uses


def packed(boundaries: Integers, limit: int) -> list[tuple[int, int]]:
    """Join neighbouring ranges as far as a limit allows; cut longer ones evenly.

    Parameters
    ----------
    boundaries
        Where ranges begin, in order, and the last one's end.

    Returns
    -------
    list
        First and last (excluded) of every range.
    """
    edges = [int(boundaries[0])]
    for first, last in pairwise(boundaries.tolist()):
        if last - edges[-1] > limit and first > edges[-1]:
            edges.append(first)
        if last - edges[-1] > limit:
            pieces = -(-(last - first) // limit)
            edges += [first + (last - first) * i // pieces for i in range(1, pieces)]
            edges.append(last)
    if boundaries[-1] > edges[-1]:
        edges.append(int(boundaries[-1]))
    return list(pairwise(edges))
