"""How often an event is of a class, against the probability that the model gives it."""

from collections.abc import Mapping
from math import nan
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.colours import shade
from n2mu.plots.model_panel import class_title, heading
from n2mu.plots.numbers import plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, write_labels

SIDE, LEFT, BOTTOM = 4.6, 0.85, 0.65
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
        figure = new_figure(LEFT + SIDE + 2.6, BOTTOM + SIDE + 0.95)
        axes = axes_in_inches(figure, LEFT, BOTTOM, SIDE, SIDE)
        axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=1)
        for index, (title, curve) in enumerate(curves.items()):
            enough = [n >= LEAST_EFFECTIVE_EVENTS for n in curve["effective"]]
            x, y, error = (
                [
                    nan if value is None or not shown else value
                    for value, shown in zip(curve[key], enough, strict=True)
                ]
                for key in ("predicted", "observed", "error")
            )
            last = index == len(curves) - 1
            distance = curve["expected_error"]["value"]
            shown = "none" if distance is None else plain(distance, 3)
            axes.errorbar(
                x,
                y,
                yerr=error,
                color="black" if last else shade(index),
                marker="o",
                markersize=4,
                linewidth=1,
                label=f"{title}, {shown}",
            )
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(1.03, 1.0),
            title="Expected error",
            title_fontsize=10.5,
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("Probability")
        axes.set_ylabel("Share of the class")
        lines = heading(evaluation, settings)
        axes.tick_params(axis="x", pad=6)
        write_labels(figure, LEFT, BOTTOM + SIDE + 0.9, settings.labels, lines)
    return figure
