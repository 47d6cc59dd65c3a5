"""Whether a region lies inside a preselection."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n2mu.errors import ExpressionError
from n2mu.expressions import conjuncts, parse, unimplied

IMPLIED = [
    # region, preselection
    ("x >= 4", "x >= 2"),
    ("x >= 4", "x >= 4"),
    ("x > 10", "x >= 10"),
    ("x == 1", "x >= 1"),
    ("x == 1", "x < 2 && x > 0"),
    ("x == 2", "x != 3"),
    ("x > 3", "x != 3"),
    ("4 <= x", "x > 3"),
    ("x > -1", "x >= -1.5"),
    ("x >= 25e3", "x >= 25000"),
    ("x > 2 && x < 5", "x != 5 && x < 6"),
    ("x >= 2 && x != 2", "x > 2"),
    ("x == 1 || x == 2", "x >= 1"),
    ("x == 1 || x == 2", "x == 2 || x == 1 || y"),
    ("x == 1", "x == 1 || x == 2"),
    ("x < 2 && (x > 3 || y > 1)", "y > 0"),
    ("b", "b"),
    ("b", "b != 0"),
    ("b != 0", "b"),
    ("b > 0", "b"),
    ("b == 1", "b"),
    ("!b", "b == 0"),
    ("b == 0", "!b"),
    ("!!b", "b"),
    ("!(x < 3)", "!(x < 2)"),
    ("!(x < 3)", "!(x < 3) || y"),
    ("x >= 3", "!(x < 3)"),
    ("!(b || c)", "!b && !c"),
    ("!b && !c", "!(b || c)"),
    ("!(b && c)", "!b || !c"),
    ("a < b", "b > a"),
    ("a < b", "a <= b"),
    ("a < b", "b != a"),
    ("a == b", "b >= a"),
    ("b && (c || a) && x > 3", "x > 2 && (a || c)"),
    ("(x > 3 && y > 2) || (x > 5 && z)", "x >= 3"),
    ("(x > 3 && y > 2) || (x > 5 && z)", "x >= 3 && (y > 1 || z)"),
    ("((x > 3 || y > 3) && b) || (x > 5 && b)", "b && (x > 2 || y > 2)"),
    ("(a || b) && (!a || c)", "b || c"),
    ("abs(id) == 13 || abs(id) == 11", "abs(id) <= 15"),
    ("lep_Pt_0 > 20e3 && nTaus_OR == 1", "lep_Pt_0 > 10e3 && nTaus_OR >= 1"),
    ("x", "1"),
    ("x", "true && 2 > 1"),
    ("0", "x"),
    ("x && !1", "y"),
    ("x > 3 && x < 2", "y"),
    ("v[1] > 3", "v[1] > 2"),
    ("v[0] > 3 && v[1] > 3", "v[0] > 2 || v[1] > 2"),
    ("@v.size() >= 4", "@v.size() >= 2"),
    ("Sum$(v > 25) >= 4", "Sum$(v > 25) >= 2"),
]

NOT_IMPLIED = [
    # region, preselection, what is missing
    ("x >= 2", "x >= 4", ["x >= 4"]),
    ("x >= 2", "x > 2", ["x > 2"]),
    ("x > 1", "x >= 2", ["x >= 2"]),  # x need not be whole
    ("x != 3", "x > 3", ["x > 3"]),
    ("x", "x > 0", ["x > 0"]),
    ("x", "x == 1", ["x == 1"]),
    ("b", "c", ["c"]),
    ("b || c", "b", ["b"]),
    ("b", "b && c && x > 3", ["c", "x > 3"]),
    ("b", "0", ["0"]),
    ("1", "b", ["b"]),
    ("a <= b", "a < b", ["a < b"]),
    ("a < b", "b < a", ["b < a"]),
    ("a != b", "a < b || a > b", ["a < b || a > b"]),  # one may be NaN
    ("!(x < 3)", "x >= 3", ["x >= 3"]),  # x may be NaN
    ("!(x < 3 && y < 3)", "x >= 3 || y >= 3", ["x >= 3 || y >= 3"]),
    ("x == 1 || y == 2", "x >= 1", ["x >= 1"]),
    ("(x > 3 && y > 2) || x > 1", "x >= 2 && x > 0", ["x >= 2"]),
    ("-x < -3", "x > 3", ["x > 3"]),  # true, but the prover knows no arithmetic
    ("n > 1", "n > 0 || v[0] > 1", ["n > 0 || v[0] > 1"]),  # v[0] may not exist
    ("v[0] > 3", "v[0] > 2 || v[1] > 2", ["v[0] > 2 || v[1] > 2"]),
    ("Sum$(v[1]) > 3", "Sum$(v[1]) > 3 && v[1] != 0", ["v[1] != 0"]),
    ("Sum$(v > 25) >= 4", "Sum$(v > 20) >= 2", ["Sum$(v > 20) >= 2"]),
]


@pytest.mark.parametrize(("region", "preselection"), IMPLIED)
def test_a_region_inside_is_recognised(region: str, preselection: str) -> None:
    assert unimplied(region, preselection) == []


@pytest.mark.parametrize(("region", "preselection", "missing"), NOT_IMPLIED)
def test_what_a_region_does_not_imply_is_named(
    region: str, preselection: str, missing: list[str]
) -> None:
    assert unimplied(region, preselection) == missing


def test_what_cannot_be_parsed_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="cannot parse 'x >'"):
        unimplied("x >", "x")


def test_a_proof_by_very_many_cases_is_given_up() -> None:
    region = " && ".join(f"(x > {n} || y > {n} || z > {n})" for n in range(12))
    assert unimplied(region, "x > 100 || y > 100 || z > 100 || w") != []


COMPARISONS = st.builds(
    "{} {} {}".format,
    st.sampled_from(["x", "y"]),
    st.sampled_from(["<", ">", "<=", ">=", "==", "!="]),
    st.sampled_from(["1", "2", "y", "x"]),
)
LITERALS = st.one_of(COMPARISONS, st.sampled_from(["x", "y", "1", "0"]))


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.builds("({}) {} ({})".format, inner, st.sampled_from(["&&", "||"]), inner)
    return st.one_of(joined, st.builds("!({})".format, inner))


CONDITIONS = st.recursive(LITERALS, _combined, max_leaves=6)
VALUES = [-math.inf, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, math.inf, math.nan]
GRID = np.array(list(product(VALUES, VALUES)))
EVENTS = {"x": GRID[:, 0], "y": GRID[:, 1]}


@settings(deadline=None, max_examples=400)
@given(region=CONDITIONS, preselection=CONDITIONS)
def test_no_event_of_an_implied_region_fails_the_preselection(
    region: str, preselection: str
) -> None:
    inside = parse(region).select(EVENTS, len(GRID))
    missing = unimplied(region, preselection)
    for condition in conjuncts(preselection):
        if condition not in missing:
            assert parse(condition).select(EVENTS, len(GRID))[inside].all()


@settings(deadline=None)
@given(region=CONDITIONS, preselection=CONDITIONS)
def test_repeating_the_preselection_in_the_region_always_settles_it(
    region: str, preselection: str
) -> None:
    assert unimplied(f"({region}) && ({preselection})", preselection) == []


SINGLE = st.recursive(
    st.builds(
        "x {} {}".format,
        st.sampled_from(["<", ">", "<=", ">=", "==", "!="]),
        st.sampled_from(["1", "2"]),
    ),
    _combined,
    max_leaves=6,
)


@settings(deadline=None, max_examples=400)
@given(region=SINGLE, preselection=SINGLE)
def test_what_concerns_one_branch_is_decided_exactly(region: str, preselection: str) -> None:
    inside = parse(region).select(EVENTS, len(GRID))
    failing = [
        condition
        for condition in conjuncts(preselection)
        if not parse(condition).select(EVENTS, len(GRID))[inside].all()
    ]
    assert unimplied(region, preselection) == failing
