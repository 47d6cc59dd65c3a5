"""Why a training lacks events, where its options cannot mend it."""

import numpy as np

from n2mu.skim.duplicates import COPIES
from n2mu.training.events import EventSource
from n2mu.training.settings import TrainSettings

_TABLES = ("nominal", "training")


def why_absent(source: EventSource, settings: TrainSettings) -> str | None:
    """Say what is wrong with the events of a training as a whole; None if nothing is.

    Parameters
    ----------
    source
        Where the events of the training come from.
    """
    data_sets: dict[str, list[str]] = {name: [] for name in settings.classes}
    for sample in settings.samples:
        data_sets[sample.training_class].append(sample.data_set)
    for name, members in data_sets.items():
        if members and not any(source.rows(d, kind) for d in members for kind in _TABLES):
            return (
                f"class '{name}': the skims hold no event of its data sets "
                f"({', '.join(dict.fromkeys(members))}), since their ntuples have none, or "
                "preselection and training selection leave none; see the cutflow"
            )
    every = dict.fromkeys(d for members in data_sets.values() for d in members)
    tables = [source.table(d, kind, ["n2mu_event"]) for d in every for kind in _TABLES]
    events = np.concatenate([np.asarray(table["n2mu_event"]) for table in tables])
    different = len(np.unique(events))
    if len(events) > COPIES * len(every) * different:
        return (
            f"the {len(events)} events have only {different} different event numbers, which share "
            "them out to the folds; is 'event' in inputs.yaml the event number?"
        )
    return None
