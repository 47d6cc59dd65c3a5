"""What expressions give, event by event, and what cannot be computed."""

import math
import re
from typing import Any

import awkward as ak
import numpy as np
import pytest
from helpers_expressions import evaluate, select

from n2mu.errors import ExpressionError
from n2mu.expressions import parse


def test_float32_is_compared_as_double() -> None:
    assert select("f == 0.1") == [False] * 4
    assert select("f > 0.1") == [True] * 4


def test_unsigned_numbers_do_not_wrap() -> None:
    assert evaluate("u - 3") == [-1, 2999999997, -3, 0]
    assert evaluate("-u") == [-2, -3e9, 0, -3]


def test_logical_operators_are_not_bitwise() -> None:
    assert evaluate("!c") == [1, 0, 0, 0]
    assert evaluate("c && 1") == [0, 1, 1, 1]
    assert evaluate("b + b") == [2, 0, 2, 0]


def test_integers_divide_as_doubles_and_leave_a_signed_remainder() -> None:
    assert evaluate("i / 2") == [-3.5, 3.5, 1.5, 0]
    assert evaluate("i % 3") == [-1, 1, 0, 0]


def test_an_event_with_the_value_nan_passes() -> None:
    assert select("x") == [True, True, False, True]
    assert select("x > -3") == [True, True, True, False]


def test_an_event_without_the_element_fails_whatever_else_holds() -> None:
    assert select("jet_pt[1] > 15") == [True, False, False, True]
    assert select("!(jet_pt[1] > 15)") == [False, False, False, False]
    assert select("jet_pt[1] > 15 || 1") == [True, False, False, True]
    np.testing.assert_equal(evaluate("jet_pt[1] * 2"), [40, math.nan, math.nan, 40])


def test_an_element_that_does_not_exist_is_no_zero_divisor() -> None:
    np.testing.assert_equal(evaluate("7 % jet_pt[1]"), [7, math.nan, math.nan, 7])


