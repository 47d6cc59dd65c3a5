"""Alt$, MaxIf$, MinIf$, Entry$, lists of every type and functions, against ROOT itself."""

import math
from pathlib import Path

import numpy as np
import pytest
from tests.oracles.expression_tree import EVENTS, Sample

from n2mu.errors import ExpressionError
from n2mu.expressions import Aliases, parse
from n2mu.inputs.counting import count

ONE_ARGUMENT = [
    "floor",
    "ceil",
    "round",
    "rint",
    "trunc",
    "cbrt",
    "exp2",
    "log2",
    "sq",
    "sign",
    "asinh",
    "acosh",
    "atanh",
    "isnan",
    "isinf",
    "finite",
    "isfinite",
    "std::abs",
    "std::isnan",
    "TMath::Floor",
    "TMath::Ceil",
    "TMath::Log2",
    "TMath::Sq",
    "TMath::ASinH",
    "TMath::ACosH",
    "TMath::ATanH",
    "TMath::IsNaN",
    "TMath::Finite",
    "TMath::SignBit",
    "TMath::Even",
    "TMath::Odd",
    "TMath::Abs",
]
TWO_ARGUMENTS = [
    "hypot",
    "fmod",
    "TMath::Hypot",
    "TMath::Sign",
    "TMath::Max",
    "TMath::Min",
    "TMath::Power",
    "TMath::ATan2",
]
CONSTANTS = [
    "Pi",
    "TwoPi",
    "PiOver2",
    "PiOver4",
    "InvPi",
    "E",
    "Sqrt2",
    "Ln10",
    "LogE",
    "DegToRad",
    "RadToDeg",
]

VALUES = """
Alt$(v[0], -1)
Alt$(v[1], -1) * 2
Alt$(v[1], d)
Alt$(v[2], Entry$)
Alt$(v[0] + k[0], -1)
Alt$(v[1] > 20, 7)
Alt$(v[1], 0) > 20 || b
Alt$(v[0], Alt$(k[0], -5))
Alt$(k[0], Alt$(v[0], Alt$(e[1], -3)))
Alt$(v[0], a[1])
Alt$(v[0], Sum$(k))
Alt$(Sum$(v), -1)
Alt$(w, 3)
Alt$(a[2], 3)
Alt$(b ? v[0] : w, -1)
b ? Alt$(v[0], -1) : w
Alt$(j[1], -7)
Alt$(vb[0], 2)
Alt$(v[1], -1) + k[0]
Sum$(Alt$(v[0], 0))
Length$(Alt$(v[0], 0))
MaxIf$(v, k[0] > 0)
MaxIf$(v, v < 30)
MinIf$(v, v < 30)
MaxIf$(v, w > 0)
MaxIf$(w, v > 0)
MinIf$(d, 1)
MaxIf$(d, d)
MaxIf$(v, 0)
MaxIf$(v, d)
MaxIf$(v, vb)
MinIf$(v, !vb)
MaxIf$(v, v[0] > 20)
MaxIf$(v[0], v > 20)
MaxIf$(a, a > 1)
MinIf$(-a, a > 1) - 1
MaxIf$(v * 2, v > 20 && e < 40)
MaxIf$(v, v < Max$(v))
MaxIf$(v / (vb - 1), v > 0)
Sum$(v * (v == MaxIf$(v, e < 30)))
Entry$
Entry$ % 7
LocalEntry$ > 10
Sum$(Entry$ * v)
Sum$(vb)
Max$(vb)
Sum$(!vb)
Sum$(vb && v < 40)
Sum$(vc)
Min$(vc)
Sum$(vl)
Max$(vl)
Sum$(vu - 4000000000)
Max$(vu)
Sum$(e)
Sum$(j)
Min$(j)
Length$(j)
Length$(k)
j[1]
j[3] * 2
vb[0] + vc[0]
vl[0] / 8589934592
vu[1]
Sum$(ab)
ab[0] + ab[1] * 2
Length$(ab)
Length$(v) + Length$(w) + Length$(3)
uc + us
uc * us - 70000
-uc
us - 65536
us % 7 + uc % 7
uc & 6
us >> 3
uc << 2
(uc | 1) + (us & uc)
x_or == 0 ? 1 : 2
TMath::Range(-1, 1, d)
TMath::Range(w, 1, d)
int(d) + int(w)
int(-0.7) + int(0.7)
(b && !c) || (s < 0 && us)
w--3
w*-2
2*-w^2
d > 0 ? v[0] : -1
""".replace("x_or", "(uc | us)")
SPECIAL = [line for line in VALUES.split("\n") if line]
VALUE_LIST = (
    SPECIAL
    + [f"{name}({x})" for name in ONE_ARGUMENT for x in ("d", "f * 2 - 0.5")]
    + [f"{name}({x})" for name in TWO_ARGUMENTS for x in ("d, w", "3, i")]
    + [f"TMath::{name}() * w" for name in CONSTANTS]
)


