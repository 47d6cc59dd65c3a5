"""Where a score of training events is distributed otherwise than that of events never seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from n2mu.plots.class_panels import class_panels, left_out
from n2mu.plots.classes import class_title
from n2mu.plots.colours import fold_shade
from n2mu.plots.model_heading import heading
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style

PANEL = (2.9, 1.6)
TOO_FEW = "Too few events for a test"
LEAST = 3.5
"""Shown at least, on either side of zero."""


def residuals_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the residuals of the chi2 between training and unseen events, a panel per class.

    One colour per fold; the bars are the bins, in which the two are compared. Classes with too few
    events for a test are named and have no panel.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    content = evaluation["train_test"]["classes"]
    signal = class_title(str(evaluation["signal_class"]), settings)
    with house_style():
        headings = []
        most = LEAST
        drawn = [n for n in evaluation["classes"] if content[n]["p_value"] is not None]
        # a figure has a panel in any case
        shown = drawn or evaluation["classes"][:1]
        for name in shown:
            tested = [fold for fold in content[name]["folds"] if fold["residuals"] is not None]
            p_value = content[name]["p_value"]
            test = "no test" if p_value is None else f"$p$ = {p_value:.2g}"
            headings.append(f"{class_title(name, settings)}, {test}")
            sizes = [abs(value or 0.0) for fold in tested for value in fold["residuals"]]
            most = max([most, *(1.1 * size for size in sizes)])
        figure, panels = class_panels(
            headings,
            (f"{signal} score", "Residual"),
            [*heading(evaluation, settings), *left_out(TOO_FEW, drawn, evaluation, settings)],
            PANEL,
            settings,
        )
        folds = 0
        for axes, name in zip(panels, shown, strict=True):
            folds = max(folds, len(content[name]["folds"]))
            for index, fold in enumerate(content[name]["folds"]):
                if fold["residuals"] is None:
                    continue
                edges = np.asarray(fold["edges"])
                centres, halves = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
                values = np.asarray(fold["residuals"], np.float64)
                colour = fold_shade(index, len(content[name]["folds"]))
                axes.errorbar(centres, values, xerr=halves, fmt="o", color=colour)
            axes.axhspan(-1, 1, color="0.9", zorder=0)
            axes.axhline(0, color="0.5", linewidth=1, zorder=0)
            axes.set_xlim(0, 1)
            axes.set_ylim(-most, most)
        width, height = figure.get_size_inches()
        handles = [
            Line2D([], [], color=fold_shade(k, folds), marker="o", label=f"Fold {k}")
            for k in range(folds)
        ]
        figure.legend(
            handles=handles,
            loc="upper right",
            bbox_to_anchor=(1 - 0.25 / width, 1 - 0.12 / height),
            ncols=2,
        )
    return figure
