"""The signal score of events that trained a model and of events that it never saw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.colours import shade
from n2mu.plots.model_panel import class_title, heading
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, write_labels

WIDTH, HEIGHT, LEFT, BOTTOM = 5.8, 3.9, 0.95, 0.65


def train_test_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the normalised distributions of each class: training as lines, test as dots.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    content = evaluation["train_test"]
    signal = str(evaluation["signal_class"])
    with house_style():
        figure = new_figure(LEFT + WIDTH + 2.9, BOTTOM + HEIGHT + 0.95)
        axes = axes_in_inches(figure, LEFT, BOTTOM, WIDTH, HEIGHT)
        edges = np.asarray(content["edges"])
        for index, name in enumerate(evaluation["classes"]):
            own = content["classes"][name]
            p_value = own["p_value"]
            test = "no test" if p_value is None else f"$p$ = {p_value:.2g}"
            _draw(axes, edges, own, shade(index), f"{class_title(name, settings)}, {test}")
        axes.plot([], [], color="black", label="Training events")
        axes.errorbar([], [], yerr=[], fmt="o", color="black", label="Unseen events")
        axes.legend(loc="upper left", bbox_to_anchor=(1.025, 1.0))
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(f"{class_title(signal, settings)} score")
        axes.set_ylabel("Share of events")
        lines = heading(evaluation, settings)
        axes.tick_params(axis="x", pad=6)
        write_labels(figure, LEFT, BOTTOM + HEIGHT + 0.9, settings.labels, lines)
    return figure


def _draw(
    axes: Axes, edges: np.ndarray[Any, Any], own: Mapping[str, Any], colour: str, label: str
) -> None:
    for kind in ("train", "test"):
        sums, errors = (np.asarray(own[kind][key], np.float64) for key in ("sumw", "error"))
        if not sums.sum() > 0:
            continue
        shares, errors = sums / sums.sum(), errors / sums.sum()
        if kind == "train":
            axes.stairs(shares, edges, color=colour, linewidth=1.5, label=label)
        else:
            filled = errors > 0
            centres = 0.5 * (edges[1:] + edges[:-1])[filled]
            axes.errorbar(
                centres, shares[filled], yerr=errors[filled], fmt="o", color=colour, markersize=4
            )