def test_lists_are_counted_summed_and_searched_per_event() -> None:
    assert evaluate("@jet_pt.size()") == [2, 0, 1, 3]
    assert evaluate("Length$(jet_pt)") == [2, 0, 1, 3]
    assert evaluate("Sum$(jet_pt * jet_tag)") == [30, 0, 50, 30]
    assert evaluate("Max$(jet_pt)") == [30, 0, 50, 30]
    assert evaluate("Min$(jet_pt)") == [20, 0, 50, 10]
    assert evaluate("Sum$(jet_pt > 15 && u > 2)") == [0, 0, 0, 2]
    assert evaluate("Sum$(fixed)") == [1, 5, 9, 13]
    assert evaluate("Sum$(jet_pt > 0 ? 1 : 0) == Length$(jet_pt)") == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jet_ptt[0]", "no branch 'jet_ptt'; did you mean 'jet_pt'?"),
        ("jet_pt > 25", "branch 'jet_pt' holds a list where one value per event is needed"),
        ("b && sqrt(jet_pt)", "branch 'jet_pt' holds a list"),
        ("fixed", "branch 'fixed' holds a list"),
        ("x[0]", "branch 'x' holds one value per event; x[0] needs a list"),
        ("@x.size()", "branch 'x' holds one value per event; @x.size() needs a list"),
        ("fixed[2]", "'fixed[2]' does not exist: branch 'fixed' has 2 elements"),
        (
            "Sum$(jet_pt * ele_pt)",
            "'jet_pt' and 'ele_pt' have different lengths, for example 2 and 1",
        ),
        ("Alt$(jet_pt, 0)", "Alt$ of the list 'jet_pt' is not supported, take an element"),
        ("Alt$(jet_pt[0], jet_pt[1])", "the alternative of Alt$ must exist in every event"),
        ("Sum$(jet_pt + Alt$(jet_pt[0], 0))", "Alt$ stands beside the list 'jet_pt'"),
        ("Sum$(Alt$(x, 0) > jet_pt)", "Alt$ stands beside the list 'jet_pt'"),
        ("MaxIf$(jet_pt, ele_pt > 1)", "have different lengths"),
        ("Entry$ % 2", "the number of the entry, Entry$, is not known here"),
        ("text[0]", "branch 'text' is an array of 3 char, which TTreeFormula takes for a text"),
        ("i % c", "in 'i % c' the divisor is zero"),
        ("x & 1", "in 'x & 1' a bit operator needs numbers that fit into 64 bits"),
        ("i | 8", "in 'i | 8' the result of a bit operator is above 2^53 or negative"),
        ("1 << i", "in '1 << i' a shift must be by 0 to 63 bits"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_one_line(text: str, message: str) -> None:
    for compute in (evaluate, select):
        with pytest.raises(ExpressionError, match=re.escape(message)) as refused:
            compute(text)
        assert str(refused.value).startswith(f"cannot evaluate '{text}': ")
        assert "\n" not in str(refused.value)


def test_an_alternative_stands_for_an_element_that_does_not_exist() -> None:
    assert evaluate("Alt$(jet_pt[1], -1)") == [20, -1, -1, 20]
    assert evaluate("Alt$(jet_pt[1] * 2, i)") == [40, 7, 3, 40]
    assert evaluate("Alt$(jet_pt[2], Alt$(jet_pt[0], -1))") == [30, -1, 50, 30]
    assert evaluate("Alt$(jet_pt[1], fixed[1])") == [20, 3, 5, 20]
    assert select("Alt$(jet_pt[1], 0) > 15 || b") == [True, False, True, True]
    assert evaluate("Alt$(u, 7)") == [2, 3e9, 0, 3]


def test_the_extreme_of_chosen_elements_is_0_where_none_is_chosen() -> None:
    assert evaluate("MaxIf$(jet_pt, jet_tag)") == [30, 0, 50, 30]
    assert evaluate("MinIf$(jet_pt, jet_pt > 15)") == [20, 0, 50, 20]
    assert evaluate("MaxIf$(jet_pt, u > 2)") == [0, 0, 0, 30]
    assert evaluate("MinIf$(jet_pt, jet_pt > jet_pt[1])") == [30, 0, 0, 30]
    assert evaluate("MaxIf$(i, jet_tag)") == [-7, 0, 3, 0]


def test_the_number_of_the_entry_is_a_column_that_the_reader_gives() -> None:
    expression = parse("Entry$ % 2 == 0 && LocalEntry$ > 1")
    assert expression.names == {"n2mu_entry"}
    assert expression.canonical() == "Entry$ % 2 == 0 && Entry$ > 1"
    columns = {"n2mu_entry": np.array([7, 8, 9, 10])}
    assert expression.select(columns, 4).tolist() == [False, True, False, True]


@pytest.mark.parametrize("text", ["x / 3 + Sum$(v * k) + Alt$(v[1], 7)", "v[2] > 0 || x > 1", "1"])
def test_many_events_give_what_few_at_a_time_give(text: str) -> None:
    generator = np.random.default_rng(3)
    counts = generator.integers(0, 4, 70_000)
    columns: dict[str, Any] = {"x": generator.normal(size=len(counts))}
    for name in ("v", "k"):
        columns[name] = ak.unflatten(generator.normal(size=counts.sum()), counts)
    values = parse(text).evaluate(columns, len(counts))
    passed = parse(text).select(columns, len(counts))
    for start in range(0, len(counts), 10_000):
        part = slice(start, start + 10_000)
        few = {name: column[part] for name, column in columns.items()}
        np.testing.assert_array_equal(values[part], parse(text).evaluate(few, 10_000))
        np.testing.assert_array_equal(passed[part], parse(text).select(few, 10_000))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x > > 3", ">"),
        ("x > 1 &&\n(b && jet_ptt[0] > 3)", "jet_ptt"),
        ("b && i % c", "%"),
        ("b ? jet_pt[0] : jet_tag", "jet_tag"),
        (" && ".join(f"b > {n}" for n in range(100)) + " && unknown > 3", "unknown"),
        ("sqrt(x) + fixed[2]", "fixed[2]"),
        ("Sum$(jet_pt * ele_pt)", "*"),
        ("x >", ""),
    ],
)
def test_an_error_shows_the_expression_with_a_caret_under_the_place(text: str, place: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        select(text)
    shown, caret = refused.value.excerpt.split("\n")
    assert caret.strip() == "^"
    assert shown[caret.index("^") :].startswith(place)
    assert len(shown) < 100
    if place == ">":
        assert caret == "    ^"
