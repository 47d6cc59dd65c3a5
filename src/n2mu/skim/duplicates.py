"""Events that stand more than once: exactly among those kept, by a sample among all."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.data.folds import splitmix64
from n2mu.errors import ProductError, counted
from n2mu.skim.read import NOMINAL, Skim
from n2mu.skim.settings import OnceSettings

logger = logging.getLogger(__name__)

SAMPLE = 64  # events per file
SAMPLED = "all events, by sample"
"""Where duplicates are looked for, besides the tables."""
COPIES = 4
"""If numbers stand more often than this on average, they are no event numbers."""
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
        ``events``, how many are too many, ``of`` how many, and ``first``, the
        smallest such pair; None if there is none.
    """
    order = np.lexsort((event, run))
    run, event = run[order], event[order]
    again = np.flatnonzero((np.diff(run) == 0) & (np.diff(event) == 0))
    if not len(again):
        return None
    return {
        "events": len(again),
        "of": len(run),
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


def all_repeated(
    skim: Skim, origins: Mapping[str, str], *, exactly: bool = True
) -> list[dict[str, Any]]:
    """Return which simulated events stand more than once, over all chunks.

    Parameters
    ----------
    origins
        By data set the DSID and campaign, within which an event stands once per
        tree; data sets without event number are left out.
    exactly
        Compare all kept events over all chunks; otherwise no table is read, and chunks are
        compared by the samples of their files only.

    Returns
    -------
    list of dict
        As `repeated` has it, with ``data_sets`` and ``kind``: a table of the skim, or
        `SAMPLED`, of which the ``files`` are named.
    """
    together: dict[str, list[str]] = {}
    for name, origin in origins.items():
        together.setdefault(origin, []).append(name)
    found = []
    for names in together.values():
        for kind in dict.fromkeys(kind for name in names for kind in skim.kinds(name)):
            duplicates = _of_kind(skim, names, kind, exactly)
            if duplicates is not None:
                found.append({"data_sets": names, "kind": kind, **duplicates})
        samples = {
            f"{name}: {file['path']}": file.get("sample", [])
            for name in names
            for file in skim.files(name)
        }
        overlap = shared(samples)
        if overlap is not None:
            found.append({"data_sets": names, "kind": SAMPLED, **overlap})
    return found


def _of_kind(skim: Skim, names: Sequence[str], kind: str, exactly: bool) -> dict[str, Any] | None:
    places = [(path, name) for name in names for path in skim.chunks(name)]
    if exactly and len(places) > 1:
        return repeated_in(skim, names, kind)
    known = (skim.metadata(path)["data_sets"][name]["duplicates"] for path, name in places)
    return next((found[kind] for found in known if kind in found), None)


def in_words(
    data_sets: Sequence[str], kind: str, duplicates: Mapping[str, Any], event: str | None
) -> str:
    """Say in one line which simulated events stand more than once.

    Parameters
    ----------
    duplicates
        As `repeated` or `shared` have it.
    event
        The branch with the event number.
    """
    number, first = duplicates["events"], duplicates["first"]
    named = f"event {first['event']}" + (f" of run {first['run']}" if first["run"] else "")
    what = f"simulated events of {', '.join(data_sets)}"
    if kind == SAMPLED:
        files = " and ".join(duplicates["files"])
        return f"{files} share simulated events, {number} of a sample of {SAMPLE}, such as {named}"
    if _no_numbers(duplicates):
        different = duplicates["of"] - number
        return (
            f"{what} ({kind}): {duplicates['of']} events have only "
            f"{counted(different, 'event number')}, such as {named}; is '{event}', named by "
            "'event' in inputs.yaml, the right branch?"
        )
    return f"{what} ({kind}): {number} of {duplicates['of']} events are repeated, first {named}"


def _no_numbers(duplicates: Mapping[str, Any]) -> bool:
    """Tell whether numbers stand too often to be those of events."""
    of: int = duplicates.get("of", 0)  # of samples nobody knows
    return 0 < COPIES * (of - int(duplicates["events"])) < of


def require_once(skim: Skim, settings: OnceSettings, *, exactly: bool = True) -> list[str]:
    """Check that every event stands once, unless repeated ones are kept.

    Parameters
    ----------
    exactly
        As of `all_repeated`; otherwise observed events are left to who reads tables.

    Returns
    -------
    list of str
        Lines that say which simulated events are repeated and kept.

    Raises
    ------
    ProductError
        Naming the first such event.
    """
    if exactly:
        require_observed_once(skim, settings.observed)
    found = all_repeated(skim, settings.origins, exactly=exactly)
    lines = [
        in_words(entry["data_sets"], entry["kind"], entry, _event_branch(skim)) for entry in found
    ]
    if lines and settings.repeated_events == "stop":
        for line in lines[1:]:
            logger.error("%s", line)
        advice = (
            "correct it, or leave 'event' out"
            if _no_numbers(found[0])
            else "each would count more than once, with too small a statistical error: remove the "
            "overlap, narrow 'files', or name 'run' in inputs.yaml if numbers begin anew in every "
            "run"
        )
        raise ProductError(
            f"{lines[0]}; {advice}; 'repeated_events: keep' in inputs.yaml keeps such events, and "
            "the result says so"
        )
    for line in lines:
        logger.warning("%s; kept, as 'repeated_events: keep' says", line)
    return lines


def _event_branch(skim: Skim) -> str | None:
    branch: str | None = skim.metadata(skim.paths[0])["settings"]["event"]
    return branch


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
        f"observed data {', '.join(data_sets)}: {counted(duplicates['events'], 'event')} repeated, "
        f"first event {first['event']} of run {first['run']}; they would count twice, narrow the "
        "'files' of these inputs or remove the overlap"
    )
