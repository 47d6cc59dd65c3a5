"""How often an event is of a class, against the probability that the model gives it."""

from collections.abc import Mapping
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.class_panels import class_panels
from n2mu.plots.classes import class_colours, class_title
from n2mu.plots.model_heading import heading
from n2mu.plots.numbers import plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style

SIDE = 2.6
LEAST_EFFECTIVE_EVENTS = 5.0
"""Bins with fewer are not drawn."""


def calibration_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the reliability of the probability of each class, and of the highest one.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    content = evaluation["calibration"]
    curves = {class_title(n, settings): c for n, c in content["classes"].items()}
    curves["Highest"] = content["confidence"]
    with house_style():
        headings = []
        for title, curve in curves.items():
            distance = curve["expected_error"]["value"]
            shown = "none" if distance is None else plain(distance, 3)
            headings.append(f"{title}, error {shown}")
        figure, panels = class_panels(
            headings,
            ("Probability", "Share of the class"),
            heading(evaluation, settings),
            (SIDE, SIDE),
            settings,
        )
        colours = [*class_colours(list(content["classes"]), settings).values(), "black"]
        for axes, curve, colour in zip(panels, curves.values(), colours, strict=True):
            axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=1)
            _draw(axes, curve, colour)
    return figure


def _draw(axes: Axes, curve: Mapping[str, Any], colour: str) -> None:
    enough = [n >= LEAST_EFFECTIVE_EVENTS for n in curve["effective"]]
    x, y, error = (
        [
            nan if value is None or not shown else value
            for value, shown in zip(curve[key], enough, strict=True)
        ]
        for key in ("predicted", "observed", "error")
    )
    axes.errorbar(x, y, yerr=error, color=colour, marker="o", markersize=4, linewidth=1)
    # a share at an edge shows its whole dot
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
