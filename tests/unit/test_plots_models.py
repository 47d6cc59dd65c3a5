"""ROC curves and training histories."""

import numpy as np
import pytest
from plots_products import evaluation, history, overlapping, settings, texts

from n2mu.errors import ProductError
from n2mu.plots.best_epoch import best_epoch_figure
from n2mu.plots.history import history_figure
from n2mu.plots.roc import roc_figure


def test_roc_curves_are_named_with_their_auc_the_best_first() -> None:
    figure = roc_figure(evaluation(), settings())
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "better, AUC = 0.833 ± 0.012",
        "worse, AUC = 0.625 ± 0.012",
        "Random",
    ]
    assert overlapping(figure) == []


def test_a_model_without_a_curve_is_named_and_one_without_the_class_refused() -> None:
    content = evaluation()
    content[0]["auc"]["ttH"] |= {"value": None, "error": None}
    content[0]["roc"]["ttH"] |= {"fpr": None, "tpr": None}
    assert any(text.startswith("worse, no AUC") for text in texts(roc_figure(content, settings())))
    content[0]["signal_class"] = "tZ"
    with pytest.raises(ProductError, match="no curve of class 'tZ'"):
        roc_figure(content, settings())


def test_histories_mark_the_best_epoch_of_every_fold() -> None:
    undefined = history(1)
    undefined["epochs"][0]["auc"] = None
    figure = history_figure({1: undefined, 0: history(0)}, "small", settings())
    panels = {axes.get_ylabel(): axes for axes in figure.axes}
    assert list(panels) == [
        "Loss",
        "Validation AUC",
        "Expected significance",
        "AUC of each class",
        "Learning rate",
        "Training events / s",
    ]
    assert len(panels["Loss"].lines) == 4
    for name in ("Validation AUC", "Expected significance"):
        assert [line.get_markevery() for line in panels[name].lines] == [[4], [4]]
    np.testing.assert_array_equal(panels["Validation AUC"].lines[0].get_xdata(), range(1, 7))
    of_classes = panels["AUC of each class"].lines
    assert np.asarray(of_classes[1].get_ydata()) == pytest.approx(0.605)
    assert np.asarray(panels["Learning rate"].lines[0].get_ydata())[1] == 5e-4
    assert [text for text in texts(figure) if text.startswith("Fold")] == ["Fold 0", "Fold 1"]
    assert overlapping(figure) == []


def test_a_panel_without_numbers_is_left_out() -> None:
    trees = history(0)
    trees["timing"]["events_per_second_of_epoch"] = None
    for epoch in trees["epochs"]:
        epoch["significance"] = None
    titles = [axes.get_ylabel() for axes in history_figure({0: trees}, "x", settings()).axes]
    assert titles == ["Loss", "Validation AUC", "AUC of each class", "Learning rate"]


def test_the_epochs_that_loss_and_significance_choose_are_marked_in_both_panels() -> None:
    first, untold = history(0), history(1)
    for epoch in untold["epochs"]:
        epoch["significance"] = None
    first["epochs"][0]["validation_loss"] = None  # was not validated
    figure = best_epoch_figure({1: untold, 0: first}, "small", settings())
    assert overlapping(figure) == []
    assert {"Lowest loss", "Highest significance", "Fold 1"} <= set(texts(figure))
    for axes in figure.axes:
        line, lowest, highest = axes.lines
        assert list(np.asarray(line.get_xdata())) == [2, 3, 4, 5, 6]
        assert list(np.asarray(lowest.get_xdata())) == [6]
        assert list(np.asarray(highest.get_xdata())) == [2]
