"""The comparison of all models as a page, as Markdown and as LaTeX."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.numbers import decimals, plain
from n2mu.plots.page import note, page, table
from n2mu.plots.training_table import training_html

NOTE = (
    "Simulated events of region {region} that no decision on the model has seen, with signed "
    "weights; errors are those of the number of simulated events. AUC: {signal} against all other "
    "classes; mean over all classes. Accuracy: of the class of highest probability, and of signal "
    "against background. Z: expected significance in bins of equal signal, and above the threshold "
    "that other folds choose. Uncertainty on mu: expected, total and statistical, of one fit that "
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
    "Uncertainty on mu",
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
    rows = [[escape(cell) for cell in row] for row in _rows(comparison, " ± ", _both)]
    body = table(COLUMNS, rows, numbers=range(2, len(COLUMNS)))
    trained = training_html(comparison["models"])
    return page("Models", body, note(escape(_note(comparison))), trained)


def models_markdown(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as a Markdown table."""
    lines = [
        "| " + " | ".join(cells) + " |"
        for cells in (
            COLUMNS,
            ["---", "---", *["---:"] * (len(COLUMNS) - 2)],
            *_rows(comparison, " ± ", _both),
        )
    ]
    return "\n".join([*lines, "", _note(comparison)]) + "\n"


def models_latex(comparison: Mapping[str, Any]) -> str:
    """Return the comparison as a LaTeX ``tabular``."""

    def both(up: str, down: str) -> str:
        return f"^{{+{up}}}_{{-{down}}}"

    rows = [
        [*(cell.replace("_", r"\_") for cell in row[:2]), *map(_mathematical, row[2:])]
        for row in _rows(comparison, r" \pm ", both)
    ]
    heads = [column.replace(" mu", r" $\mu$") for column in COLUMNS]
    lines = [
        f"% {_note(comparison)}",
        rf"\begin{{tabular}}{{ll{'r' * (len(COLUMNS) - 2)}}}",
        r"\hline",
        " & ".join(heads) + r" \\",
        r"\hline",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\hline",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _both(up: str, down: str) -> str:
    return f"+{up} / \N{MINUS SIGN}{down}"


def _mathematical(cell: str) -> str:
    return "--" if cell == NOTHING else f"${cell}$".replace("\N{MINUS SIGN}", "-")


def _note(comparison: Mapping[str, Any]) -> str:
    return NOTE.format(region=comparison["region"], signal=comparison["signal_class"])


def _rows(
    comparison: Mapping[str, Any], between: str, both: Callable[[str, str], str]
) -> Sequence[Sequence[str]]:
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
                *(_with_error(number, between) for number in numbers),
                _sides(mu.get("up"), mu.get("down"), both),
                _sides(mu.get("stat_up"), mu.get("stat_down"), both),
                str(entry["parameters"]),
                plain(entry["seconds"], 0 if entry["seconds"] >= 10 else 1),
            ]
        )
    return rows


def _with_error(number: Mapping[str, float | None], between: str) -> str:
    value, error = number["value"], number["error"]
    if value is None:
        return NOTHING
    if error is None:
        return plain(value, 4)
    digits = decimals([error])
    return f"{plain(value, digits)}{between}{plain(error, digits)}"


def _sides(up: float | None, down: float | None, both: Callable[[str, str], str]) -> str:
    if up is None or down is None:
        return NOTHING
    digits = decimals([up, down])
    return both(plain(up, digits), plain(down, digits))
