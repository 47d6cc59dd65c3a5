"""Regions before and after the fit."""

from copy import deepcopy

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Rectangle, StepPatch
from matplotlib.text import Text
from plots_products import Json, overlapping, points, region_products, settings, texts
from scipy.stats import chi2

from n2mu.errors import ConfigurationError, ProductError
from n2mu.plots.bins import bin_positions, edge_texts
from n2mu.plots.ordered import Floats, class_edges, log_ratio, ordered_figure
from n2mu.plots.processes import processes, summed
from n2mu.plots.region import region_figure
from n2mu.plots.regions import regions_figure
from n2mu.plots.settings import PlotSettings
from n2mu.plots.stack import poisson_interval


@pytest.mark.parametrize("samples", [2, 5, 17, 33])
@pytest.mark.parametrize("region", ["SR", "CR_ttZ"])
def test_nothing_overlaps_in_a_region(region: str, samples: int) -> None:
    report, postfit = region_products(samples)
    told = settings(samples)
    figure = region_figure(region, "prefit", report, postfit, told, dataset="asimov")
    assert overlapping(figure) == []


@pytest.mark.parametrize(
    ("experiment", "style", "line"),
    [
        ("ATLAS", ("italic", "normal"), r"$\sqrt{s}$ = 13 TeV, 140"),
        ("CMS", ("normal", "italic"), "140 fb (13 TeV)"),
    ],
)
def test_talks_have_larger_letters_and_each_experiment_its_own(
    experiment: str, style: tuple[str, str], line: str
) -> None:
    report, postfit = region_products(5)
    labels = {
        "experiment": experiment,
        "status": "Internal",
        "energy": "13 TeV",
        "luminosity": "140 fb",
        "format": "talk",
    }
    told, paper = settings(5, labels=labels), settings(5, labels=labels | {"format": "paper"})
    figure = region_figure("SR", "prefit", report, postfit, told, dataset="asimov")
    assert overlapping(figure) == []
    large = region_figure("SR", "prefit", report, postfit, paper, dataset="asimov")
    assert figure.axes[0].get_window_extent().width == pytest.approx(
        0.75 * large.axes[0].get_window_extent().width
    )
    written = {text.get_text(): text for text in figure.findobj(Text)}
    assert (written[experiment].get_fontstyle(), written["Internal"].get_fontstyle()) == style
    assert any(text.startswith(line) for text in written)


def test_samples_are_stacked_in_their_order_up_to_the_total() -> None:
    report, postfit = region_products()
    figure = region_figure("CR_ttZ", "postfit", report, postfit, settings(), dataset="data")
    colours = {name: process.colour for name, process in processes(settings().samples).items()}
    stairs = [patch for patch in figure.axes[0].patches if isinstance(patch, StepPatch)]
    below = np.zeros(5)
    for patch, (name, colour) in zip(stairs, colours.items(), strict=False):
        values, _, baseline = patch.get_data()
        assert mpl.colors.to_hex(patch.get_facecolor()) == colour
        np.testing.assert_allclose(baseline, below)
        below = below + postfit["regions"]["CR_ttZ"]["samples"][name]["postfit"]
        np.testing.assert_allclose(values, below)
    np.testing.assert_allclose(below, postfit["regions"]["CR_ttZ"]["total"]["postfit"]["value"])


def test_signal_that_nobody_would_see_is_drawn_once_more_scaled() -> None:
    report, postfit = region_products()
    content = postfit["regions"]["CR_ttZ"]
    signal = np.array([0.0, 0.02, 0.1, 0.02, 0.0])
    total = np.array(content["total"]["postfit"]["value"]) + signal
    total -= content["samples"]["ttH"]["postfit"]
    content["samples"]["ttH"]["postfit"] = signal.tolist()
    content["total"]["postfit"] = {"value": total.tolist(), "error": (0.1 * total).tolist()}
    figure = region_figure("CR_ttZ", "postfit", report, postfit, settings(), dataset="data")
    stairs = [patch for patch in figure.axes[0].patches if isinstance(patch, StepPatch)]
    (line,) = [patch for patch in stairs if patch.get_linestyle() == "--"]
    factor = round(float(line.get_data()[0][2]) / 0.1)
    assert factor in (100, 1000, 10000)
    np.testing.assert_allclose(line.get_data()[0], factor * signal)
    assert 0.1 * total.max() < factor * signal.max() <= total.max()
    assert rf"$t\bar{{t}}H$ $\times$ {factor:,}" in texts(figure)


