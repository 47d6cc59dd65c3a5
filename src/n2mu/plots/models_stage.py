"""The plotting of models: apart from fits, so that nothing of a fit redraws them."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError
from n2mu.plots.content import read_keys
from n2mu.plots.history import history_figure
from n2mu.plots.roc import roc_figure
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import check_settings, save_figure
from n2mu.products import atomic_directory

logger = logging.getLogger(__name__)

EVALUATED = ("model", "region", "signal_class", "classes", "auc", "roc")


def run_plot_models(
    settings: PlotSettings,
    evaluations: Iterable[Path],
    histories: Iterable[Path],
    output: Path,
) -> None:
    """Draw the ROC curves of all models and the training history of each.

    Parameters
    ----------
    evaluations
        ``evaluation/<model>.json`` of every model.
    histories
        ``history.json`` of every model and fold.
    output
        Directory of ``roc`` and ``history_<model>``, as PDF and PNG.

    Raises
    ------
    ProductError
        If a product is missing or incomplete, or a fold of a model comes twice.
    ConfigurationError
        If a title cannot be typeset or a colour is unknown.
    """
    check_settings(settings)
    evaluated = [read_keys(path, EVALUATED) for path in evaluations]
    models: dict[str, dict[int, Mapping[str, Any]]] = {}
    for path in histories:
        history = read_keys(path, ("model", "fold", "best_epoch", "epochs"))
        folds = models.setdefault(history["model"], {})
        if history["fold"] in folds:
            raise ProductError(
                f"{path}: fold {history['fold']} of model '{history['model']}' comes twice; "
                "give one history.json per model and fold"
            )
        folds[history["fold"]] = history
    with atomic_directory(output) as directory:
        save_figure(roc_figure(evaluated, settings), directory / "roc")
        for model, folds in models.items():
            save_figure(history_figure(folds, model, settings), directory / f"history_{model}")
    logger.info("figures of %d models are in %s", len(models), output)
