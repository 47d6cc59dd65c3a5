"""Whether the events of a file have numbers of their own."""

from typing import Any

import numpy as np

from n2mu.errors import N2muError, counted
from n2mu.inputs.gather import read_range
from n2mu.inputs.tree import Tree
from n2mu.skim.duplicates import COPIES, repeated
from n2mu.skim.select import whole_numbers
from n2mu.validation.questions import EVENT, RUN, Asked

MOST = 400_000
"""Events of a file that are compared; of more, those at its begin and in its middle."""


def look_at_numbers(file: Any, ntuple: Tree, asked: Asked) -> tuple[str, str] | None:
    """Say what is wrong with the event numbers of a file, and with which of them.

    Parameters
    ----------
    file, ntuple
        An open ntuple and the tree with its events.

    Returns
    -------
    tuple or None
        What is wrong in general, and what was found in this file.
    """
    event, run = asked.numbers.get(EVENT), asked.numbers.get(RUN)
    branches = [name for name in (event, run) if name is not None]
    if event is None or asked.keeps_repeated or not ntuple.names.issuperset(branches):
        return None
    size = ntuple.num_entries
    # a file that is appended to itself repeats its begin in its middle
    ranges = [(0, size)] if size <= MOST else [(s, s + MOST // 2) for s in (0, size // 2)]
    try:
        read = [read_range(file, ntuple, branches, *entries) for entries in ranges]
        numbers = {
            name: np.concatenate([whole_numbers(columns[name], name) for columns in read])
            for name in branches
        }
    except N2muError:
        return None  # the entries that are read for everything else say so
    events = numbers[event]
    runs = np.zeros_like(events) if run is None else numbers[run]
    found = repeated(runs, events)
    if found is None:
        return None
    different = found["of"] - found["events"]
    if found["of"] > COPIES * different:
        others = sorted(n for n in ntuple.names - {*branches} if "event" in n.lower())
        hint = f"; is it '{others[0]}'?" if others else ""
        return (
            f"branch '{event}' is no event number",
            f": it has {counted(different, 'value')} in {found['of']} entries{hint}",
        )
    first = found["first"]
    kept = (
        ""
        if asked.data
        else ", or say 'repeated_events: keep' in inputs.yaml if this is how they are meant"
    )
    return (
        "events stand more than once, and would count so",
        f": {found['events']} of {found['of']} that were compared, first event {first['event']} "
        f"of run {first['run']}; write the ntuples without them{kept}",
    )