def test_blinded_bins_have_no_data_and_a_hatch() -> None:
    report, postfit = region_products()
    postfit["regions"]["SR"]["observed"][4] = 1e6
    figure = region_figure("SR", "prefit", report, postfit, settings(), dataset="mixed")
    for axes in figure.axes:
        (shown,) = points(axes)
        assert len(np.asarray(shown.get_xdata())) == 4
        hatched = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        assert [(bar.get_x(), bar.get_width()) for bar in hatched] == [(4.0, 1.0)]
    assert figure.axes[0].get_ylim()[1] < 1e5
    assert "Blinded (S/B > 0.3)" in texts(figure)


def test_a_blinded_bin_hides_its_region_among_all_regions() -> None:
    report, postfit = region_products()
    postfit["regions"]["SR"]["observed"][0] = 1e6
    figure = regions_figure("postfit", report, postfit, settings(), data="Data")
    for axes in figure.axes:
        (shown,) = points(axes)
        assert np.asarray(shown.get_xdata()).tolist() == [1.5]
    assert figure.axes[0].get_ylim()[1] < 1e5
    names = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    assert names == ["Signal region", "CR_ttZ"]
    assert overlapping(figure) == []


def test_bins_ordered_by_purity_add_up_and_classes_with_a_blinded_bin_show_no_data() -> None:
    report, postfit = region_products()
    told = settings()
    figure = ordered_figure("postfit", report, postfit, told, data="Data")
    assert overlapping(figure) == []
    totals: list[Floats] = []
    purity: list[Floats] = []
    hidden: list[Floats] = []
    for region in postfit["covariance"]["regions"]:
        content = postfit["regions"][region]
        signal = np.asarray(content["samples"]["ttH"]["prefit"])
        totals.append(np.asarray(content["total"]["postfit"]["value"]))
        purity.append(np.log10(signal / (totals[-1] - signal)))
        hidden.append(np.asarray(content["blinded"], dtype=np.float64))
    edges = class_edges(np.concatenate(purity))
    sums, _ = np.histogram(np.concatenate(purity), edges, weights=np.concatenate(totals))
    blinded, _ = np.histogram(np.concatenate(purity), edges, weights=np.concatenate(hidden))
    stairs = [patch for patch in figure.axes[0].patches if isinstance(patch, StepPatch)]
    np.testing.assert_allclose(stairs[len(told.samples)].get_data()[0], sums)
    # all bins have errors of 10 %, fully correlated, and so have their sums
    band = stairs[len(told.samples) + 1].get_data()
    np.testing.assert_allclose(band[0], 1.1 * sums)
    (shown,) = points(figure.axes[0])
    np.testing.assert_allclose(np.asarray(shown.get_ydata()), sums[blinded == 0])


def test_a_fit_without_a_bin_of_signal_and_background_says_so_in_place_of_classes() -> None:
    report, postfit = region_products()
    backgrounds = {name: {"kind": "background"} for name in settings().samples}
    told = settings(samples=backgrounds)
    figure = ordered_figure("prefit", report, postfit, told, data="Asimov data")
    assert "No bin has both signal and background" in texts(figure)
    assert overlapping(figure) == []


def test_bins_without_signal_or_background_are_at_the_ends() -> None:
    ratio = log_ratio(np.array([1.0, 0.0, 2.0]), np.array([10.0, 5.0, -1.0]))
    assert ratio.tolist() == [-1.0, -np.inf, np.inf]
    assert class_edges(np.array([-1.1, -0.3])).tolist() == [-1.25, -1.0, -0.75, -0.5, -0.25]
    assert len(class_edges(np.array([-4.0, 0.0]))) == 9


def test_a_fully_blinded_region_shows_no_data_at_all() -> None:
    report, postfit = region_products()
    report["regions"]["SR"]["blinded"] = [True] * 5
    figure = region_figure("SR", "prefit", report, postfit, settings(), dataset="asimov")
    assert "Asimov data" not in texts(figure)


@pytest.mark.parametrize(
    ("dataset", "label"),
    [("asimov", "Asimov data"), ("data", "Data")],
)
def test_the_legend_says_what_the_points_are(dataset: str, label: str) -> None:
    report, postfit = region_products()
    figure = region_figure("SR", "prefit", report, postfit, settings(), dataset=dataset)
    assert label in texts(figure)


def test_bins_of_very_unequal_width_are_drawn_equally_wide_with_their_edges_below() -> None:
    report, postfit = region_products()
    figure = region_figure("SR", "prefit", report, postfit, settings(), dataset="asimov")
    assert figure.axes[1].get_xlim() == (0, 5)
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == [
        "0",
        "0.0002",
        "0.003",
        "0.04",
        "0.5",
        "1",
    ]
    np.testing.assert_array_equal(bin_positions(np.array([0.0, 1.0, 8.9])), [0.0, 1.0, 8.9])
    np.testing.assert_array_equal(bin_positions(np.array([0.0, 1.0, 9.1])), [0.0, 1.0, 2.0])


