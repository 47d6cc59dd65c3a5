"""The plotting of models: apart from fits, so that nothing of a fit redraws them."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from n2mu.errors import ProductError
from n2mu.plots.content import read_keys
from n2mu.plots.history import history_figure
from n2mu.plots.model_comparison import compare_models
from n2mu.plots.model_tables import models_html, models_latex, models_markdown
from n2mu.plots.models_figure import models_figure
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.one_model_figures import MODEL_FIGURES
from n2mu.plots.roc import roc_figure
from n2mu.plots.score_correlation import score_correlation_figure
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
        save_figure(roc_figure(evaluated, style), directory / "roc")
        save_figure(models_figure(comparison, style), directory / "models")
        for model, folds in trained.items():
            save_figure(history_figure(folds, model, style), directory / f"history_{model}")
        for content in evaluated:
            for name, figure in _of_one(content, settings):
                save_figure(figure, directory / f"{name}_{content['model']}")
    write_json(tables / "models.json", comparison)
    for suffix, write in ((".html", models_html), (".md", models_markdown), (".tex", models_latex)):
        with atomic_file(tables / f"models{suffix}") as temporary:
            temporary.write_text(write(comparison), encoding="utf-8")
    logger.info("figures of %d models are in %s, tables in %s", len(trained), figures, tables)


def _of_one(
    evaluation: Mapping[str, Any], settings: PlotModelsSettings
) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of one model with their names."""
    for name, draw in MODEL_FIGURES.items():
        yield name, draw(evaluation, settings)
    for name in evaluation["correlations"]:
        drawn = settings.correlations.get(name)
        figure = score_correlation_figure(evaluation, name, drawn, settings.style)
        yield f"correlation_{name}", figure


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
