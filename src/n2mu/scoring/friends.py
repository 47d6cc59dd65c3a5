"""Friend trees: the scores of an ntuple's entries, entry by entry.

ROOT joins a friend by entry number and says nothing when it is too short, so a
friend always has the length of its tree, and every scored entry is checked to
be the event that was scored.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import uproot

from n2mu.errors import AlignmentError
from n2mu.products import atomic_file

MANIFEST = "manifest.json"
NOT_SCORED = -99.0
EVENT = "n2mu_eventNumber"
_STEP = 500_000  # entries per basket group; small ones make large files


def aligned(
    scores: Mapping[str, npt.NDArray[np.float32]],
    entries: npt.NDArray[np.int64],
    events: npt.NDArray[np.int64],
    tree_events: npt.NDArray[np.int64],
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
    where
        File and tree, for errors.

    Returns
    -------
    dict
        Branches [entries of the tree]; entries without score hold -99.

    Raises
    ------
    AlignmentError
        If an entry is not the event that was scored.
    """
    size = len(tree_events)
    outside = entries >= size
    if outside.any():
        raise AlignmentError(
            f"{where}: entry {entries[np.argmax(outside)]} was scored, the tree has {size}; "
            "the ntuple changed after the skim, skim it again"
        )
    wrong = tree_events[entries] != events
    if wrong.any():
        i = int(np.argmax(wrong))
        raise AlignmentError(
            f"{where}: entry {entries[i]} is event {tree_events[entries[i]]}, scored was event "
            f"{events[i]}; the ntuple changed after the skim, skim it again"
        )
    branches: dict[str, npt.NDArray[Any]] = {}
    for name, values in scores.items():
        full = np.full(size, NOT_SCORED, dtype=np.float32)
        full[entries] = values
        branches[name] = full
    branches[EVENT] = tree_events
    return branches


def write_friends(path: Path, trees: Mapping[str, Mapping[str, npt.NDArray[Any]]]) -> None:
    """Write the friend file of one ntuple, atomically.

    Parameters
    ----------
    trees
        Branches [entries] by name, by tree name.
    """
    with atomic_file(path) as temporary, uproot.recreate(temporary) as file:
        for name, branches in trees.items():
            # plain assignment would write an RNTuple, which no TTree can befriend
            file.mktree(name, {branch: values.dtype for branch, values in branches.items()})
            size = len(branches[EVENT])
            for start in range(0, size, _STEP):
                file[name].extend({b: v[start : start + _STEP] for b, v in branches.items()})
