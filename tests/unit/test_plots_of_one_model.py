"""What one model is worth, drawn."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from plots_products import Json, evaluation, overlapping, settings, texts

from n2mu.plots.calibration import calibration_figure
from n2mu.plots.class_roc import class_roc_figure
from n2mu.plots.confusion import confusion_figure
from n2mu.plots.importance import importance_figure
from n2mu.plots.models_settings import DrawnCorrelation
from n2mu.plots.residuals import residuals_figure
from n2mu.plots.score_correlation import score_correlation_figure
from n2mu.plots.thresholds import thresholds_figure
from n2mu.plots.train_test import train_test_figure

WORSE, BETTER = range(2)
FIGURES: dict[str, Callable[[Json], Figure]] = {
    "roc": lambda content: class_roc_figure(content, settings()),
    "confusion": lambda content: confusion_figure(content, settings()),
    "thresholds": lambda content: thresholds_figure(content, settings()),
    "train and test": lambda content: train_test_figure(content, settings()),
    "residuals": lambda content: residuals_figure(content, settings()),
    "calibration": lambda content: calibration_figure(content, settings()),
    "importance": lambda content: importance_figure(content, {"feature_0": "HT"}, settings()),
    "correlation": lambda content: score_correlation_figure(content, "mass", None, settings()),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_written_overlaps_and_the_model_and_region_are_named(name: str) -> None:
    figure = FIGURES[name](evaluation()[BETTER])
    assert overlapping(figure) == []
    assert "Signal region, better" in texts(figure)


def test_what_does_not_exist_is_said() -> None:
    content = evaluation()[BETTER]
    assert "ttW, no AUC" in texts(FIGURES["roc"](content))
    assert "ttW, no test" in texts(FIGURES["train and test"](content))
    content["correlations"]["mass"] |= dict.fromkeys(("value", "shapes")) | {"reason": "no signal"}
    assert "No correlation: no signal" in texts(FIGURES["correlation"](content))


def test_residuals_beyond_the_usual_stay_in_their_panel() -> None:
    figure = FIGURES["residuals"](evaluation()[BETTER])
    low, high = figure.axes[0].get_ylim()
    assert low < -5 and high > 5


def test_negative_yields_stand_in_the_matrix_as_they_are() -> None:
    shown = texts(FIGURES["confusion"](evaluation()[BETTER]))
    assert {"\N{MINUS SIGN}14 %", "\N{MINUS SIGN}0.50"} <= set(shown)
    content = evaluation()[BETTER]
    content["confusion"]["by_true"][0][1] = -0.002
    assert "0 %" in texts(FIGURES["confusion"](content))


def test_thresholds_that_leave_too_little_background_are_not_drawn() -> None:
    (axes,) = FIGURES["thresholds"](evaluation()[BETTER]).axes
    drawn = np.asarray(axes.lines[2].get_ydata(), np.float64)
    np.testing.assert_array_equal(drawn, [1.3, 1.7, np.nan])


def test_the_twenty_leading_features_are_shown_and_trees_have_no_attributions() -> None:
    figure = FIGURES["importance"](evaluation()[BETTER])
    assert [len(axes.patches) for axes in figure.axes] == [20, 20]
    assert {"HT", "feature_19"} <= set(texts(figure)) and "feature_20" not in texts(figure)
    assert len(FIGURES["importance"](evaluation()[WORSE]).axes) == 1


def test_the_axis_of_a_correlation_has_its_unit_and_scale_or_the_expression_alone() -> None:
    content = evaluation()[BETTER]
    assert "m_ll" in texts(FIGURES["correlation"](content))
    drawn = DrawnCorrelation(axis="$m$ [TeV]", scale=1e-3)
    (axes,) = score_correlation_figure(content, "mass", drawn, settings()).axes
    assert axes.get_xlabel() == "$m$ [TeV]"
    assert axes.get_xlim() == pytest.approx((0.1, 0.18))


def test_every_class_has_a_panel_of_its_own() -> None:
    content = evaluation()[BETTER]
    headings = [axes.get_title(loc="left") for axes in FIGURES["train and test"](content).axes]
    assert headings == [r"$t\bar{t}H$, $p$ = 0.03", "ttW, no test"]
    assert len(FIGURES["calibration"](content).axes) == 3


def test_classes_without_anything_to_draw_are_named_and_have_no_panel() -> None:
    content = copy.deepcopy(evaluation()[BETTER])
    residuals = FIGURES["residuals"](content)
    assert [axes.get_title(loc="left") for axes in residuals.axes] == [r"$t\bar{t}H$, $p$ = 0.03"]
    assert "Too few events for a test: ttW" in texts(residuals)
    for kind in ("train", "test"):
        content["train_test"]["classes"]["ttW"][kind]["sumw"] = [0.0] * 3
    assert len(FIGURES["train and test"](content).axes) == 1
    assert "No events: ttW" in texts(FIGURES["train and test"](content))
    for own in content["train_test"]["classes"].values():
        own["p_value"] = None
    assert len(FIGURES["residuals"](content).axes) == 1
