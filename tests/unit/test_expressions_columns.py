"""The columns that expressions are computed on: types, lists, memory."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import awkward as ak
import numpy as np
import pytest
from helpers_expressions import COLUMNS

from n2mu.errors import ExpressionError
from n2mu.expressions import parse


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.zeros(3), "branch 'x' has 3 events, expected 4"),
        (np.array(["a"] * 4), "branch 'x' holds <U1, expected numbers"),
        (np.zeros((4, 2, 2)), "branch 'x' has 3 axes; lists of lists are not supported"),
        (ak.Array([[[1]], [], [], []]), "lists of lists are not supported"),
        (ak.Array([1, None, 2, 3]), "branch 'x' holds no plain numbers: 4 * ?int64"),
        (ak.Array([[1], None, [2], []]), "branch 'x' holds no plain numbers"),
        (np.array([0, 1, 2, 2**53 + 1]), "branch 'x' holds 9007199254740993; above 2^53"),
        (np.array([0, 1, 2, 2**64 - 1], dtype=np.uint64), "branch 'x' holds 18446744073709551615"),
        (np.array([0, 1, 2, -(2**63)]), "branch 'x' holds -9223372036854775808; above 2^53"),
    ],
)
def test_a_column_that_holds_no_usable_numbers_is_refused(column: Any, message: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(message)):
        parse("x > 0 || Sum$(x)").select({"x": column}, 4)


@pytest.mark.parametrize("kind", ["?", "b", "h", "i", "q", "B", "H", "I", "Q", "f", "d"])
def test_every_type_of_column_gives_the_same_numbers(kind: str) -> None:
    column = np.array([0, 1, 1, 0]).astype(kind)
    lists = ak.unflatten(ak.Array(column), [1, 0, 3])
    assert parse("x - 1").evaluate({"x": column}, 4).tolist() == [-1, 0, 0, -1]
    assert parse("x - 1").evaluate({"x": ak.Array(column)}, 4).tolist() == [-1, 0, 0, -1]
    assert parse("Sum$(v - 1)").evaluate({"v": lists}, 3).tolist() == [-1, 0, -1]


def test_awkward_arrays_of_fixed_length_keep_it() -> None:
    lists = {"v": ak.to_regular(ak.Array([[1, 2], [3, 4]]))}
    assert parse("v[1]").evaluate(lists, 2).tolist() == [2, 4]
    with pytest.raises(ExpressionError, match=r"'v\[2\]' does not exist"):
        parse("v[2]").evaluate(lists, 2)


def test_no_events_give_empty_results() -> None:
    empty = {"x": np.zeros(0), "v": ak.Array([[1.0]])[:0]}
    text = "x > 1 && v[0] > 1 && Sum$(v) > 1 && Max$(v) > Length$(v) && x % 2"
    assert parse(text).evaluate(empty, 0).shape == (0,)
    assert parse(text).select(empty, 0).dtype == np.bool_


def test_a_constant_has_one_value_per_event() -> None:
    assert parse("1 + 1").evaluate({}, 3).tolist() == [2, 2, 2]
    assert parse("1").select({}, 2).tolist() == [True, True]
    assert parse("Sum$(3)").evaluate({}, 2).tolist() == [3, 3]


def test_a_result_shares_no_memory_with_a_column() -> None:
    columns = {"x": np.ones(3), "b": np.ones(3, dtype=bool)}
    parse("x").evaluate(columns, 3)[:] = 7
    parse("b").select(columns, 3)[:] = False
    assert columns["x"].tolist() == [1, 1, 1]
    assert columns["b"].all()


class Counting(Mapping[str, Any]):
    """Columns that count how often each is taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.taken.append(name)
        return COLUMNS[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COLUMNS)

    def __len__(self) -> int:
        return len(COLUMNS)

    def __contains__(self, name: object) -> bool:
        return name in COLUMNS


def test_a_column_is_read_once_per_call() -> None:
    columns = Counting()
    parse("x > 1 && x < 3 || abs(x) > 2 && Sum$(jet_pt) > 3 && jet_pt[0] > 1").select(columns, 4)
    assert sorted(columns.taken) == ["jet_pt", "x"]
