"""Ranking and pulls: what must be seen, whatever the numbers are."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from plots_products import fit_products, overlapping, points, settings, texts

from n2mu.errors import ProductError
from n2mu.plots.names import title
from n2mu.plots.pulls import pulls_figure
from n2mu.plots.ranking import DOWN, UP, ranking_figure
from n2mu.plots.settings import RegionStyle


def row_names(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[1].get_yticklabels()]


@pytest.mark.parametrize(("alphas", "first"), [(1, 20), (5, 20), (60, 20), (60, 60)])
def test_nothing_overlaps_in_a_ranking(alphas: int, first: int) -> None:
    mu_fit, ranking = fit_products(alphas, length=50)
    mu_fit["gates"] = [{"name": "constraints", "passed": False, "detail": "1.2"}]
    assert overlapping(ranking_figure(mu_fit, ranking, settings(), first)) == []


def test_the_largest_post_fit_impact_is_on_top_whatever_the_order_of_the_file() -> None:
    mu_fit, ranking = fit_products(5)
    expected = row_names(ranking_figure(mu_fit, ranking, settings()))
    ranking["parameters"].reverse()
    figure = ranking_figure(mu_fit, ranking, settings())
    assert row_names(figure) == expected
    bottom, top = figure.axes[1].get_ylim()
    assert bottom > top
    largest = max(ranking["parameters"], key=lambda p: max(map(abs, p["impact_postfit"].values())))
    assert expected[0].startswith(largest["name"].replace("staterror_SR[", "$")[:4])


def test_bars_of_the_ranking_are_the_impacts_with_their_signs() -> None:
    mu_fit, ranking = fit_products(1, gammas=0)
    ranking["parameters"] = ranking["parameters"][:1]
    entry = ranking["parameters"][0] | {
        "name": "np_0",
        "kind": "alpha",
        "impact_prefit": {"up": 0.3, "down": -0.2},
        "impact_postfit": {"up": 0.25, "down": 0.1},
    }
    figure = ranking_figure(mu_fit, {"parameters": [entry]}, settings())
    bars = {
        (
            bar.get_fill(),
            mpl.colors.to_hex(bar.get_edgecolor() if not bar.get_fill() else bar.get_facecolor()),
        ): bar.get_width()
        for bar in figure.axes[0].patches
        if isinstance(bar, Rectangle)
    }
    assert bars == {(True, UP): 0.25, (True, DOWN): 0.1, (False, UP): 0.3, (False, DOWN): -0.2}
    reach = figure.axes[0].get_xlim()[1]
    assert reach > 0.3
    assert figure.axes[0].get_xlim()[0] == -reach


def test_pulls_use_the_lower_axis_and_norm_factors_their_value() -> None:
    mu_fit, ranking = fit_products(1, gammas=0)
    figure = ranking_figure(mu_fit, ranking, settings())
    shown = {
        round(float(np.asarray(line.get_ydata())[0])): float(np.asarray(line.get_xdata())[0])
        for line in points(figure.axes[1])
    }
    for row, entry in enumerate(ranking["parameters"]):
        assert shown[row] == (1.1 if entry["kind"] == "norm" else entry["pull"])
    assert figure.axes[1].get_xlim() == (-2, 2)
    assert "Free factor: value and error" in texts(figure)


def test_a_value_beyond_the_axis_of_pulls_is_written() -> None:
    mu_fit, ranking = fit_products(2)
    entry = next(p for p in ranking["parameters"] if p["kind"] == "alpha")
    entry |= {"pull": -3.14, "constraint": 0.5}
    assert "\N{MINUS SIGN}3.1 ± 0.5" in texts(ranking_figure(mu_fit, ranking, settings()))


def test_a_failed_parameter_is_marked_and_shown_even_beyond_the_first() -> None:
    mu_fit, ranking = fit_products(30)
    ranking["parameters"][2]["status"] = "post-fit up: no convergence"
    ranking["parameters"][2]["impact_postfit"]["up"] = None
    ranking["parameters"][-1] |= {
        "status": "undetermined",
        "impact_prefit": None,
        "impact_postfit": {"up": None, "down": None},
    }
    figure = ranking_figure(mu_fit, ranking, settings(), first=10)
    names = row_names(figure)
    assert sum(name.endswith("(failed)") for name in names) == 2
    assert names[-1].endswith("(failed)")
    assert len(names) == 11
    assert "11 of 34 parameters" in texts(figure)


def test_figures_say_what_the_data_are_and_which_gate_failed() -> None:
    mu_fit, ranking = fit_products(3)
    mu_fit["gates"] = [{"name": "constraints", "passed": False, "detail": "1.2"}]
    for figure in (ranking_figure(mu_fit, ranking, settings()), pulls_figure(mu_fit, settings())):
        shown = texts(figure)
        assert any(text.startswith("Asimov data") for text in shown)
        assert "Failed gates:" in shown
        assert "  constraints" in shown
        assert {"Toy", "Internal"} <= set(shown)
        assert any("13 TeV" in text and "140 fb" in text for text in shown)


def test_a_side_of_mu_at_its_bound_is_not_given_a_number() -> None:
    mu_fit, ranking = fit_products(2)
    mu_fit["mu"] |= {"up": None, "reason": "up: mu is at its bound"}
    assert any("bound" in text for text in texts(ranking_figure(mu_fit, ranking, settings())))


def test_a_negative_error_of_mu_is_refused() -> None:
    mu_fit, ranking = fit_products(2)
    mu_fit["mu"]["down"] = -0.5
    with pytest.raises(ProductError, match="expected a positive number"):
        ranking_figure(mu_fit, ranking, settings())


def test_an_unknown_kind_of_parameter_is_refused() -> None:
    mu_fit, ranking = fit_products(2)
    ranking["parameters"][0]["kind"] = "gama"
    with pytest.raises(ProductError, match="did you mean 'gamma'"):
        ranking_figure(mu_fit, ranking, settings())


@pytest.mark.parametrize("alphas", [0, 3, 120])
def test_every_parameter_has_its_row_among_the_pulls(alphas: int) -> None:
    mu_fit, _ = fit_products(alphas, gammas=30)
    figure = pulls_figure(mu_fit, settings())
    assert sum(len(axes.containers) for axes in figure.axes) == len(mu_fit["parameters"])
    assert sum(len(axes.get_yticklabels()) for axes in figure.axes) == len(mu_fit["parameters"])
    assert overlapping(figure) == []


def test_pulls_of_many_groups_make_a_figure_that_is_no_wider_than_long() -> None:
    mu_fit, _ = fit_products(70, gammas=15)
    names = [entry["name"] for entry in mu_fit["parameters"] if entry["kind"] == "alpha"]
    starts = [0, 1, 10, 46, 49, 50, 51, 54, 57, 58, 61, 64, len(names)]
    groups = {f"g{low}": names[low:high] for low, high in pairwise(starts)}
    figure = pulls_figure(mu_fit, settings().model_copy(update={"groups": groups}))
    width, height = figure.get_size_inches()
    assert width < height < 15
    assert overlapping(figure) == []
    # panels of one kind in a column have one axis
    below = {axes.get_position().x0: axes for axes in figure.axes}
    labelled = [axes for axes in figure.axes if axes.get_xlabel()]
    assert set(below.values()) <= set(labelled)
    assert len(labelled) < len(figure.axes) / 2


def test_pulls_are_shown_group_by_group() -> None:
    mu_fit, _ = fit_products(6)
    names = [entry["name"] for entry in mu_fit["parameters"] if entry["kind"] == "alpha"]
    grouped = settings().model_copy(update={"groups": {"jet_energy": names[3:], "none": ["x"]}})
    figure = pulls_figure(mu_fit, grouped)
    headings = [axes.get_title(loc="left") for axes in figure.axes]
    assert headings[:2] == ["jet energy", "Other nuisance parameters"]
    rows = [len(axes.get_yticklabels()) for axes in figure.axes[:2]]
    assert rows == [len(names) - 3, 3]


def test_a_bin_of_a_shape_factor_has_the_title_of_the_factor() -> None:
    told = settings().model_copy(update={"parameters": {"qcd": "Multijet"}})
    assert title({"name": "qcd[2]", "kind": "norm"}, told) == "Multijet (bin 3)"
    assert title({"name": "qcd[2]", "kind": "norm"}, settings()) == "qcd[2]"


def test_mc_statistics_of_a_bin_have_the_title_of_the_region() -> None:
    regions = {"SR": RegionStyle(title="tight", role="signal")}
    told = settings().model_copy(update={"regions": regions})
    names = [f"staterror_{region}[0]" for region in ("SR", "CR")]
    shown = [title({"name": name, "kind": "gamma"}, told) for name in names]
    assert shown == [r"$\gamma$ (tight, bin 1)", r"$\gamma$ (CR, bin 1)"]
