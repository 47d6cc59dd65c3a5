"""What all trained models are worth, one row each."""

from collections.abc import Mapping
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.classes import class_title
from n2mu.plots.names import verbatim
from n2mu.plots.panel import region_title
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    axes_in_inches,
    house_style,
    new_figure,
    panel_length,
    widest,
    write_labels,
)

PANEL, ROW, GAP, BOTTOM = 1.75, 0.32, 0.3, 0.7


def models_figure(comparison: Mapping[str, Any], settings: PlotSettings) -> Figure:
    r"""Draw AUC, accuracy, significance and the expected uncertainty on mu of every model.

    Parameters
    ----------
    comparison
        Contents of ``models.json``.
    """
    entries = comparison["models"]
    signal = comparison["signal_class"]
    title = class_title(signal, settings)
    panels = {
        f"AUC, {title}": [entry["signal_auc"] for entry in entries],
        "Mean AUC": [entry["mean_auc"] for entry in entries],
        "Accuracy": [entry["accuracy"] for entry in entries],
        "$Z$, bins": [entry["significance"]["binned"] for entry in entries],
    }
    # a class without events has no area, and then the mean over classes has none either
    panels = {
        heading: values
        for heading, values in panels.items()
        if any(value["value"] is not None for value in values)
    }
    fitted = any(entry["mu"] is not None for entry in entries)
    panel = panel_length(PANEL, settings.labels)
    with house_style():
        names = [verbatim(entry["model"]) for entry in entries]
        left = 0.35 + widest(names, 11)
        height = ROW * (len(entries) + 1)
        top = BOTTOM + height
        figure = new_figure(left + (len(panels) + fitted) * (panel + GAP) + 0.15, top + 1.2)
        for number, (heading, values) in enumerate(panels.items()):
            place = left + number * (panel + GAP)
            axes = axes_in_inches(figure, place, BOTTOM, panel, height)
            axes.errorbar(
                [nan if value["value"] is None else value["value"] for value in values],
                range(len(entries)),
                xerr=[value["error"] or 0.0 for value in values],
                fmt="o",
                color="black",
            )
            _finish(axes, names if number == 0 else [""] * len(names), heading)
        if fitted:
            place = left + len(panels) * (panel + GAP)
            axes = axes_in_inches(figure, place, BOTTOM, panel, height)
            _uncertainties(axes, [entry["mu"] for entry in entries])
            _finish(axes, [""] * len(names), r"$\Delta\mu$")
        region = region_title(comparison["region"], settings)
        write_labels(figure, left, top + 1.1, settings.labels, [f"{region}, simulation"])
    return figure


def _uncertainties(axes: Axes, found: list[Mapping[str, Any] | None]) -> None:
    """Draw the total uncertainty as a line, the statistical one as a bar inside it."""
    for row, mu in enumerate(found):
        if mu is None or mu["up"] is None or mu["down"] is None:
            continue
        axes.plot([-mu["down"], mu["up"]], [row, row], color="black", marker="|", markersize=9)
        if mu["stat_up"] is not None and mu["stat_down"] is not None:
            inner = [-mu["stat_down"], mu["stat_up"]]
            axes.plot(inner, [row, row], color="black", linewidth=5, solid_capstyle="butt")
    axes.axvline(0, color="0.5", linewidth=0.8)


def _finish(axes: Axes, names: list[str], heading: str) -> None:
    axes.set_ylim(len(names), -1)
    axes.set_yticks(range(len(names)), names)
    axes.minorticks_off()
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.15)
    axes.locator_params(axis="x", nbins=3)
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.set_xlabel(heading, fontsize=11)
