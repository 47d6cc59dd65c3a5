"""The points of a grid search beside each other."""

from collections.abc import Mapping
from math import nan
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, widest, write_labels

PANEL, ROW, GAP, BOTTOM = 2.3, 0.3, 0.4, 0.7
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
        rows = range(len(points))
        for number, (key, title) in enumerate(MEASURES.items()):
            place = left + number * (PANEL + GAP)
            axes = axes_in_inches(figure, place, BOTTOM, PANEL, height)
            axes.errorbar(
                [nan if p[key]["mean"] is None else p[key]["mean"] for p in points],
                rows,
                xerr=[p[key]["error"] or 0.0 for p in points],
                fmt="o",
                color="black",
            )
            axes.set_ylim(len(points), -1)
            axes.set_yticks(rows, [verbatim(n) for n in names] if number == 0 else [""] * len(rows))
            axes.minorticks_off()
            axes.tick_params(axis="y", length=0)
            axes.margins(x=0.12)
            axes.locator_params(axis="x", nbins=3)
            chosen = key == grid["chosen_by"]
            axes.set_xlabel(title, fontweight="bold" if chosen else "normal", fontsize=11)
        heading = [f"Grid {verbatim(grid['grid'])}, mean over folds"]
        write_labels(figure, left, top + 0.9, settings.labels, heading)
    return figure


def _name(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.removeprefix('parameters.')} = {v}" for key, v in values.items())
