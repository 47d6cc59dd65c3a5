"""Which training events are used, and what is in memory meanwhile."""

import tracemalloc
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_training import Events as Tables
from test_training import run, toy
from test_training_options import network, three, told

from n2mu.data.folds import splitmix64
from n2mu.data.matrix import PackedEvents
from n2mu.training.choice import Chooser, shares, usable
from n2mu.training.events import Events, read_events, training_events
from n2mu.training.prepare import weighting_of
from n2mu.training.settings import TrainSettings


def by_definition(event: np.ndarray, label: np.ndarray, most: int) -> list[int]:
    """Sort the hashes of each class, equal ones by their place; take each class's share."""
    rank = splitmix64(event.astype(np.uint64))
    chosen: list[int] = []
    for k in np.unique(label):
        rows = np.flatnonzero(label == k)
        kept = max(1, rows.size * most // event.size)
        chosen += rows[np.argsort(rank[rows], kind="stable")[:kept]].tolist()
    return sorted(chosen)


def events(event: np.ndarray, label: np.ndarray) -> Events:
    """Events that can be told apart by their only feature, their place."""
    place = np.arange(event.size, dtype=np.float32)[:, None]
    none = np.empty((event.size, 0), np.int64)
    scope = {"scope": np.ones(event.size, np.bool_)}
    return Events(PackedEvents(place, none), label, np.ones(event.size), event, scope)


def chosen(whole: Events, settings: TrainSettings, parts: int) -> list[int]:
    pieces = [whole.take(rows) for rows in np.array_split(np.arange(whole.label.size), parts)]
    chooser = Chooser(settings, shares(pieces, settings))
    return [int(x) for piece in pieces for x in chooser.take(piece).packed.continuous[:, 0]]


@pytest.mark.parametrize("parts", [1, 7, 300])
@pytest.mark.parametrize("most", [1, 3, 200, 1999, 4000])
def test_the_events_of_lowest_hash_are_taken_in_proportion_to_the_classes(
    most: int, parts: int
) -> None:
    random = np.random.default_rng(most)
    # event numbers that repeat, in the same class and in others
    event = random.integers(0, 900, 4000)
    label = random.choice(3, 4000, p=[0.7, 0.299, 0.001])
    settings = told(**network(max_events=most))
    expected = by_definition(event, label, most)
    assert chosen(events(event, label), settings, parts) == expected
    half = told(**network(max_events=most, fraction=0.25))
    assert chosen(events(event, label), half, parts) == by_definition(event, label, min(most, 1000))


def test_classes_have_in_the_loss_what_they_have_of_its_scope_in_the_region() -> None:
    label = np.repeat([0, 1, 2], 600)
    place = np.tile(np.arange(600), 3)
    whole = events(np.arange(1800), label)
    # a third in the region; of the first class alone most others are outside the scope
    extra = {"region": place < 200, "scope": (label != 0) | (place < 300)}
    weighting = weighting_of(replace(whole, extra=extra), told(**network(weighting="event")))
    assert weighting.scales is not None
    assert weighting.scales == pytest.approx([200 / 300, 200 / 600, 200 / 600])


def test_a_smaller_choice_is_part_of_a_larger_one() -> None:
    event = np.random.default_rng(1).permutation(10_000)[:4000]
    few, more = (
        set(chosen(events(event, event % 3), told(**network(max_events=n)), 5)) for n in (200, 2000)
    )
    assert few < more
    assert 195 <= len(few) <= 200


@pytest.mark.parametrize(
    "options",
    [
        {"max_events": 600},
        {"max_events": 700, "training_set": "region", "negative_weights": "drop"},
    ],
)
def test_a_skim_of_nothing_but_the_chosen_events_gives_the_same_bytes(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    settings = told(**network(**options))
    whole = three()
    everything, validation = read_events(whole, settings, lambda part: part)
    rows = np.flatnonzero(usable(everything, settings))
    event, label = everything.event[rows], everything.label[rows]
    rows = rows[by_definition(event, label, options["max_events"])]
    # no two events have the same first feature
    kept = [e.packed.continuous[:, 0] for e in (everything.take(rows), validation)]
    left = three()
    for kinds in left.tables.values():
        for kind, table in kinds.items():
            same = np.isin(table["x"].astype(np.float32), np.concatenate(kept))
            kinds[kind] = {name: values[same] for name, values in table.items()}
    assert run(tmp_path / "whole", whole, settings) == run(tmp_path / "left", left, settings)


class Many(Tables):
    """Row groups that are made when they are read: a skim far larger than what is kept."""

    def __init__(self, groups: int, size: int) -> None:
        super().__init__({name: {} for name in ("ttH.a", "tt.a", "VV.a")})
        self.groups, self.size = groups, size

    def rows(self, data_set: str, kind: str) -> int:
        return self.groups * self.size

    def parts(
        self, data_set: str, kind: str, columns: Collection[str]
    ) -> Iterator[dict[str, np.ndarray]]:
        for group in range(self.groups):
            table = toy(group, 1.0, self.size)
            table["region"][50:] = 0.0  # few validate, and those are kept
            yield {name: values for name, values in table.items() if name in columns}


def peak_of(groups: int, **options: Any) -> float:
    settings = told(**network(**options))
    source = Many(groups, 1000)
    tracemalloc.start()
    chooser = Chooser(settings, shares(training_events(source, settings), settings))
    read_events(source, settings, chooser.take)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_grows_with_the_events_that_are_kept_and_not_with_those_that_are_read() -> None:
    few, many = (peak_of(groups, max_events=500) for groups in (4, 16))
    all_of_few, all_of_many = (peak_of(groups) for groups in (4, 16))
    # eight bytes for the hash of an event in place of its features and labels
    assert many - few < 0.3 * (all_of_many - all_of_few)
