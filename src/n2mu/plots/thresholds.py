"""The expected significance above each threshold of the signal score."""

from collections.abc import Mapping
from math import nan
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.classes import class_title
from n2mu.plots.colours import NEUTRAL
from n2mu.plots.model_heading import heading
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, panel_length, write_labels

WIDTH, HEIGHT, LEFT, BOTTOM = 5.6, 3.8, 0.85, 0.65
MEASURES = {"asimov": "Asimov significance", "s_over_sqrt_b": r"$s/\sqrt{b}$"}


def thresholds_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw both measures over the threshold, as far as enough background is left.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    content = evaluation["significance"]
    scan, least = content["scan"], content["least_effective_events"]
    width, height = (panel_length(length, settings.labels) for length in (WIDTH, HEIGHT))
    with house_style():
        figure = new_figure(LEFT + width + 0.3, BOTTOM + height + 0.95)
        axes = axes_in_inches(figure, LEFT, BOTTOM, width, height)
        enough = [events >= least for events in scan["effective_background"]]
        for (key, title), colour in zip(MEASURES.items(), ("black", NEUTRAL), strict=True):
            values = [
                nan if value is None or not shown else value
                for value, shown in zip(scan[key], enough, strict=True)
            ]
            axes.plot(scan["threshold"], values, color=colour, label=title)
            if content[key]["threshold"] is not None:
                best = (content[key]["threshold"], content[key]["maximum"])
                axes.plot(*best, "o", color=colour)
        axes.legend(loc="lower left", bbox_to_anchor=(0.04, 0.05))
        axes.set_ylim(bottom=0)
        signal = class_title(str(evaluation["signal_class"]), settings)
        axes.set_xlabel(f"Threshold of the {signal} score")
        axes.set_ylabel("Expected significance")
        lines = heading(evaluation, settings)
        axes.tick_params(axis="x", pad=6)
        write_labels(figure, LEFT, BOTTOM + height + 0.9, settings.labels, lines)
    return figure
