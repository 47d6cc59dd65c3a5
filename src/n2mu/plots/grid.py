"""The points of a grid search beside each other."""

from collections.abc import Mapping
from math import nan
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.names import verbatim
from n2mu.plots.rows import BOTTOM, GAP, PANEL, ROW, row_axes
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style, new_figure, widest, write_labels

MEASURES = {
    "loss": "Validation loss",
    "auc": "Validation AUC",
    "significance": "Expected significance",
}


def grid_figure(grid: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw loss, AUC and significance of every point, best first, with the errors of the means.

    Parameters
    ----------
    grid
        Contents of ``grid.json``.
    """
    with house_style():
        points = grid["points"]
        names = [_name(point["values"]) for point in points]
        left = 0.35 + widest(names, 11)
        height = ROW * (len(points) + 1)
        top = BOTTOM + height
        width = left + len(MEASURES) * (PANEL + GAP) + 0.2
        figure = new_figure(width, top + 0.95)
        for number, (key, title) in enumerate(MEASURES.items()):
            axes = row_axes(figure, left, number, [verbatim(name) for name in names])
            axes.errorbar(
                [nan if p[key]["mean"] is None else p[key]["mean"] for p in points],
                range(len(points)),
                xerr=[p[key]["error"] or 0.0 for p in points],
                fmt="o",
                color="black",
            )
            chosen = key == grid["chosen_by"]
            axes.set_xlabel(title, fontweight="bold" if chosen else "normal", fontsize=11)
        heading = [f"Grid {verbatim(grid['grid'])}, mean over folds"]
        write_labels(figure, left, top + 0.9, settings.labels, heading)
    return figure


def _name(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.removeprefix('parameters.')} = {v}" for key, v in values.items())
