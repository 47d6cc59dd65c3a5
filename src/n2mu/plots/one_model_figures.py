"""The figures of which a model has one each, by name."""

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.calibration import calibration_figure
from n2mu.plots.class_roc import class_roc_figure
from n2mu.plots.confusion import confusion_figure
from n2mu.plots.importance import importance_figure
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.thresholds import thresholds_figure
from n2mu.plots.train_test import train_test_figure

MODEL_FIGURES: dict[str, Callable[[Mapping[str, Any], PlotModelsSettings], Figure]] = {
    "roc": lambda of, told: class_roc_figure(of, told.style),
    "confusion": lambda of, told: confusion_figure(of, told.style),
    "thresholds": lambda of, told: thresholds_figure(of, told.style),
    "train_test": lambda of, told: train_test_figure(of, told.style),
    "calibration": lambda of, told: calibration_figure(of, told.style),
    "importance": lambda of, told: importance_figure(of, told.features, told.style),
}
"""Functions of the content of ``evaluation/<model>.json``."""
