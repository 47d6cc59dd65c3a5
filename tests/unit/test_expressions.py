"""The expression language without ROOT: errors, normal form, columns."""

import math
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from n2mu.errors import ExpressionError
from n2mu.expressions import Aliases, conjuncts, parse, unimplied
from n2mu.expressions.nodes import ALIASES, ARITIES, CONSTANTS, POWERS

COLUMNS: dict[str, Any] = {
    "x": np.array([1.0, -2.5, 0.0, np.nan]),
    "f": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
    "c": np.array([0, 1, 2, -1], dtype=np.int8),
    "i": np.array([-7, 7, 3, 0], dtype=np.int32),
    "u": np.array([2, 3_000_000_000, 0, 3], dtype=np.uint32),
    "b": np.array([True, False, True, False]),
    "jet_pt": ak.Array([[30.0, 20.0], [], [50.0], [10.0, 20.0, 30.0]]),
    "jet_tag": ak.Array([[1, 0], [], [1], [0, 0, 1]]),
    "ele_pt": ak.Array([[1.0], [2.0], [], []]),
    "fixed": np.arange(8.0).reshape(4, 2),
    "text": np.zeros((4, 3), dtype=np.int8),
}


def evaluate(text: str) -> list[float]:
    values: list[float] = parse(text).evaluate(COLUMNS, 4).tolist()
    return values


def select(text: str) -> list[bool]:
    passed: list[bool] = parse(text).select(COLUMNS, 4).tolist()
    return passed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x > > 3", "cannot parse 'x > > 3' at character 5: expected a value, found '>'"),
        ("", "cannot parse '' at character 1: expected a value, found the end"),
        ("x >", "at character 4: expected a value, found the end"),
        ("(x > 3", "character 7: expected ')' to close '(' of character 1, found the end"),
        ("x > 3)", "at character 6: expected an operator or the end, found ')'"),
        ("x y", "at character 3: expected an operator or the end, found 'y'"),
        ("x = 3", "at character 3: '=' is not a comparison, write '=='"),
        ("x and b", "found 'and'"),
        ("~i", "operator '~' is not supported"),
        ("i ^", "found the end"),
        ('name == "tt"', "strings are not supported"),
        ("x # 3", "'#' has no meaning here"),
        ("3x", "a number runs into what follows it"),
        ("x ? 1", "expected ':' of '?:', found the end"),
        ("x ? b ? 1 : 2 : 3", "TTreeFormula needs parentheses around this '?:'"),
        ("0 < x < 3", "group '<' beside '<' differently; write a < b && b < c"),
        ("i % 3 * 2", "group '*' beside '%' differently; write parentheses"),
        ("1 << i + 1", "group '<<' beside '+' differently; write parentheses"),
        ("-i << 1", "group '<<' beside a sign differently; write parentheses"),
        ("(int)x", "ignores the cast '(int)'; leave it out, or write int(...) to truncate"),
        ("sqr(x)", "function 'sqr' is not supported; did you mean 'sqrt'?"),
        ("TMath::Gaus(x)", "function 'TMath::Gaus' is not supported"),
        ("TMath::Pi", "'TMath::Pi' needs its arguments in parentheses"),
        ("pi / 2", "unless a branch has this name; write TMath::Pi()"),
        ("TMath::Nint(x)", "function 'TMath::Nint' is not supported"),
        ("Entries$ < 100", "'Entries$' is not supported; did you mean 'Entry$'?"),
        ("Iteration$ == 0", "'Iteration$' is not supported"),
        ("Alt$(jet_pt[0])", "'Alt$' takes 2 arguments, got 1"),
        ("MaxIf$(jet_pt)", "'MaxIf$' takes 2 arguments, got 1"),
        ("Length$ > 1", "'Length$' needs an argument in parentheses"),
        ("atan2(x)", "'atan2' takes 2 arguments, got 1"),
        ("abs(x, f)", "'abs' takes 1 argument, got 2"),
        ("TMath::Pi(2)", "'TMath::Pi' takes 0 arguments, got 1"),
        ("jet_pt.size()", "function 'jet_pt.size' is not supported; write @jet_pt.size()"),
        ("jet_pt@.size()", "write @jet_pt.size()"),
        ("@jet_pt", "'@' is supported only as @name.size()"),
        ("jet_pt[i]", "an index must be a whole number, found 'i'; for all use Sum$ or Max$"),
        ("jet_pt[-1]", "an index must be a whole number, found '-'"),
        ("jet_pt[]", "an index must be a whole number, found ']'"),
        ("jet_pt[0][1]", "a second index of 'jet_pt' is not supported"),
        ("1e999", "the number is too large for a double"),
        ("1" * 5000, "is too large for a double"),
        ("0x" + "F" * 500, "is too large for a double"),
        ("jet_pt[10000000]", "an index must not exceed 1000000"),
        ("٣", "'٣' has no meaning here"),
        ("l == 9007199254740993", "no double is equal to '9007199254740993'"),
        ("(" * 300 + "x" + ")" * 300, "nested more than 100 deep"),
        ("+".join(["x"] * 300), "more than 200 operators follow from one another"),
    ],
)
def test_what_is_no_expression_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(message)) as refused:
        parse(text)
    assert "\n" not in str(refused.value)


