"""The plotting of models: apart from fits, so that nothing of a fit redraws them."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from n2mu.errors import ProductError, counted
from n2mu.plots.content import read_keys
from n2mu.plots.model_comparison import compare_models
from n2mu.plots.model_figures import (
    ALL_MODELS_FIGURES,
    CORRELATION_FIGURES,
    MODEL_FIGURES,
    TRAINING_FIGURES,
    AllModels,
)
from n2mu.plots.model_tables import models_html, models_latex, models_markdown
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.style import check_settings, check_texts, save_figure
from n2mu.products import atomic_directory, atomic_file, write_json

logger = logging.getLogger(__name__)

EVALUATED = (
    "model",
    "region",
    "signal_class",
    "classes",
    "auc",
    "mean_auc",
    "roc",
    "confusion",
    "accuracy",
    "f1",
    "binary",
    "significance",
    "train_test",
    "calibration",
    "correlations",
    "importance",
)
FITTED = ("mu", "mu_stat_only", "significance")
TRAINED = (
    "model",
    "fold",
    "best_epoch",
    "epochs",
    "parameters",
    "timing",
    "training_events",
    "negative_weights",
    "weighting",
)


def run_plot_models(
    settings: PlotModelsSettings,
    evaluations: Iterable[Path],
    histories: Iterable[Path],
    mu_fits: Mapping[str, Path],
    figures: Path,
    tables: Path,
) -> None:
    """Draw what the models are worth and the training history of each, and compare them.

    Parameters
    ----------
    evaluations
        ``evaluation/<model>.json`` of every model.
    histories
        ``history.json`` of every model and fold.
    mu_fits
        ``mu_fit.json`` by fit.
    figures
        Directory of the figures, as PDF and PNG.
    tables
        Directory of ``models.json``, ``.html``, ``.md`` and ``.tex``.

    Raises
    ------
    ProductError
        If a product is missing or incomplete, or a fold of a model comes twice.
    ConfigurationError
        If a title cannot be typeset or a colour is unknown.
    """
    style = settings.style
    check_settings(style)
    check_texts({f"feature '{name}', title": title for name, title in settings.features.items()})
    drawn = settings.correlations.items()
    check_texts({f"correlation '{name}', axis": correlation.axis for name, correlation in drawn})
    evaluated = [read_keys(path, EVALUATED) for path in evaluations]
    trained = _histories(histories)
    fitted = {fit: read_keys(path, FITTED) for fit, path in mu_fits.items()}
    comparison = compare_models(evaluated, trained, fitted, settings)
    with atomic_directory(figures) as directory:
        for stem, figure in _figures(AllModels(evaluated, comparison, settings), trained):
            save_figure(figure, directory / stem)
    write_json(tables / "models.json", comparison)
    for suffix, write in ((".html", models_html), (".md", models_markdown), (".tex", models_latex)):
        with atomic_file(tables / f"models{suffix}") as temporary:
            temporary.write_text(write(comparison), encoding="utf-8")
    models = counted(len(trained), "model")
    logger.info("figures of %s are in %s, tables in %s", models, figures, tables)


def _figures(
    of: AllModels, trained: Mapping[str, Mapping[int, Mapping[str, Any]]]
) -> Iterator[tuple[str, Figure]]:
    """Yield every figure with its name, one at a time."""
    settings = of.settings
    for name, of_all in ALL_MODELS_FIGURES.items():
        yield name, of_all(of)
    for name, of_training in TRAINING_FIGURES.items():
        for model, folds in trained.items():
            yield f"{name}_{model}", of_training(folds, model, settings)
    for content in of.evaluations:
        for name, of_model in MODEL_FIGURES.items():
            yield f"{name}_{content['model']}", of_model(content, settings)
        for name, of_quantity in CORRELATION_FIGURES.items():
            for quantity in content["correlations"]:
                stem = f"{name}_{quantity}_{content['model']}"
                yield stem, of_quantity(content, quantity, settings)


def _histories(paths: Iterable[Path]) -> dict[str, dict[int, Mapping[str, Any]]]:
    """Return the histories by model and fold."""
    models: dict[str, dict[int, Mapping[str, Any]]] = {}
    for path in paths:
        history = read_keys(path, TRAINED)
        folds = models.setdefault(history["model"], {})
        if history["fold"] in folds:
            raise ProductError(
                f"{path}: fold {history['fold']} of model '{history['model']}' comes twice; "
                "give one history.json per model and fold"
            )
        folds[history["fold"]] = history
    return models
