"""Figures show every text that they are given, or say which one they cannot show."""

import logging
from collections.abc import Iterator

import pytest
from matplotlib.figure import Figure
from tests.conftest import TinyAnalysis

from n2mu.config.load import load
from n2mu.config.texts import with_scripts
from n2mu.plots.style import house_style, new_figure
from n2mu.plots.typesetting import refusal


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("140 fb⁻¹", "140 fb$^{-1}$"),
        ("H₂⁺ in m²", "H$_{2}^{+}$ in m$^{2}$"),
        (r"$m₁²$ of $t\bar{t}$", r"$m_{1}^{2}$ of $t\bar{t}$"),
        (r"5 \$ at 10⁵", r"5 \$ at 10$^{5}$"),
        (r"$t\bar{t}$ → bτ", r"$t\bar{t}$ → bτ"),
        ("5 $ at 10⁵", "5 $ at 10⁵"),
    ],
)
def test_raised_and_lowered_characters_become_latex(text: str, latex: str) -> None:
    assert with_scripts(text) == latex


def test_a_luminosity_may_be_written_with_raised_characters(tiny: TinyAnalysis) -> None:
    tiny.change("config", "labels.luminosity", "140 fb⁻¹")
    tiny.change("features", "features.x.unit", "GeV²")
    configuration = load(tiny.config)
    assert configuration.main.labels.luminosity == "140 fb$^{-1}$"
    assert configuration.features.features["x"].unit == "GeV$^{2}$"


@pytest.fixture
def substituted() -> Iterator[list[str]]:
    """What matplotlib says of glyphs that it does not find, in place of an error."""
    said: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return False

    logger = logging.getLogger("matplotlib.mathtext")
    logger.addFilter(note)
    yield said
    logger.removeFilter(note)


def drawn(text: str) -> Figure:
    figure = new_figure(2, 1)
    figure.text(0, 0, text)
    figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize(
    "character", "a$%é½µτℓ→≥±“\N{MULTIPLICATION SIGN}\N{MINUS SIGN}\N{EN DASH}∞√ΔÅ∈⊥\N{PRIME}⁻ₙ日⌘"
)
def test_what_matplotlib_replaces_by_a_dummy_is_refused(
    character: str, substituted: list[str]
) -> None:
    with house_style():
        drawn(r"$\sqrt{s}$ of " + character.replace("$", r"\$"))
        assert bool(refusal(character)) == bool(substituted)
        if not substituted:
            drawn(character)  # a warning of a missing glyph is an error


def test_a_text_without_a_formula_takes_glyphs_from_a_second_font() -> None:
    with house_style():
        drawn("⌘")


@pytest.mark.parametrize("text", [r"$\mathem{W}$", "$x", "a\nb", "a ¤", "", r"5 \$", "4 $ or 5"])
def test_only_broken_latex_is_refused_as_such(text: str) -> None:
    with house_style():
        assert refusal(text).startswith("cannot be typeset") == (text == r"$\mathem{W}$")


def test_the_first_line_that_cannot_be_shown_names_its_character() -> None:
    with house_style():
        assert refusal("a\nb ⌘\n日") == (
            "'⌘' (U+2318) has no glyph in the fonts of figures; write it in LaTeX between "
            r"dollars, such as $\gamma$"
        )


def test_a_dummy_in_a_figure_is_an_error_in_tests() -> None:
    with house_style(), pytest.raises(AssertionError, match="dummy symbol"):
        drawn(r"$\sqrt{s}$ of 日")
