"""What is an expression, what is none, and the normal form."""

import re
import subprocess
import sys

import pytest
from helpers_expressions import COLUMNS
from hypothesis import given, settings
from hypothesis import strategies as st

from n2mu.errors import ExpressionError
from n2mu.expressions import conjuncts, parse, unimplied


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