def test_an_error_in_a_long_cut_shows_only_its_surroundings() -> None:
    text = " &&\n".join(f"branch_{number} > {number}" for number in range(100)) + ")"
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert "branch_99 > 99)' at character" in str(refused.value)
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("((x>3))&&( b )", "x > 3 && b"),
        ("(b && c) && (x && f)", "b && c && x && f"),
        ("b || (c || x)", "b || c || x"),
        ("(b || c) && x", "(b || c) && x"),
        ("b && c || x", "b && c || x"),
        ("!(b)", "!b"),
        ("!(b && c)", "!(b && c)"),
        ("10e3 + 1.50", "10000 + 1.5"),
        ("0xFF & i", "255 & i"),
        ("true || false", "1 || 0"),
        ("x**2 + pow(x, 2)", "x ^ 2 + x ^ 2"),
        ("fabs(x) + TMath::Abs(x)", "abs(x) + abs(x)"),
        ("x - (f - c)", "x - (f - c)"),
        ("(x - f) - c", "x - f - c"),
        ("(x * f) / c", "x * f / c"),
        ("x * (f / c)", "x * (f / c)"),
        ("(x > 1) == (f > 1)", "(x > 1) == (f > 1)"),
        ("(i % 3) * 2", "(i % 3) * 2"),
        ("(-x) ^ 2", "(-x) ^ 2"),
        ("-(x ^ 2)", "-x ^ 2"),
        ("-(x * 2)", "-(x * 2)"),
        ("(b ? x : f) * 2", "(b ? x : f) * 2"),
        ("b ? x : (c ? f : 1)", "b ? x : c ? f : 1"),
        ("@jet_pt.size( )>=2", "@jet_pt.size() >= 2"),
        ("Sum$( jet_pt>25e3 )", "Sum$(jet_pt > 25000)"),
        ("jet_pt[ 0 ]", "jet_pt[0]"),
        ("x\n  > 1", "x > 1"),
    ],
)
def test_equal_trees_have_one_normal_form(text: str, normal: str) -> None:
    assert parse(text).canonical() == normal
    assert parse(normal).tree == parse(text).tree


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(
        [
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "**",
            "<",
            ">",
            "<=",
            ">=",
            "==",
            "!=",
            "&&",
            "||",
            "&",
            "|",
            "<<",
            ">>",
        ]
    )
    return st.one_of(
        st.builds("({}) {} ({})".format, inner, operators, inner),
        st.builds("-({})".format, inner),
        st.builds("!({})".format, inner),
        st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
        st.builds("min({}, {})".format, inner, inner),
        st.builds("Sum$({})".format, inner),
    )


LEAVES = st.sampled_from(["x", "i", "jet_pt[1]", "@v.size()", "2", "1e-30", ".5", "1e22", "v"])