# Draw takes '>>' for the name of a histogram
@pytest.mark.parametrize("text", [text for text in VALUE_LIST if ">>" not in text])
def test_a_value_is_what_draw_gives(sample: Sample, text: str) -> None:
    computed = parse(text).evaluate(sample.columns, EVENTS)
    np.testing.assert_allclose(computed, sample.drawn(text), rtol=1e-13, atol=0, equal_nan=True)


@pytest.mark.parametrize("text", SPECIAL)
def test_a_selection_keeps_as_many_entries_as_get_entries(sample: Sample, text: str) -> None:
    sample.formula(text)
    assert int(parse(text).select(sample.columns, EVENTS).sum()) == sample.tree.GetEntries(text)


@pytest.mark.parametrize("text", SPECIAL)
def test_the_normal_form_means_the_same_to_root(sample: Sample, text: str) -> None:
    np.testing.assert_array_equal(
        sample.values(text, 20), sample.values(parse(text).canonical(), 20)
    )


REFUSED = [
    # compiled by ROOT, and why it is refused here
    ("v > 25", "would count every element"),
    ("v * e", "would count every element"),
    ("Alt$(v, -1)", "Alt$ of the list 'v' is not supported"),
    ("Sum$(v + Alt$(k, 0))", "Alt$ of the list 'k' is not supported"),
    ("Sum$(v * Alt$(v[1], 0))", "from the second element on"),
    ("Sum$(v * k)", "different lengths"),
    ("MaxIf$(v, a > 1)", "different lengths"),
    ("v[n]", "an index must be a whole number"),
    ("v[-1]", "an index must be a whole number"),
    ("v[1.5]", "an index must be a whole number"),
    ("w[0]", "holds one value per event"),
    ("Length$ > 0", "'Length$' needs an argument"),
    ("Iteration$ == 0", "'Iteration$' is not supported"),
    ("Entries$ > 0", "'Entries$' is not supported"),
    ("pi", "unless a branch has this name"),
    ("rndm > 0.5", "no branch 'rndm'"),
    ("TMath::Nint(w)", "'TMath::Nint' is not supported"),
    ("TMath::Gaus(w)", "'TMath::Gaus' is not supported"),
    ("i | 8", "above 2^53 or negative"),
    ('"text"', "strings are not supported"),
    ('strstr("a", "b")', "strings are not supported"),
    ("tree.w", "no branch 'tree.w'"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_root_knows_and_n2mu_does_not_is_refused_by_name(
    sample: Sample, text: str, reason: str
) -> None:
    sample.formula(text)
    with pytest.raises(ExpressionError) as refused:
        parse(text).select(sample.columns, EVENTS)
    assert reason in str(refused.value)


@pytest.mark.filterwarnings("ignore:.*Casting to primary types:RuntimeWarning")
def test_root_ignores_a_cast(sample: Sample) -> None:
    np.testing.assert_array_equal(sample.drawn("(int)w"), sample.drawn("w"))


def test_root_selects_events_by_an_index_outside_the_list(sample: Sample) -> None:
    """Why an index that is computed is refused: the value is NaN, which selects."""
    assert sample.tree.GetEntries("v[Length$(v)] > 1e9") == EVENTS


def test_aliases_mean_what_set_alias_makes_them_mean(sample: Sample) -> None:
    definitions = {"high": "v[0] > 25 || w > 0", "both": "high && b", "twice": "w + w"}
    for name, text in definitions.items():
        assert sample.tree.SetAlias(name, text)
    aliases = Aliases(definitions)
    for text in ["high && b", "!both", "twice * 2 - twice", "Sum$(v > twice)", "both || d > 1"]:
        computed = parse(aliases.expand(text)).evaluate(sample.columns, EVENTS)
        np.testing.assert_allclose(computed, sample.drawn(text), rtol=1e-13, equal_nan=True)


def test_counting_gives_the_entries_and_weights_that_root_gives(sample: Sample) -> None:
    cuts = ["b", "Sum$(v > 25) > 0 && uc > 9", "Alt$(v[1], 0) > 20", "Entry$ >= 100", "vb[0]", "d"]
    path = Path(sample.tree.GetCurrentFile().GetName())
    for found in count([path], "tree", cuts, "w * 2"):
        assert found.refused == ""
        assert found.entries == sample.tree.GetEntries(found.cut)
        selected = sample.tree.Draw("w * 2", f"({found.cut}) != 0", "goff")
        weights = [sample.tree.GetV1()[n] for n in range(selected)]
        assert found.sum == pytest.approx(math.fsum(weights))
        assert found.error == pytest.approx(math.sqrt(math.fsum(w * w for w in weights)))
