"""Features drawn from skims: weighted as in the templates, with data if nothing is blinded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_templates import Tables, hand_skim, identifiers
from matplotlib.patches import Rectangle, StepPatch
from plots_products import overlapping, points, settings, texts

from n2mu.errors import TemplateError
from n2mu.plots.feature import NoValueError, Range, blinds, feature_figure, run_plot_features
from n2mu.plots.feature_events import feature_events
from n2mu.plots.feature_settings import FeatureSettings
from n2mu.skim.read import Skim

SUMS = {"sig": {"nominal": 20.0}, "bkg": {"nominal": 50.0}, "obs": {"nominal": 1.0}}
WHOLE = Range()
STYLE = settings(
    samples={
        "even": {"kind": "background"},
        "odd": {"kind": "background"},
        "ttH": {"kind": "signal"},
    }
)
SECRET = 7777


def made_tables() -> Tables:
    random = np.random.default_rng(5)

    def table(first: int, size: int, pt: Any, **columns: Any) -> Any:
        return {
            "nominal": {
                **identifiers(first, size),
                "pt": np.asarray(pt, dtype=np.float64),
                "n": np.arange(size, dtype=np.int32) % 4,
                "single": np.where(np.arange(size) % 4 == 1, -99.9, 1.0).astype(np.float32),
                "holes": np.where(np.arange(size) % 4 == 1, np.nan, 1.0),
                "n2mu_weight": random.choice([-0.5, 1.0], size, p=[0.1, 0.9]),
                **columns,
            }
        }

    # signal lies above 80 GeV, background below, and everything there in the data
    observed = np.concatenate([np.full(30, 20e3), np.full(SECRET, 90e3), [-99.0]])
    return {
        "sig": table(0, 100, np.full(100, 90e3)),
        "bkg": table(1000, 400, np.append(random.uniform(0, 70e3, 380), np.full(20, -99.0))),
        "obs": table(9000, len(observed), observed, n2mu_weight=np.ones(len(observed))),
    }


def told(**changes: Any) -> FeatureSettings:
    base: dict[str, Any] = {
        "region": "SR",
        "selection": "n < 3",
        "features": {
            "pt": {"expression": "pt", "missing": [-99], "scale": 1e-3, "axis": "Momentum [GeV]"},
            "n": {"expression": "n"},
            "class": {"expression": "n", "values": [2, 0, 1]},
        },
        "samples": {
            "ttH": {"kind": "signal", "selection": "1", "data_sets": ["sig"]},
            "odd": {"kind": "background", "selection": "n == 1", "data_sets": ["bkg"]},
            "even": {"kind": "background", "selection": "n != 1", "data_sets": ["bkg"]},
            "data": {"kind": "data", "selection": "1", "data_sets": ["obs"]},
        },
        "worth": {"sig": 10.0, "bkg": 200.0, "obs": 1.0},
        "scores": [],
        "blinding_threshold": 0.3,
    }
    return FeatureSettings.model_validate(base | changes)


@pytest.fixture(scope="module")
def skim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hand_skim(tmp_path_factory.mktemp("features") / "skim" / "c0", made_tables(), SUMS)


def draw(
    skim: Path, name: str, asked: Range = WHOLE, fit_blinds: bool = False, **changes: Any
) -> Any:
    found = feature_events(told(**changes), Skim([skim]), {})
    return feature_figure(name, found, told(**changes), STYLE, asked, fit_blinds)


def shown_data(figure: Any) -> list[float]:
    """Return all heights of data, in both panels."""
    shown = [line for axes in figure.axes for line in points(axes)]
    return [float(y) for line in shown for y in np.asarray(line.get_ydata())]


def test_the_stack_holds_the_weighted_events_of_the_region(skim: Path) -> None:
    figure = draw(skim, "pt", Range(10, 0.0, 100.0))
    stairs = [p for p in figure.axes[0].patches if isinstance(p, StepPatch)]
    heights = [np.asarray(p.get_data()[0]) - np.asarray(p.get_data()[2]) for p in stairs[:3]]
    columns = made_tables()["bkg"]["nominal"]
    for height, parity in ((heights[0], columns["n"] != 1), (heights[1], columns["n"] == 1)):
        mask = parity & (columns["n"] < 3) & (columns["pt"] > -99)
        expected, _ = np.histogram(
            columns["pt"][mask] / 1e3, 10, (0, 100), weights=4 * columns["n2mu_weight"][mask]
        )
        np.testing.assert_allclose(height, expected)
    signal = made_tables()["sig"]["nominal"]
    inside = signal["n2mu_weight"][signal["n"] < 3].sum()
    assert heights[2].sum() == pytest.approx(0.5 * inside)


def test_a_figure_with_a_blinded_bin_shows_no_data_and_nothing_tells_how_many(skim: Path) -> None:
    # the open bins would tell of the others, as other figures show how many events there are
    figure = draw(skim, "pt", Range(10, 0.0, 100.0))
    assert overlapping(figure) == []
    main, _ = figure.axes
    hatched = {patch.get_x() for patch in main.patches if isinstance(patch, Rectangle)}
    assert 90.0 in hatched
    assert 20.0 not in hatched
    assert shown_data(figure) == []
    assert main.get_ylim()[1] < 1000
    assert "Blinded (S/B > 0.3)" in texts(figure)
    assert "No data: bins of the figure are blinded" in texts(figure)
    assert "Data" not in texts(figure)


def test_data_are_hidden_where_a_signal_is_expected_that_the_fit_leaves_out(skim: Path) -> None:
    samples = told().model_dump()["samples"]
    samples["ttH"]["kind"] = "ghost"
    figure = draw(skim, "pt", Range(10, 0.0, 100.0), samples=samples)
    assert shown_data(figure) == []
    assert "Blinded (S/B > 0.3)" in texts(figure)
    assert "ttH" not in texts(figure)
    assert "ttH" in texts(draw(skim, "pt", Range(10, 0.0, 100.0)))


def test_a_figure_of_open_bins_shows_no_data_where_a_fit_blinds_a_bin_of_the_region(
    skim: Path,
) -> None:
    assert shown_data(draw(skim, "n", blinding_threshold=100.0))
    figure = draw(skim, "n", fit_blinds=True, blinding_threshold=100.0)
    assert shown_data(figure) == []
    assert figure.axes[0].get_ylim()[1] < 1000
    assert "No data: bins of a fit are blinded" in texts(figure)


def test_a_region_is_blinded_if_a_bin_of_it_or_of_a_part_of_it_is() -> None:
    parts = {f"SR_{n}": {"blinded": [False, n == 2], "split": {"whole": "SR"}} for n in (1, 2)}
    report = {"regions": parts | {"CR": {"blinded": [False]}}}
    assert blinds(report, "SR")
    assert blinds(report, "SR_2")
    assert not blinds(report, "SR_1")
    assert not blinds(report, "CR")
    assert not blinds(report, "VR")


def test_without_a_threshold_that_is_reached_all_data_are_shown(skim: Path) -> None:
    figure = draw(skim, "n", blinding_threshold=100.0)
    (shown,) = points(figure.axes[0])
    counts = np.bincount(made_tables()["obs"]["nominal"]["n"])[:3]
    np.testing.assert_array_equal(np.asarray(shown.get_ydata()), counts)


def test_events_without_a_value_are_left_out_and_counted(skim: Path) -> None:
    figure = draw(skim, "pt", Range(4, 10.0, 60.0))
    lines = texts(figure)
    assert any(line.startswith("Without ") and line.endswith(" no value") for line in lines)
    assert "Outer bins hold what lies beyond" in lines
    assert "Momentum [GeV]" in lines


@pytest.mark.parametrize(("name", "code"), [("single", -99.9), ("holes", np.nan)])
def test_codes_of_float_branches_are_no_values(skim: Path, name: str, code: float) -> None:
    figure = draw(skim, name, features={name: {"expression": name, "missing": [code]}})
    assert any(line.endswith(" no value") for line in texts(figure))
    low, high = figure.axes[0].get_xlim()
    assert low < 1.0 < high and high - low < 10


def test_categories_and_whole_numbers_have_their_own_bins(skim: Path) -> None:
    for name, labels in (("class", ["2", "0", "1"]), ("n", ["0", "1", "2"])):
        figure = draw(skim, name)
        assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == labels
        assert overlapping(figure) == []


def test_features_that_cannot_be_drawn_are_refused(skim: Path) -> None:
    with pytest.raises(TemplateError, match=r"is 0 in \d+ events, which is not among its values"):
        draw(skim, "n", features={"n": {"expression": "n", "values": [1, 2]}})
    with pytest.raises(NoValueError, match="no expected event in region 'SR' has a value"):
        draw(skim, "n", features={"n": {"expression": "n", "missing": [0, 1, 2]}})
    with pytest.raises(TemplateError, match=r"is no number for \d+ events in region 'SR'"):
        draw(skim, "x", features={"x": {"expression": "holes"}})
    with pytest.raises(TemplateError, match="the range from 5 to 2 is empty"):
        draw(skim, "pt", Range(None, 5.0, 2.0))


def test_samples_that_share_events_are_refused(skim: Path) -> None:
    samples = told().model_dump()["samples"]
    samples["odd"]["selection"] = "n < 2"
    with pytest.raises(TemplateError, match=r"'odd' and 'even' share \d+ events of bkg"):
        draw(skim, "n", samples=samples)


def test_features_are_written_and_those_without_values_skipped(
    skim: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    features = {
        "pt/2": {"expression": "pt / 2"},
        "gone": {"expression": "n", "missing": [0, 1, 2]},
    }
    report = tmp_path / "templates_report.json"
    report.write_text('{"regions": {"SR": {"blinded": [false, true]}}}')
    stems = run_plot_features(
        told(features=features), STYLE, [skim], [], tmp_path / "out", Range(5), [report]
    )
    assert stems == {"pt/2": tmp_path / "out" / "pt_2"}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["pt_2.pdf", "pt_2.png"]
    assert "not drawn: 'gone'" in caplog.text
