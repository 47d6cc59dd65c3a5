"""ROC curves and training histories."""

import numpy as np
import pytest
from plots_products import evaluation, history, overlapping, settings, texts

from n2mu.errors import ProductError
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
    content[0]["signal_class"] = "ttW"
    with pytest.raises(ProductError, match="no curve of class 'ttW'"):
        roc_figure(content, settings())


def test_histories_mark_the_best_epoch_of_every_fold() -> None:
    undefined = history(1)
    undefined["epochs"][0]["auc"] = None
    figure = history_figure({1: undefined, 0: history(0)}, "small", settings())
    loss, auc = figure.axes
    assert len(loss.lines) == 4
    assert len(auc.lines) == 2
    assert all(line.get_markevery() == [4] for line in auc.lines)
    np.testing.assert_array_equal(auc.lines[0].get_xdata(), [1, 2, 3, 4, 5, 6])
    assert [text for text in texts(figure) if text.startswith("Fold")] == ["Fold 0", "Fold 1"]
    assert overlapping(figure) == []
