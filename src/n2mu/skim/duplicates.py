"""Events that stand more than once: exactly among those kept, by a sample among all."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.data.folds import splitmix64
from n2mu.errors import ProductError
from n2mu.skim.read import NOMINAL, Skim

SAMPLE = 64  # events per file
Event = tuple[int, int]
"""Run and event number."""


def sampled(
    run: npt.NDArray[np.int64], event: npt.NDArray[np.int64], known: Sequence[Event] = ()
) -> list[Event]:
    """Return a few events of a file, the same ones wherever they stand.

    They are those with the smallest hashes.  Files with the same events have the same
    sample, and one that holds all events of another one of similar size shares some of it
    (bottom-k sketch: Cohen and Kaplan, PODC 2007), so that terabytes can be compared.

    Parameters
    ----------
    run, event
        Of all events of a range of entries [events].
    known
        The sample of the entries before.
    """
    chosen = _smallest(run, event)
    if known:
        before = np.array([*known], dtype=np.int64)
        run, event = np.append(before[:, 0], run[chosen]), np.append(before[:, 1], event[chosen])
        chosen = _smallest(run, event)
    return list(zip(run[chosen].tolist(), event[chosen].tolist(), strict=True))


def _smallest(run: npt.NDArray[np.int64], event: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return which events have the smallest hashes, in the order of these."""
    # an odd factor, so that runs with neighbouring numbers differ in all bits
    hashes = splitmix64(event.view(np.uint64) + run.view(np.uint64) * np.uint64(0xD1342543DE82EF95))
    chosen = np.arange(len(hashes))
    if len(hashes) > SAMPLE:
        chosen = np.argpartition(hashes, SAMPLE)[:SAMPLE]
    # equal hashes belong to equal events, which all count
    return chosen[np.argsort(hashes[chosen])]


def shared(files: Mapping[str, Sequence[Sequence[int]]]) -> dict[str, Any] | None:
    """Say, as `repeated` does, which sampled events stand in several files, and name two of them.

    Parameters
    ----------
    files
        Samples of events by file.
    """
    seen: dict[Event, str] = {}
    found: list[tuple[Event, list[str]]] = []
    for file, events in files.items():
        for run, event in dict.fromkeys((run, event) for run, event in events):
            other = seen.setdefault((run, event), file)
            if other != file:
                found.append(((run, event), [other, file]))
    if not found:
        return None
    (run, event), names = min(found)
    return {"events": len(found), "first": {"run": run, "event": event}, "files": names}


def repeated(run: npt.NDArray[np.int64], event: npt.NDArray[np.int64]) -> dict[str, Any] | None:
    """Say which pairs of run and event number stand more than once.

    Parameters
    ----------
    run, event
        Of one tree of one data set [events].

    Returns
    -------
    dict or None
        ``events``, how many are too many, and ``first``, the smallest such
        pair; None if there is none.
    """
    order = np.lexsort((event, run))
    run, event = run[order], event[order]
    again = np.flatnonzero((np.diff(run) == 0) & (np.diff(event) == 0))
    if not len(again):
        return None
    return {
        "events": len(again),
        "first": {"run": int(run[again[0]]), "event": int(event[again[0]])},
    }


def repeated_in(skim: Skim, data_sets: Sequence[str], kind: str) -> dict[str, Any] | None:
    """Say, as `repeated` does, which events stand more than once in data sets taken together."""
    tables = [skim.table(name, kind, ["n2mu_run", "n2mu_event"]) for name in data_sets]
    run, event = (
        np.concatenate([table[column] for table in tables]).astype(np.int64)
        for column in ("n2mu_run", "n2mu_event")
    )
    return repeated(run, event)


def require_observed_once(skim: Skim, data_sets: Sequence[str]) -> None:
    """Check that no observed event stands twice in data sets taken together.

    Raises
    ------
    ProductError
        Naming the first such event.
    """
    # without event number nothing tells whether two events are one
    named = [
        name
        for name in data_sets
        if any(skim.metadata(p)["settings"]["event"] is not None for p in skim.chunks(name))
    ]
    duplicates = repeated_in(skim, named, NOMINAL) if named else None
    if duplicates is not None:
        raise ProductError(observed_twice(data_sets, duplicates))


def observed_twice(data_sets: Sequence[str], duplicates: Mapping[str, Any]) -> str:
    """Return what errors say of observed events that stand more than once."""
    first = duplicates["first"]
    return (
        f"observed data {', '.join(data_sets)}: {duplicates['events']} events stand more than "
        f"once, first event {first['event']} of run {first['run']}; they would count twice, narrow "
        "the 'files' of these inputs or remove the overlap"
    )
