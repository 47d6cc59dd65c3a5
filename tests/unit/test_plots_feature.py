"""Features drawn from skims: weighted as in the templates, blinded in the bins of the figure."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_templates import Tables, hand_skim, identifiers
from matplotlib.patches import Rectangle, StepPatch
from plots_products import overlapping, points, settings, texts

from n2mu.errors import TemplateError
from n2mu.plots.feature import NoValueError, Range, feature_figure, run_plot_features
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


def draw(skim: Path, name: str, asked: Range = WHOLE, **changes: Any) -> Any:
    found = feature_events(told(**changes), Skim([skim]), {})
    return feature_figure(name, found, told(**changes), STYLE, asked)


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


def test_data_are_hidden_where_signal_is_expected_and_nothing_tells_how_many(skim: Path) -> None:
    figure = draw(skim, "pt", Range(10, 0.0, 100.0))
    assert overlapping(figure) == []
    main, ratio = figure.axes
    hatched = {patch.get_x() for patch in main.patches if isinstance(patch, Rectangle)}
    assert 90.0 in hatched
    for axes in (main, ratio):
        (shown,) = points(axes)
        assert not hatched & {float(x) - 5.0 for x in np.asarray(shown.get_xdata())}
    (shown,) = points(main)
    assert np.asarray(shown.get_ydata()).max() < 31
    assert main.get_ylim()[1] < 1000
    assert "Blinded (S/B > 0.3)" in texts(figure)


def test_data_are_hidden_where_a_signal_is_expected_that_the_fit_leaves_out(skim: Path) -> None:
    samples = told().model_dump()["samples"]
    samples["ttH"]["kind"] = "ghost"
    figure = draw(skim, "pt", Range(10, 0.0, 100.0), samples=samples)
    (shown,) = points(figure.axes[0])
    assert np.asarray(shown.get_ydata()).max() < 31
    assert "Blinded (S/B > 0.3)" in texts(figure)
    assert "ttH" not in texts(figure)
    assert "ttH" in texts(draw(skim, "pt", Range(10, 0.0, 100.0)))


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
    stems = run_plot_features(
        told(features=features), STYLE, [skim], [], tmp_path / "out", Range(5)
    )
    assert stems == {"pt/2": tmp_path / "out" / "pt_2"}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["pt_2.pdf", "pt_2.png"]
    assert "not drawn: 'gone'" in caplog.text
