"""The signal score of events that trained a model and of events that it never saw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from n2mu.plots.class_panels import class_panels, left_out
from n2mu.plots.classes import class_colours, class_title
from n2mu.plots.model_heading import heading
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style

PANEL = (2.9, 2.0)


def train_test_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the normalised distributions, a panel per class: training as lines, test as dots.

    Classes without events to show are named and have no panel.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    content = evaluation["train_test"]
    signal = class_title(str(evaluation["signal_class"]), settings)
    edges = np.asarray(content["edges"])
    with house_style():
        headings = []
        drawn = [name for name in evaluation["classes"] if _drawable(content["classes"][name])]
        # a figure has a panel in any case
        shown = drawn or evaluation["classes"][:1]
        for name in shown:
            p_value = content["classes"][name]["p_value"]
            test = "no test" if p_value is None else f"$p$ = {p_value:.2g}"
            headings.append(f"{class_title(name, settings)}, {test}")
        figure, panels = class_panels(
            headings,
            (f"{signal} score", "Share of events"),
            [*heading(evaluation, settings), *left_out("No events", drawn, evaluation, settings)],
            PANEL,
            settings,
        )
        colours = class_colours(evaluation["classes"], settings)
        for axes, name in zip(panels, shown, strict=True):
            _draw(axes, edges, content["classes"][name], colours[name])
            axes.set_xlim(0, 1)
            axes.set_ylim(bottom=0)
        width, height = figure.get_size_inches()
        figure.legend(
            handles=[
                Line2D([], [], color="black", label="Training events"),
                Line2D([], [], color="black", linestyle="none", marker="o", label="Unseen events"),
            ],
            loc="upper right",
            bbox_to_anchor=(1 - 0.25 / width, 1 - 0.12 / height),
        )
    return figure


def _drawable(own: Mapping[str, Any]) -> bool:
    """Return whether training or unseen events have a positive sum of weights."""
    return any(np.asarray(own[kind]["sumw"], np.float64).sum() > 0 for kind in ("train", "test"))


def _draw(axes: Axes, edges: np.ndarray[Any, Any], own: Mapping[str, Any], colour: str) -> None:
    for kind in ("train", "test"):
        sums, errors = (np.asarray(own[kind][key], np.float64) for key in ("sumw", "error"))
        if not sums.sum() > 0:
            continue
        shares, errors = sums / sums.sum(), errors / sums.sum()
        if kind == "train":
            axes.stairs(shares, edges, color=colour, linewidth=1.5)
        else:
            filled = errors > 0
            centres = 0.5 * (edges[1:] + edges[:-1])[filled]
            axes.errorbar(
                centres, shares[filled], yerr=errors[filled], fmt="o", color="black", markersize=4
            )
