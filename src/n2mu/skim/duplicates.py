"""Events that stand more than once in what was kept."""

from typing import Any

import numpy as np
import numpy.typing as npt


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
