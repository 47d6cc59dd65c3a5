"""Which training events are used, known before the features of any are kept."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2mu.data.folds import splitmix64
from n2mu.training.events import Events
from n2mu.training.settings import TrainSettings


def usable(events: Events, settings: TrainSettings) -> NDArray[np.bool_]:
    """Return which training events [events] the training set and the terms of the loss take."""
    classifier = settings.classifier
    chosen: NDArray[np.bool_] = events.extra["scope"].copy()
    if "decorrelated" in events.extra:
        chosen |= events.extra["decorrelated"] & (
            events.label != settings.classes.index(settings.signal_class)
        )
    if classifier.training_set == "region":
        chosen &= events.extra["region"]
    if classifier.negative_weights == "drop":
        chosen &= events.weight >= 0
    return chosen


@dataclass(frozen=True)
class Shares:
    """The events of lowest hash of each class, in proportion to the classes.

    The choice does not depend on the order of the files, and a smaller one is part
    of a larger one.

    Attributes
    ----------
    quota
        Number of events that are kept [classes].
    highest
        Their highest hash [classes].
    ties
        How many of exactly this hash are kept, the first ones [classes].
    """

    quota: NDArray[np.int64]
    highest: NDArray[np.uint64]
    ties: NDArray[np.int64]

    @property
    def events(self) -> int:
        """Number of events that are kept."""
        return int(self.quota.sum())


def shares(parts: Iterable[Events], settings: TrainSettings) -> Shares:
    """Return which events a first pass over all of them finds.

    Eight bytes per usable event are in memory meanwhile.  Of every class that has
    events at least one is kept.

    Parameters
    ----------
    parts
        The training events, without features.
    """
    classes = len(settings.classes)
    found: list[list[NDArray[np.uint64]]] = [[] for _ in range(classes)]
    for part in parts:
        rows = usable(part, settings)
        label, rank = part.label[rows], _rank(part)[rows]
        for k in range(classes):
            found[k].append(rank[label == k])
    sizes = np.array([sum(rank.size for rank in ranks) for ranks in found], np.int64)
    total = int(sizes.sum())
    classifier = settings.classifier
    most = min(classifier.max_events or total, int(np.floor(classifier.fraction * total)))
    quota = np.zeros(classes, np.int64)
    highest, ties = np.zeros(classes, np.uint64), np.zeros(classes, np.int64)
    for k, size in enumerate(sizes.tolist()):
        if not size:
            continue
        kept = size if most == total else max(1, size * most // total)
        rank = np.concatenate(found[k])
        found[k].clear()
        rank.partition(kept - 1)
        quota[k], highest[k] = kept, rank[kept - 1]
        ties[k] = kept - (rank[:kept] < highest[k]).sum()
    return Shares(quota, highest, ties)


class Chooser:
    """Takes the events that are used out of the training events, part after part.

    Parameters
    ----------
    share
        Which are kept of the usable events; none: all.
    """

    def __init__(self, settings: TrainSettings, share: Shares | None) -> None:
        self._settings = settings
        self._share = share
        self._ties = None if share is None else share.ties.copy()

    def take(self, events: Events) -> Events:
        """Return the events of the next part that are used."""
        chosen = usable(events, self._settings)
        if self._share is not None and self._ties is not None:
            rank, highest = _rank(events), self._share.highest[events.label]
            equal = chosen & (rank == highest)
            chosen &= rank < highest
            for k in np.unique(events.label[equal]):
                rows = np.flatnonzero(equal & (events.label == k))[: self._ties[k]]
                self._ties[k] -= rows.size
                chosen[rows] = True
        return events.take(np.flatnonzero(chosen))


def _rank(events: Events) -> NDArray[np.uint64]:
    return splitmix64(events.event.astype(np.uint64))
