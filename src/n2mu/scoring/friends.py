"""Friend trees: the scores of an ntuple's entries, entry by entry.

ROOT joins a friend by entry number and says nothing when it is too short, so a
friend always has the length of its tree, and every scored entry is checked to
be the event that was scored.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import uproot

from n2mu.errors import AlignmentError
from n2mu.products import atomic_file, canonical_json, digest
from n2mu.scoring.read import IDENTIFIERS
from n2mu.skim.parquet import read_columns, to_arrays

MANIFEST = "manifest.json"
NOT_SCORED = -99.0
EVENT = "n2mu_eventNumber"
Trees = dict[str, dict[str, npt.NDArray[Any]]]
"""Branches [entries] by name, by tree name."""
_STEP = 500_000  # entries per basket group; small ones make large files


class ScoresOfFiles:
    """The scores of a chunk by ntuple; tables are read once and kept for one data set.

    Parameters
    ----------
    directory
        ``scores/<chunk>``.
    columns
        The scores.
    """

    def __init__(self, directory: Path, columns: Sequence[str]) -> None:
        self._directory = directory
        self.columns = columns
        self._data_set = ""
        self._tables: dict[str, dict[str, npt.NDArray[Any]]] = {}

    def of_file(self, data_set: str, kind: str, index: int) -> dict[str, npt.NDArray[Any]]:
        """Return entry, event and scores [scored events] of one file of a data set."""
        if data_set != self._data_set:
            self._data_set, self._tables = data_set, {}
        if kind not in self._tables:
            self._tables[kind] = self._read(data_set, kind)
        table = self._tables[kind]
        rows = np.flatnonzero(table["n2mu_file"] == index)
        return {name: values[rows] for name, values in table.items()}

    def _read(self, data_set: str, kind: str) -> dict[str, npt.NDArray[Any]]:
        names = [*IDENTIFIERS, *self.columns]
        path = self._directory / data_set / f"{kind}.parquet"
        if not path.exists():
            return {name: np.empty(0, dtype=np.int64) for name in names}
        return to_arrays(read_columns(path, names))


def aligned(
    scores: Mapping[str, npt.NDArray[np.float32]],
    entries: npt.NDArray[np.int64],
    events: npt.NDArray[np.int64],
    tree_events: npt.NDArray[np.int64],
    skimmed: int,
    where: str,
) -> dict[str, npt.NDArray[Any]]:
    """Spread scores over all entries of a tree.

    Parameters
    ----------
    scores
        By column, [scored events].
    entries, events
        Entry in the tree and event number of each scored event.
    tree_events
        Event number of every entry of the tree.
    skimmed
        Number of entries that the tree had when it was skimmed.
    where
        File and tree, for errors.

    Returns
    -------
    dict
        Branches [entries of the tree]; entries without score hold -99.

    Raises
    ------
    AlignmentError
        If an entry is not the event that was scored, or the tree has become
        shorter or longer.
    """
    size = len(tree_events)
    again = "the ntuple changed after the skim, skim it again"
    outside = entries >= size
    if outside.any():
        raise AlignmentError(
            f"{where}: entry {entries[np.argmax(outside)]} was scored, the tree has {size} "
            f"entries; {again}"
        )
    wrong = tree_events[entries] != events
    if wrong.any():
        i = int(np.argmax(wrong))
        raise AlignmentError(
            f"{where}: entry {entries[i]} is event {tree_events[entries[i]]}, scored was event "
            f"{events[i]}; {again}"
        )
    if size != skimmed:
        raise AlignmentError(
            f"{where}: has {size} entries, the skim read {skimmed} (they differ from entry "
            f"{min(size, skimmed)} on); {again}"
        )
    branches: dict[str, npt.NDArray[Any]] = {}
    for name, values in scores.items():
        full = np.full(size, NOT_SCORED, dtype=np.float32)
        full[entries] = values
        branches[name] = full
    branches[EVENT] = tree_events
    return branches


def write_friends(path: Path, trees: Trees) -> None:
    """Write the friend file of one ntuple, atomically."""
    with atomic_file(path) as temporary, uproot.recreate(temporary) as file:
        for name, branches in trees.items():
            # plain assignment would write an RNTuple, which no TTree can befriend
            file.mktree(name, {branch: values.dtype for branch, values in branches.items()})
            size = len(branches[EVENT])
            for start in range(0, size, _STEP):
                file[name].extend({b: v[start : start + _STEP] for b, v in branches.items()})


def read_friends(path: Path) -> Trees:
    """Read all trees of a friend file."""
    with uproot.open(path) as file:
        names = file.keys(filter_classname="TTree", cycle=False)
        return {name: file[name].arrays(library="np") for name in names}


def content_digest(trees: Trees) -> str:
    """Return a digest of trees, branches, types and values.

    The bytes of a ROOT file hold the time of writing; its content does not.
    """
    parts = [
        [tree, branch, str(values.dtype), len(values), hashlib.sha256(values.tobytes()).hexdigest()]
        for tree, branches in sorted(trees.items())
        for branch, values in sorted(branches.items())
    ]
    return digest(canonical_json(parts), length=64)
