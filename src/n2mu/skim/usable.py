"""Whether the skims of all chunks can be normalised, and hold events at all."""

import logging
from typing import Any

from n2mu.errors import ProductError
from n2mu.skim.read import NOMINAL, Skim

logger = logging.getLogger(__name__)

_HEAVY = 2
_TOO_HEAVY = 10
"""A selection takes weights away; scale factors and signed weights make up for little of it."""


def require_usable(skim: Skim) -> None:
    """Check what would make every later stage fail, or wrong without failing.

    Raises
    ------
    ProductError
        If no event of simulation is kept, a sum of weights is not positive, or the events of a
        data set weigh much more than all that were generated.
    """
    simulated = [name for name in skim.data_sets if not skim.observed(name)]
    for name in simulated:
        total, before = skim.sum_of_weights(name), _weighed(skim, name)
        normalised = any(
            skim.metadata(path)["data_sets"][name]["normalised"] for path in skim.chunks(name)
        )
        if normalised or before <= _HEAVY * total:
            continue
        text = (
            f"data set '{name}': all events of its ntuples weigh {before:.6g} together, more than "
            f"the sum of weights of all generated events, {total:.6g}"
        )
        if before > _TOO_HEAVY * total:
            raise ProductError(
                f"{text}; correct 'sum_of_weights' or 'weight' in inputs.yaml, of which constants "
                "belong into 'factors' of the input"
            )
        logger.warning("%s", text)
    if simulated and not any(skim.rows(name, NOMINAL) for name in simulated):
        raise ProductError(f"no event of simulation passes the preselection{_cut(skim, simulated)}")


def _rows(skim: Skim, name: str) -> list[list[dict[str, Any]]]:
    chunks = skim.chunks(name)
    return [skim.metadata(path)["data_sets"][name]["cutflow"] for path in chunks]


def _weighed(skim: Skim, name: str) -> float:
    return float(sum(rows[0]["sum"] for rows in _rows(skim, name)))


def _cut(skim: Skim, names: list[str]) -> str:
    """Say which cut leaves nothing of all data sets together."""
    cutflows = [rows for name in names for rows in _rows(skim, name)]
    left = [sum(rows[i]["events"] for rows in cutflows) for i in range(len(cutflows[0]))]
    if not left[0]:
        return ": the ntuples have none at all"
    last = left.index(0) if 0 in left else len(left) - 1
    return (
        f": '{cutflows[0][last]['cut']}' leaves none of the {left[last - 1]} that are left before "
        f"it, of {left[0]} in the ntuples; 'n2mu validate' says between what values they lie"
    )
