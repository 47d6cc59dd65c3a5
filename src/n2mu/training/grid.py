"""What the points of a grid search gave on their validation events."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Literal

from n2mu.config.base import Model
from n2mu.errors import ProductError
from n2mu.products import atomic_file, read_json, write_json


class GridSettings(Model):
    """What the comparison of a grid is told.

    Attributes
    ----------
    points
        What each point sets, by model.
    best_epoch
        What its models choose their best epoch by; the best point has the best of it.
    """

    grid: str
    points: dict[str, dict[str, Any]]
    best_epoch: Literal["loss", "auc", "significance"]


def run_grid(
    settings: GridSettings, histories: Mapping[str, Sequence[Path]], output: Path, table: Path
) -> dict[str, Any]:
    """Compare the points of a grid.

    Only validation events enter, those that chose the best epochs; what the best
    point is worth is for the evaluation to say, on events that no choice has seen.

    Parameters
    ----------
    histories
        ``history.json`` of every fold, by model.
    output
        ``grid.json``.
    table
        The same as ``grid.csv``.

    Returns
    -------
    dict
        The content of ``grid.json``: per point the mean over the folds of loss, AUC
        and significance in the best epoch and the error of the mean, best first.
    """
    rows = []
    for model, values in settings.points.items():
        contents = [read_json(path) for path in histories[model]]
        best = [
            _best(content, path) for content, path in zip(contents, histories[model], strict=True)
        ]
        row: dict[str, Any] = {"model": model, "values": values}
        for name, key in (
            ("loss", "validation_loss"),
            ("auc", "auc"),
            ("significance", "significance"),
        ):
            row[name] = _mean([epoch[key] for epoch in best])
        row["parameters"] = contents[0]["parameters"]
        row["seconds"] = fmean(content["timing"]["seconds"] for content in contents)
        rows.append(row)
    sign = 1 if settings.best_epoch == "loss" else -1
    rows.sort(
        key=lambda row: math.inf if (m := row[settings.best_epoch]["mean"]) is None else sign * m
    )
    result = {"grid": settings.grid, "chosen_by": settings.best_epoch, "points": rows}
    write_json(output, result)
    with atomic_file(table) as temporary:
        temporary.write_text(_csv(rows))
    return result


def _best(history: Mapping[str, Any], path: Path) -> dict[str, Any]:
    try:
        epoch: dict[str, Any] = history["epochs"][history["best_epoch"]]
    except (KeyError, IndexError, TypeError):
        raise ProductError(f"{path}: holds no best epoch; train the model again") from None
    return epoch


def _mean(values: list[float | None]) -> dict[str, float | None]:
    """Return mean and error of the mean; none if a value does not exist."""
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values):
        return {"mean": None, "error": None}
    error = stdev(numbers) / math.sqrt(len(numbers)) if len(numbers) > 1 else None
    return {"mean": fmean(numbers), "error": error}


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = list(rows[0]["values"])
    measures = ("loss", "auc", "significance")
    heads = [head for name in measures for head in (name, f"{name}_error")]
    writer.writerow(["model", *keys, *heads, "parameters", "seconds"])
    for row in rows:
        numbers = [row[name][part] for name in measures for part in ("mean", "error")]
        values = [row["values"][key] for key in keys]
        writer.writerow([row["model"], *values, *numbers, row["parameters"], row["seconds"]])
    return text.getvalue()
