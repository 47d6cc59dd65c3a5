"""The comparison of all models as a page, as Markdown and as LaTeX."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple

from n2mu.plots.numbers import decimals, plain, with_error
from n2mu.plots.page import note, page
from n2mu.plots.tabular import Tabular
from n2mu.plots.training_table import training_html

NOTHING = "\N{EM DASH}"
Entry = Mapping[str, Any]


class _Column(NamedTuple):
    """A column, and what the note below says of it."""

    heading: str
    cell: Callable[[Entry], str]
    said: str = ""


def models_html(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as an HTML page.

    Parameters
    ----------
    comparison
        Contents of ``models.json``.
    """
    # errors stand below their values: the table is wide
    body = _table(comparison).html().replace(" ± ", "<br>± ").replace(" / ", "<br>")
    trained = training_html(comparison["models"])
    return page("Models", body, note(escape(_note(comparison))), trained)


def models_markdown(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as a Markdown table."""
    return f"{_table(comparison).markdown()}\n{_note(comparison)}\n"


def models_latex(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as a LaTeX ``tabular``."""
    return _table(comparison).latex(_note(comparison))


def _note(comparison: Mapping[str, Any]) -> str:
    """Return where the models are compared, and what the columns are."""
    said = " ".join(column.said for column in _columns(comparison) if column.said)
    return (
        f"Simulated events of region {comparison['region']} that no decision on the model has "
        "seen, with signed weights; errors are those of the number of simulated events. "
        f"{said.format(signal=comparison['signal_class'])}"
    )


def _table(comparison: Mapping[str, Any]) -> Tabular:
    columns = _columns(comparison)
    rows = [[column.cell(entry) for column in columns] for entry in comparison["models"]]
    return Tabular([column.heading for column in columns], rows, numbers=range(2, len(columns)))


def _columns(comparison: Mapping[str, Any]) -> list[_Column]:
    """Return the columns in which some model has an entry."""
    models = comparison["models"]
    without = sorted({name for entry in models for name in entry["mean_auc"].get("without", ())})
    missing = f" with a positive sum of weights, not {', '.join(without)}" if without else ""
    columns = [
        _Column("Model", lambda entry: str(entry["model"])),
        _Column("Architecture", lambda entry: str(entry["architecture"])),
        _Column("AUC", _number("signal_auc"), "AUC: {signal} against all other classes."),
        _Column("Mean AUC", _number("mean_auc"), f"Mean AUC: over all classes{missing}."),
        _Column("Accuracy", _number("accuracy"), "Accuracy: of the class of highest probability."),
        _Column(
            "Signal accuracy",
            _number("binary_accuracy"),
            "Signal accuracy: of signal against background.",
        ),
        _Column(
            "Z (bins)",
            _number("significance", "binned"),
            "Z: expected significance in bins of equal signal, and above the threshold that other "
            "folds choose.",
        ),
        _Column("Z (cut)", _number("significance", "asimov")),
        _Column(
            "Uncertainty on μ",
            lambda entry: _sides(entry["mu"], ""),
            "Uncertainty on μ: expected, total and statistics only, of one fit that is repeated "
            "with each score.",
        ),
        _Column("Statistics only", lambda entry: _sides(entry["mu"], "stat_")),
        # trees have none that are counted
        _Column(
            "Parameters",
            lambda entry: f"{entry['parameters']:,}" if entry["parameters"] else NOTHING,
        ),
        _Column(
            "Training [s]",
            lambda entry: plain(entry["seconds"], 0 if entry["seconds"] >= 10 else 1),
            "Training: all folds, one after the other.",
        ),
    ]
    return [c for c in columns if any(c.cell(entry) != NOTHING for entry in models)]


def _number(*keys: str) -> Callable[[Entry], str]:
    """Return what makes a cell of the number at some place of an entry."""

    def cell(entry: Entry) -> str:
        for key in keys:
            entry = entry[key]
        return NOTHING if entry["value"] is None else with_error(entry["value"], entry["error"])

    return cell


def _sides(mu: Mapping[str, float | None] | None, kind: str) -> str:
    up, down = ((mu or {}).get(f"{kind}{side}") for side in ("up", "down"))
    if up is None or down is None:
        return NOTHING
    digits = decimals([up, down])
    return f"+{plain(up, digits)} / {plain(-down, digits)}"
