"""Receiver operating characteristic of every class of one model."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.classes import class_colours, class_title
from n2mu.plots.model_heading import heading
from n2mu.plots.numbers import with_error
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, panel_length, write_labels

SIDE, LEFT, BOTTOM = 5.2, 0.85, 0.65


def class_roc_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw for each class the efficiency of its score for it against that for all others.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    side = panel_length(SIDE, settings.labels)
    with house_style():
        figure = new_figure(LEFT + side + 0.3, BOTTOM + side + 1.15)
        axes = axes_in_inches(figure, LEFT, BOTTOM, side, side)
        for name, colour in class_colours(evaluation["classes"], settings).items():
            area, curve = evaluation["auc"][name], evaluation["roc"][name]
            title = class_title(name, settings)
            if area["value"] is None:
                axes.plot([], [], color=colour, label=f"{title}, no AUC")
                continue
            label = f"{title}, AUC = {with_error(area['value'], area['error'])}"
            axes.plot(curve["fpr"], curve["tpr"], color=colour, label=label)
        axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=1, label="Random")
        axes.legend(loc="lower right", bbox_to_anchor=(0.97, 0.04))
        axes.tick_params(axis="x", pad=6)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("Efficiency for all other classes")
        axes.set_ylabel("Efficiency for the class")
        lines = heading(evaluation, settings)
        write_labels(figure, LEFT, BOTTOM + side + 1.1, settings.labels, lines)
    return figure