def test_edges_that_are_close_are_written_with_more_digits() -> None:
    assert edge_texts(np.array([0.0, 180.0, 2000.0])) == ["0", "180", "2000"]
    assert edge_texts(np.array([0.0, 0.99981, 0.99982, 1.0])) == ["0", "0.99981", "0.99982", "1"]


def test_error_bars_are_central_poisson_intervals() -> None:
    low, high = poisson_interval(np.array([0.0, 1.0, 12.5]))
    np.testing.assert_allclose(
        low[1:], chi2.ppf(0.158655, 2 * np.array([1.0, 12.5])) / 2, rtol=1e-5
    )
    np.testing.assert_allclose(
        high, chi2.ppf(0.841345, 2 * np.array([1.0, 2.0, 13.5])) / 2, rtol=1e-5
    )
    assert low[0] == 0


def test_products_that_contradict_each_other_are_not_drawn() -> None:
    report, postfit = region_products()

    def draw(report: Json, postfit: Json, told: PlotSettings) -> None:
        region_figure("SR", "prefit", report, postfit, told, dataset="asimov")

    wrong = deepcopy(postfit)
    wrong["regions"]["SR"]["samples"]["ttH"]["prefit"][2] += 1
    with pytest.raises(ProductError, match="in bin 2, the total is"):
        draw(report, wrong, settings())
    short = deepcopy(report)
    short["regions"]["SR"]["edges"].pop()
    with pytest.raises(ProductError, match="make 4"):
        draw(short, postfit, settings())
    with pytest.raises(ProductError, match="'background_2' has no style"):
        draw(report, postfit, settings(3))
    with pytest.raises(ProductError, match="no region 'SR'"):
        draw(report, {"regions": {}}, settings())


def test_samples_without_a_colour_get_different_ones() -> None:
    samples = settings(33).samples
    colours = {process.colour for process in processes(samples).values()}
    assert len(colours) == len(samples)


def test_samples_of_a_group_are_drawn_together() -> None:
    told = {
        "a": {"kind": "background", "group": "Others"},
        "b": {"kind": "background", "title": "B"},
        "c": {"kind": "background", "group": "Others", "colour": "teal"},
        "ttH": {"kind": "signal"},
    }
    styles = settings(samples=told).samples
    found = processes(styles)
    assert [(p.title, p.samples) for p in found.values()] == [
        ("Others", ("a", "c")),
        ("B", ("b",)),
        ("ttH", ("ttH",)),
    ]
    assert found["Others"].colour == mpl.colors.to_hex("teal")
    sums = summed({"a": np.array([1.0, 2.0]), "c": np.array([3.0, 4.0])}, styles)
    assert list(sums) == ["Others"]
    np.testing.assert_array_equal(sums["Others"][1], [4.0, 6.0])


def test_a_sample_whose_title_is_a_group_leads_it() -> None:
    told = {
        "EW": {"kind": "background", "group": "$ttW$", "title": "$ttW$ (EW)", "colour": "pink"},
        "ttW": {"kind": "background", "title": "$ttW$", "colour": "teal"},
        "ttH": {"kind": "signal"},
    }
    found = processes(settings(samples=told).samples)
    assert [(p.title, p.samples) for p in found.values()] == [
        ("$ttW$", ("EW", "ttW")),
        ("ttH", ("ttH",)),
    ]
    assert found["$ttW$"].colour == mpl.colors.to_hex("teal")


def test_signal_and_background_are_never_one_process() -> None:
    told = {"a": {"kind": "background", "group": "X"}, "s": {"kind": "signal", "group": "X"}}
    with pytest.raises(ConfigurationError, match="'a' is background, 's' is signal"):
        processes(settings(samples=told).samples)


def test_the_agreement_of_a_region_is_written_in_it() -> None:
    report, postfit = region_products()
    told = settings()
    figure = region_figure("SR", "prefit", report, postfit, told, dataset="data")
    assert r"$\chi^2$/ndf = 3.2/4, p = 0.52" in texts(figure)
    postfit["regions"]["SR"]["chi2"]["prefit"] = {"value": None, "ndof": 0, "p_value": None}
    figure = region_figure("SR", "prefit", report, postfit, told, dataset="data")
    assert not any("chi" in text for text in texts(figure))


def test_asimov_data_have_no_agreement_to_write() -> None:
    report, postfit = region_products()
    figure = region_figure("SR", "prefit", report, postfit, settings(), dataset="asimov")
    assert "Asimov data" in texts(figure)
    assert not any("chi" in text for text in texts(figure))
