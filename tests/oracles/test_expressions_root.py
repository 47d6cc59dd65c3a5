"""Expressions against TTree::GetEntries and TTree::Draw of ROOT itself."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from tests.oracles.expression_tree import EVENTS, Sample

from n2mu.errors import ExpressionError
from n2mu.expressions import parse

SELECTIONS = """
b
!b
!c
!!c
c && b
c || b
c&&i&&d
f == 0.1
f > 0.1
f >= 0.1 && f < 0.7
f != 0.7
u - 3 < 0
u-3
-u < -2
ul - 1 < 0
l == 1099511627777
l > -6 && l < 1e12
i / 2 == 3.5
i/3*3 == i
i % 3 == -1
-d % s == 8
(-d) % s == -8
2 + -d * w % s > 9
(-d / w) % s < 0
2 * -d % s < 0
i%2
s % 7 > 0 || s % 7 < -3
d
!d
d > 0
d != 1
d == d
d && 1
w * (d > 0)
d ? 1 : 0
!(d < 3)
d < 3 || d >= 3
abs(i) == 11 || abs(i) == 13
fabs(w) <= 2.5
c & 1
i & 3
(i & 3) == 2
-8 & -8 & 8
(2 & -2) & -2
i & 6 & -2 & 3
u >> 1
(u >> 1) == 1500000000
u << 2 && b
abs(i)|8
sqrt(w) > 1
lep.pt >= 10e3 && lep.pt<=0x10000
-w^2 < -1
!i*2 == 2
v[0] > 25
v[1] > 25
v[0] > 25 || b
!(v[0] > 25)
b ? v[0] > 25 : d > 0
v[0] > 0 && k[0] > 0
@v.size() >= 2
@v.size() == 0 || v[0] > 10
Length$(v) == 1
Sum$(v > 25) >= 1
Sum$(v) > 60 && Sum$(k) < 3
Max$(v) > 40
Min$(v) > 10
Sum$(v * e > 400) > 0
Sum$(v > w) > 0
Sum$(k)
Sum$(v > 20 && e < 40) == 1
a[0] > a[1]
Sum$(a) > 5
Length$(a) == 3
1
0
2 > 1
b + c + i > 0
"""

VALUES = """
d
f
i
u - 3
-u
l - 1
ul
i / 4
i / 0
w / d
d / 0
1 / 0
0. / 0
i % 5
w % 3
d % 3
-i % 3
w ^ 2
-w ^ 2
w ** 3
2 ^ 3 ^ 2
2 ^ -1 ^ 2
w ^ 0.5
w^i
pow(w, 2)
pow(w, 0.5)
TMath::Power(w, -1)
sqrt(w)
TMath::Sqrt(w)
exp(w)
exp(d)
exp(s * 3)
TMath::Exp(s * 3)
log(d)
log10(d)
TMath::Log(d)
TMath::Log10(d)
sin(w) + cos(w) * tan(w)
TMath::Sin(w) + TMath::Cos(w) * TMath::Tan(w)
asin(w)
acos(w)
TMath::ASin(w)
TMath::ACos(w)
atan(d)
TMath::ATan(d)
atan2(w, f)
TMath::ATan2(f, w)
sinh(w)
cosh(w)
tanh(w)
TMath::SinH(w)
TMath::CosH(w)
TMath::TanH(w)
sinh(s * 5)
cosh(s * 5)
tanh(d)
min(d, w)
max(d, w)
TMath::Min(d, w)
TMath::Max(d, w)
abs(d)
TMath::Abs(i)
int(w)
int(d)
int(w * 1e6) % 7
TMath::Pi() * w
0xFF + .5 + 5. + 1e-3 + 1E+2
(d > 0) + (w > 0)
!w + b
d > 0 ? w : -w
d > 0 ? 1 : w > 0 ? 2 : 3
(b ? w : f) * 2
i & 3
abs(i) | 8
u << 2
1 | 2 & 4
Sum$(v)
Sum$(v * w)
Sum$(v * e) / Length$(v)
Sum$(v * k[0])
Max$(v)
Min$(v)
Max$(-v) + 1
Max$(v * k[0])
Sum$(sqrt(v))
Sum$(!k)
Sum$(k > 0 ? k : 0)
Sum$(v + Sum$(v))
Sum$(w)
Max$(w)
Length$(w)
Length$(v)
Length$(v[0])
Length$(v > 20)
@v.size() * 2
Sum$(v[1] * v)
v[0]
v[0] + k[0]
v[1] / Sum$(v)
a[2]
Sum$(a * w)
lep.pt / 1000
"""

SELECTION_LIST = [line for line in SELECTIONS.split("\n") if line]
VALUE_LIST = [line for line in VALUES.split("\n") if line]


@pytest.mark.parametrize("cut", SELECTION_LIST)
def test_a_selection_keeps_as_many_entries_as_get_entries(sample: Sample, cut: str) -> None:
    sample.formula(cut)
    assert int(parse(cut).select(sample.columns, EVENTS).sum()) == sample.tree.GetEntries(cut)


# Draw takes '>>' for the name of a histogram
@pytest.mark.parametrize("text", [t for t in VALUE_LIST + SELECTION_LIST if ">>" not in t])
def test_a_value_is_what_draw_gives(sample: Sample, text: str) -> None:
    expected = sample.drawn(text)
    computed = parse(text).evaluate(sample.columns, EVENTS)
    np.testing.assert_allclose(computed, expected, rtol=1e-14, atol=0, equal_nan=True)


@pytest.mark.parametrize("text", [t for t in VALUE_LIST + SELECTION_LIST if ">>" not in t])
def test_the_normal_form_means_the_same_to_root(sample: Sample, text: str) -> None:
    normal = parse(text).canonical()
    sample.formula(normal)
    first, second = sample.values(text, 20), sample.values(normal, 20)
    np.testing.assert_array_equal(first, second)


AMBIGUOUS = {
    # text: (what ROOT computes, what C++ computes)
    "3 > 2 > 1": ("3 > (2 > 1)", "(3 > 2) > 1"),
    "1 < 2 == 1": ("1 < (2 == 1)", "(1 < 2) == 1"),
    "2 == 2 == 1": ("2 == (2 == 1)", "(2 == 2) == 1"),
    "8 % 5 * 2": ("8 % (5 * 2)", "(8 % 5) * 2"),
    "8 % 3 / 2": ("8 % (3 / 2)", "(8 % 3) / 2"),
    "1 << 1 + 1": ("(1 << 1) + 1", "1 << (1 + 1)"),
    "2 << 1 < 3": ("2 << (1 < 3)", "(2 << 1) < 3"),
    "-1 << 1": ("-(1 << 1)", "(-1) << 1"),
}


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_what_root_and_cpp_group_differently_is_refused(sample: Sample, text: str) -> None:
    like_root, like_cpp = (sample.values(form, 1) for form in AMBIGUOUS[text])
    np.testing.assert_array_equal(sample.values(text, 1), like_root)
    assert like_root is not None
    assert like_cpp is not None
    assert not np.array_equal(like_root, like_cpp)
    with pytest.raises(ExpressionError, match="group"):
        parse(text)


@pytest.mark.parametrize("text", ["true", "i == false", "+i"])
def test_what_only_n2mu_understands_is_no_formula_of_root(sample: Sample, text: str) -> None:
    assert sample.values(text, 1) is None
    assert parse(text).evaluate(sample.columns, EVENTS).shape == (EVENTS,)


def test_an_index_beyond_a_fixed_length_is_refused_as_in_root(sample: Sample) -> None:
    assert sample.values("a[3] > 0", 1) is None
    with pytest.raises(ExpressionError, match=r"'a\[3\]' does not exist: .* 3 elements"):
        parse("a[3] > 0").select(sample.columns, EVENTS)


def _chains(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signed = st.builds("{}{}".format, st.sampled_from(["", "", "", "-", "!", "!!"]), operands)
    operators = st.one_of(
        st.sampled_from(["+", "-", "*", "/", "&&", "||"]),
        st.sampled_from(["<", ">", "<=", ">=", "==", "!="]),
        st.sampled_from(["%", "&", "|", "<<", ">>"]),
    )
    joined = st.lists(st.tuples(operators, signed), max_size=4)
    chain = st.builds(lambda first, rest: first + "".join(map("".join, rest)), signed, joined)
    return st.one_of(
        chain,
        st.builds("{}?{}:{}".format, chain, chain, chain),
        st.builds("{}({},{})".format, st.sampled_from(["min", "max"]), chain, chain),
        st.builds("{}({})".format, st.sampled_from(["sqrt", "abs", "int", "floor", "exp"]), chain),
        st.builds("({})^2".format, chain),
    )


LISTS = ["v", "k", "e", "vb", "vl", "vu", "vs", "vus", "vul", "j", "a", "ab"]
ATOMS = st.one_of(
    st.sampled_from(["b", "c", "s", "i", "u", "l", "ul", "f", "d", "w", "uc", "us", "lep.pt"]),
    st.sampled_from(["0", "1", "2", "3", "0.5", "7", "10e3", "0x1F", "Entry$", "n"]),
    st.sampled_from(["v[0]", "k[1]", "a[2]", "Sum$(v*w)", "@k.size()", "Sum$(vc>8)", "Max$(vuc)"]),
    st.sampled_from(["Alt$(v[1],w)", "MaxIf$(v,vb)", "MinIf$(k,k>i)", "Sum$(e>20&&vb)"]),
    st.builds("{}[{}]".format, st.sampled_from(LISTS), st.integers(0, 1)),
    st.builds(
        "{}$({})".format, st.sampled_from(["Sum", "Max", "Min", "Length"]), st.sampled_from(LISTS)
    ),
    st.builds("Alt$({}[1],{})".format, st.sampled_from(LISTS), st.sampled_from(["-1", "w", "ul"])),
)
TEXTS = st.recursive(ATOMS, lambda inner: st.builds("({})".format, _chains(inner)), max_leaves=8)


# what is refused, here or by ROOT, is not compared; hence the many examples and no filter check
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)
@given(text=_chains(TEXTS))
def test_any_arithmetic_gives_what_root_gives(sample: Sample, text: str) -> None:
    events = 30
    try:
        computed = parse(text).evaluate(sample.columns, EVENTS)[:events]
    except ExpressionError:
        assume(False)
    expected = sample.values(text, events)
    if expected is None:
        reject()
    np.testing.assert_allclose(computed, expected, rtol=1e-12, atol=0)
