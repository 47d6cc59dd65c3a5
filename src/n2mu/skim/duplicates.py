"""Events that stand more than once in what was kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import ProductError
from n2mu.skim.read import NOMINAL, Skim


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
    duplicates = repeated_in(skim, data_sets, NOMINAL) if data_sets else None
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
