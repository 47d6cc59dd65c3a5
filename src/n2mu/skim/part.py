"""A part of one ntuple, skimmed by one process into files that another one joins."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from n2mu.errors import ExpressionError
from n2mu.inputs.identity import require_entries, require_identity
from n2mu.inputs.location import Location
from n2mu.inputs.ntuple import open_ntuple, tree
from n2mu.inputs.source import open_source
from n2mu.inputs.sums import sums_of_weights
from n2mu.skim.duplicates import Event
from n2mu.skim.read import NOMINAL
from n2mu.skim.select import Count
from n2mu.skim.settings import SkimDataSet, SkimSettings
from n2mu.skim.tree import TreeSkim
from n2mu.skim.write import to_table


class Part(NamedTuple):
    """What is to be done: one of several equal parts of the entries of all trees of a file."""

    settings: SkimSettings
    data_set: SkimDataSet
    file: int
    path: Location
    number: int
    parts: int
    directory: Path


class Skimmed(NamedTuple):
    """What was done.

    Attributes
    ----------
    entries
        Of the trees.
    sums
        Of weights, by variation; the first part alone has them.
    counts
        Of the cutflow, by range of entries.
    sample
        Some of all events, by which files are compared.
    tables
        Files with the events, by kind of table.
    """

    entries: dict[str, int]
    sums: dict[str, float]
    counts: list[list[Count]]
    sample: list[Event]
    tables: dict[str, Path]


def skim_part(part: Part) -> Skimmed:
    """Skim a part of a file: all its trees are read while it is open once.

    Raises
    ------
    InputError
        If the file is missing, damaged, not the listed one, or lacks a tree or
        branch.
    ExpressionError
        If an expression cannot be evaluated.
    """
    data_set, path = part.data_set, part.path
    listed = data_set.files[part.file]
    done = Skimmed({}, {}, [], [], {})
    part.directory.mkdir(parents=True)
    with open_ntuple(path) as file, open_source(file) as source, _files(part, done) as files:
        require_identity(file, listed, path)
        for name in [data_set.tree, *data_set.tree_variations]:
            ntuple = tree(file, name, path)
            done.entries[name] = ntuple.num_entries
            require_entries(name, done.entries[name], listed, path)
            kind = NOMINAL if name == data_set.tree else name
            try:
                skim = TreeSkim(part.settings, data_set, kind, ntuple, source, part.file, path)
                steps = skim.steps()
                mine = slice(*(len(steps) * (part.number + i) // part.parts for i in (0, 1)))
                if kind == NOMINAL and not part.number:
                    files.write(NOMINAL, to_table(skim.empty()))
                for start, stop in steps[mine]:
                    for target, columns in skim.tables(start, stop):
                        files.write(target, to_table(columns))
                done.counts.extend(skim.cutflow.counts)
                done.sample.extend(skim.sample)
            except ExpressionError as error:
                message = f"{path}: tree '{name}': {error}"
                raise ExpressionError(message, excerpt=error.excerpt) from None
        normalised = data_set.data or part.settings.sum_of_weights.normalised
        if not part.number and not normalised:
            done.sums.update(
                sums_of_weights(
                    part.settings.sum_of_weights,
                    data_set.tree,
                    sums_wanted(part.settings, data_set),
                    file,
                    path,
                )
            )
    return done


def sums_wanted(settings: SkimSettings, data_set: SkimDataSet) -> dict[str, str]:
    """Return where the sums of weights come from, by variation."""
    wanted = {NOMINAL: settings.sum_of_weights.nominal}
    return wanted | {v.name: v.sum for v in data_set.weight_variations if v.sum is not None}


class _Files:
    """Arrow files, one per kind of table, that tables are appended to."""

    def __init__(self, directory: Path, paths: dict[str, Path]) -> None:
        self._directory = directory
        self._paths = paths
        self._open: dict[str, pa.RecordBatchStreamWriter] = {}

    def write(self, kind: str, table: pa.Table) -> None:
        if kind not in self._open:
            # kinds are names of trees, which may hold a slash
            self._paths[kind] = self._directory / f"{len(self._paths)}.arrow"
            self._open[kind] = pa.ipc.new_stream(str(self._paths[kind]), table.schema)
        self._open[kind].write_table(table)

    def close(self) -> None:
        for writer in self._open.values():
            writer.close()


@contextmanager
def _files(part: Part, done: Skimmed) -> Iterator[_Files]:
    files = _Files(part.directory, done.tables)
    try:
        yield files
    finally:
        files.close()
