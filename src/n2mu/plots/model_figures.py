"""The figures of models by name.

Those written here have their caption in ``workflow/report/models.rst``, others in their docstring.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.best_epoch import best_epoch_figure
from n2mu.plots.calibration import calibration_figure
from n2mu.plots.class_roc import class_roc_figure
from n2mu.plots.confusion import confusion_figure
from n2mu.plots.history import history_figure
from n2mu.plots.importance import importance_figure
from n2mu.plots.models_figure import models_figure
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.residuals import residuals_figure
from n2mu.plots.roc import roc_figure
from n2mu.plots.score_correlation import score_correlation_figure
from n2mu.plots.thresholds import thresholds_figure
from n2mu.plots.train_test import train_test_figure

Content = Mapping[str, Any]


@dataclass(frozen=True)
class AllModels:
    """What figures of all models are drawn from.

    Attributes
    ----------
    evaluations
        Contents of ``evaluation/<model>.json`` of every model.
    comparison
        Contents of ``models.json``.
    settings
        Titles and colours.
    """

    evaluations: list[dict[str, Any]]
    comparison: Content
    settings: PlotModelsSettings


MODEL_FIGURES: dict[str, Callable[[Content, PlotModelsSettings], Figure]] = {
    "roc": lambda of, told: class_roc_figure(of, told.style),
    "confusion": lambda of, told: confusion_figure(of, told.style),
    "thresholds": lambda of, told: thresholds_figure(of, told.style),
    "train_test": lambda of, told: train_test_figure(of, told.style),
    "residuals": lambda of, told: residuals_figure(of, told.style),
    "calibration": lambda of, told: calibration_figure(of, told.style),
    "importance": lambda of, told: importance_figure(of, told.features, told.style),
}
"""Functions of ``evaluation/<model>.json``: ``<name>_<model>``."""

CORRELATION_FIGURES: dict[str, Callable[[Content, str, PlotModelsSettings], Figure]] = {
    "correlation": lambda of, quantity, told: score_correlation_figure(
        of, quantity, told.correlations.get(quantity), told.style
    ),
}
"""Functions of ``evaluation/<model>.json`` and a quantity: ``<name>_<quantity>_<model>``."""

TRAINING_FIGURES: dict[str, Callable[[Mapping[int, Content], str, PlotModelsSettings], Figure]] = {
    "history": lambda folds, model, told: history_figure(folds, model, told.style),
    "best_epoch": lambda folds, model, told: best_epoch_figure(folds, model, told.style),
}
"""Functions of ``history.json`` by fold and the model: ``<name>_<model>``."""

ALL_MODELS_FIGURES: dict[str, Callable[[AllModels], Figure]] = {
    "roc": lambda of: roc_figure(of.evaluations, of.settings.style),
    "models": lambda of: models_figure(of.comparison, of.settings.style),
}
"""Of which there is one of all models: ``<name>``."""
