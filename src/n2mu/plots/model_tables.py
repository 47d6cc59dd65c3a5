"""The comparison of all models as a page, as Markdown and as LaTeX."""

from collections.abc import Mapping
from html import escape
from typing import Any

from n2mu.plots.numbers import decimals, plain, with_error
from n2mu.plots.page import note, page
from n2mu.plots.tabular import Tabular
from n2mu.plots.training_table import training_html

NOTE = (
    "Simulated events of region {region} that no decision on the model has seen, with signed "
    "weights; errors are those of the number of simulated events. AUC: {signal} against all other "
    "classes; mean over all classes. Accuracy: of the class of highest probability, and of signal "
    "against background. Z: expected significance in bins of equal signal, and above the threshold "
    "that other folds choose. Uncertainty on μ: expected, total and statistical, of one fit that "
    "is repeated with each score. Training: all folds, one after the other."
)
COLUMNS = (
    "Model",
    "Architecture",
    "AUC",
    "Mean AUC",
    "Accuracy",
    "Signal accuracy",
    "Z (bins)",
    "Z (cut)",
    "Uncertainty on μ",
    "Statistical",
    "Parameters",
    "Training [s]",
)
NOTHING = "\N{EM DASH}"


def models_html(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as an HTML page.

    Parameters
    ----------
    comparison
        Contents of ``models.json``.
    """
    body = _table(comparison).html()
    trained = training_html(comparison["models"])
    return page("Models", body, note(escape(_note(comparison))), trained)


def models_markdown(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as a Markdown table."""
    return f"{_table(comparison).markdown()}\n{_note(comparison)}\n"


def models_latex(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as a LaTeX ``tabular``."""
    return _table(comparison).latex(_note(comparison))


def _note(comparison: Mapping[str, Any]) -> str:
    return NOTE.format(region=comparison["region"], signal=comparison["signal_class"])


def _table(comparison: Mapping[str, Any]) -> Tabular:
    rows = []
    for entry in comparison["models"]:
        mu = entry["mu"] or {}
        numbers = [
            entry["signal_auc"],
            entry["mean_auc"],
            entry["accuracy"],
            entry["binary_accuracy"],
            entry["significance"]["binned"],
            entry["significance"]["asimov"],
        ]
        rows.append(
            [
                entry["model"],
                entry["architecture"],
                *map(_with_error, numbers),
                _sides(mu.get("up"), mu.get("down")),
                _sides(mu.get("stat_up"), mu.get("stat_down")),
                str(entry["parameters"]),
                plain(entry["seconds"], 0 if entry["seconds"] >= 10 else 1),
            ]
        )
    return Tabular(COLUMNS, rows, numbers=range(2, len(COLUMNS)))


def _with_error(number: Mapping[str, float | None]) -> str:
    value = number["value"]
    return NOTHING if value is None else with_error(value, number["error"])


def _sides(up: float | None, down: float | None) -> str:
    if up is None or down is None:
        return NOTHING
    digits = decimals([up, down])
    return f"+{plain(up, digits)} / {plain(-down, digits)}"