@settings(deadline=None)
@given(text=st.recursive(LEAVES, _joined, max_leaves=15))
def test_the_normal_form_parses_back_to_the_same_tree(text: str) -> None:
    expression = parse(text)
    assert parse(expression.canonical()).tree == expression.tree


@settings(deadline=None)
@given(text=st.text("x.$@1 0eE()[]<>=!&|+-*/%^?:,#\n", max_size=20))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        assert parse(text).canonical()
    except ExpressionError as refused:
        assert "\n" not in str(refused)


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["x"] * 199),
        "+(" * 48 + "x" + ")" * 48,
        "!" * 98 + "x",
        " ? x : ".join(["b"] * 98),
        "sqrt(" * 98 + "x" + ")" * 98,
    ],
)
def test_whatever_is_parsed_can_be_evaluated(text: str) -> None:
    expression = parse(text)
    assert parse(expression.canonical()).evaluate(COLUMNS, 4).shape == (4,)
    assert unimplied(text, text) == []


def test_names_are_the_branches_that_are_read() -> None:
    text = "lep.pt > 10e3 && Sum$(jet_pt) > TMath::Pi() && v[0] > @w.size() && true"
    assert parse(text).names == {"lep.pt", "jet_pt", "v", "w"}


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


def test_conjuncts_are_the_parts_of_the_outermost_and() -> None:
    assert conjuncts("(x > 1 && (b || c)) && !(i && u)") == ["x > 1", "b || c", "!(i && u)"]
    assert conjuncts("b || c && i") == ["b || c && i"]


def test_parsing_imports_neither_numpy_nor_awkward() -> None:
    code = (
        "import sys; from n2mu.expressions import parse, unimplied; "
        "unimplied(parse('x > 3').canonical(), 'x > 2'); "
        "sys.exit(bool({'numpy', 'awkward'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text()


def _blocks(kind: str) -> list[str]:
    blocks = re.findall(rf"^ *```{kind}\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.strip().split("\n")]


@pytest.mark.parametrize("text", _blocks("cut"))
def test_what_the_page_shows_is_understood(text: str) -> None:
    assert parse(text).names


@pytest.mark.parametrize("text", _blocks("refused"))
def test_what_the_page_calls_refused_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_the_page_names_every_function_and_no_other() -> None:
    section = PAGE.split("## Functions")[1].split("\n## ")[0]
    listed: set[str] = set()
    for row in re.findall(r"^\| (`.*?) \| ", section.replace("\\|", ""), re.MULTILINE):
        prefix = "TMath::" if row.startswith("`TMath::`") else ""
        for words in re.findall("`([^`]*)`", row.removeprefix("`TMath::`")):
            names = [words.split("(")[0]] if "(" in words else words.split()
            listed |= {prefix + name for name in names}
    assert listed == {*ARITIES, *ALIASES, *POWERS, *CONSTANTS}


def test_the_page_says_how_to_ask_for_one_value_per_event() -> None:
    columns = {
        "jet_pt": ak.Array([[30e3, 20e3], [], [50e3]]),
        "jet_tag": ak.Array([[0, 1], [], [1]]),
    }
    section = PAGE.split("## One value per event")[1].split("\n## ")[0]
    written = re.findall(r"^\| [^`]* \| `(.*)` \|$", section, re.MULTILINE)
    chosen = [parse(text).select(columns, 3).tolist() for text in written]
    assert chosen == [
        [True, False, True],
        [False, True, True],
        [True, False, True],
        [False, False, True],
    ]


def test_the_aliases_of_the_page_are_written_out() -> None:
    (block,) = re.findall("```yaml\n(aliases:.*?)```", PAGE, re.DOTALL)
    aliases = Aliases(yaml.safe_load(block)["aliases"])
    assert parse(aliases.expand("XXX_SR_CUT && x")).canonical() == (
        "nJets_OR >= 4 && passTrigger && nTaus_OR == 1 && x"
    )
