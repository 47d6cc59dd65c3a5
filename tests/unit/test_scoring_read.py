"""Skim and scores read side by side."""

from pathlib import Path

import numpy as np
import pytest
from helpers_scoring import one_line
from helpers_templates import (
    Columns,
    hand_scores,
    hand_skim,
    identifiers,
)

from n2mu.errors import (
    AlignmentError,
    ProductError,
)
from n2mu.scoring.read import events
from n2mu.skim.read import Skim


def toy_table(first_event: int, size: int) -> Columns:
    scores = np.linspace(0, 1, size, dtype=np.float32)
    return {**identifiers(first_event, size), "n2mu_weight": np.ones(size), "toy_sig": scores}


def read_events(skim: Path, scores: Path, kind: str = "nominal") -> list[Columns]:
    source = Skim([skim])
    return list(events(source, {scores.name: scores}, "A", kind, ["n2mu_weight"], ["toy_sig"]))


@pytest.mark.parametrize(
    ("scored", "words"),
    [
        (toy_table(0, 9), "has 9 rows"),
        (toy_table(1, 10), "row 0 has n2mu_event 1"),
        (toy_table(0, 10) | {"n2mu_entry": np.arange(10)}, "row 1 has n2mu_entry 1"),
        (toy_table(0, 10) | {"n2mu_file": np.ones(10, dtype=np.int32)}, "row 0 has n2mu_file 1"),
    ],
)
def test_scores_of_another_skim_are_refused(tmp_path: Path, scored: Columns, words: str) -> None:
    tables = {"A": {"nominal": toy_table(0, 10)}}
    skim = hand_skim(tmp_path / "skim" / "c0", tables, {"A": {"nominal": 1.0}})
    scores = hand_scores(tmp_path / "scores" / "c0", {"A": {"nominal": scored}})
    with pytest.raises(AlignmentError) as error:
        read_events(skim, scores)
    one_line(error, scores / "A" / "nominal.parquet", words, "score this chunk again")


def test_skim_and_scores_are_read_side_by_side(tmp_path: Path) -> None:
    tables = {"A": {"nominal": toy_table(0, 10)}}
    skim = hand_skim(tmp_path / "skim" / "c0", tables, {"A": {"nominal": 1.0}})
    (table,) = read_events(skim, hand_scores(tmp_path / "scores" / "c0", tables))
    np.testing.assert_array_equal(table["toy_sig"], tables["A"]["nominal"]["toy_sig"])


def test_scores_of_events_that_the_skim_lacks_are_refused(tmp_path: Path) -> None:
    tables = {"A": {"nominal": toy_table(0, 10)}}
    skim = hand_skim(tmp_path / "skim" / "c0", {"A": {}}, {"A": {"nominal": 1.0}})
    with pytest.raises(AlignmentError, match="has no such events"):
        read_events(skim, hand_scores(tmp_path / "scores" / "c0", tables))


def test_missing_scores_are_refused(tmp_path: Path) -> None:
    tables = {"A": {"nominal": toy_table(0, 10)}}
    skim = hand_skim(tmp_path / "skim" / "c0", tables, {"A": {"nominal": 1.0}})
    empty = hand_scores(tmp_path / "scores" / "c0", {"A": {}})
    with pytest.raises(ProductError, match=r"no such file; score chunk c0 again"):
        read_events(skim, empty)
    other = hand_scores(tmp_path / "scores" / "c1", tables)
    with pytest.raises(ProductError, match="chunk 'c0' has no scores"):
        read_events(skim, other)


def test_a_varied_tree_without_events_is_none_but_one_never_read_is_refused(
    tmp_path: Path,
) -> None:
    tables = {"A": {"nominal": toy_table(0, 10)}}
    trees = {"A": ["JES_up"]}
    skim = hand_skim(tmp_path / "skim" / "c0", tables, {"A": {"nominal": 1.0}}, trees)
    scores = hand_scores(tmp_path / "scores" / "c0", tables)
    assert read_events(skim, scores, "JES_up") == []
    with pytest.raises(ProductError) as error:
        read_events(skim, scores, "JES_down")
    one_line(error, "made without tree 'JES_down'", "skim this chunk again")
