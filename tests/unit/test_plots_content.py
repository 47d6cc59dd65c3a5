"""What regions hold: separation, composition, signal over background."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.patches import Rectangle
from plots_products import overlapping, region_products, settings, texts

from n2mu.plots.composition import composition_figure
from n2mu.plots.sensitivity import sensitivity_figure, signal_and_background
from n2mu.plots.separation import separation, separation_figure

YIELDS = hnp.arrays(np.float64, 5, elements=st.floats(0.1, 100.0))


def test_separation_of_worked_examples() -> None:
    one, other = np.array([1.0, 0.0]), np.array([0.0, 7.0])
    assert separation(one, other) == 1.0
    assert separation(one, 3 * one) == 0.0
    # (1/4, 3/4) and (3/4, 1/4): 1/2 (1/4 + 1/4)
    assert separation(np.array([1.0, 3.0]), np.array([30.0, 10.0])) == pytest.approx(0.25)


@given(YIELDS, YIELDS, st.floats(0.1, 10.0))
def test_separation_is_symmetric_and_knows_no_rates(s: Any, b: Any, factor: float) -> None:
    value = separation(s, b)
    assert -1e-12 <= value <= 1
    assert separation(b, s) == pytest.approx(value, abs=1e-12)
    assert separation(factor * s, b) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("samples", [2, 33])
def test_nothing_overlaps(samples: int) -> None:
    report, postfit = region_products(samples)
    told = settings(samples)
    figures = [
        separation_figure("SR", report, postfit, told),
        composition_figure("prefit", report, postfit, told),
        sensitivity_figure(report, postfit, told),
    ]
    for figure in figures:
        assert figure is not None
        assert overlapping(figure) == []


def test_a_region_without_signal_has_no_separation() -> None:
    report, postfit = region_products(2)
    told = settings(samples={name: {"kind": "background"} for name in settings(2).samples})
    assert separation_figure("SR", report, postfit, told) is None


def test_the_bars_of_a_composition_are_the_shares_of_the_processes() -> None:
    report, postfit = region_products(4)
    figure = composition_figure("postfit", report, postfit, settings(4))
    bars = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    for row, region in enumerate(("SR", "CR_ttZ")):
        entry = postfit["regions"][region]
        sums = [sum(entry["samples"][name]["postfit"]) for name in settings(4).samples]
        widths = [bar.get_width() for bar in bars if round(bar.get_y() + 0.36) == row]
        np.testing.assert_allclose(widths, np.array(sums) / sum(sums))
        assert f"{sum(sums):.0f} events" in texts(figure)


def test_signal_over_background_is_that_of_the_yields() -> None:
    report, postfit = region_products(4)
    signal, background = signal_and_background("SR", report, postfit, settings(4))
    entry = postfit["regions"]["SR"]
    np.testing.assert_allclose(signal, entry["samples"]["ttH"]["prefit"])
    np.testing.assert_allclose(signal + background, entry["total"]["prefit"]["value"])
    ratio, significance = sensitivity_figure(report, postfit, settings(4)).axes
    heights = [
        next(patch.get_height() for patch in axes.patches if isinstance(patch, Rectangle))
        for axes in (ratio, significance)
    ]
    expected = [
        signal.sum() / background.sum(),
        signal.sum() / background.sum() ** 0.5,
    ]
    np.testing.assert_allclose(heights, expected)
    np.testing.assert_allclose(np.asarray(ratio.lines[0].get_ydata()), signal / background)
