"""The features that the signal score of a model rests on most."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.classes import class_title
from n2mu.plots.colours import NEUTRAL
from n2mu.plots.model_heading import heading
from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, leading, new_figure, widest, write_labels

WIDTH, ROW, GAP, BOTTOM = 2.9, 0.25, 0.3, 0.7
SHOWN = 20


def importance_figure(
    evaluation: Mapping[str, Any], titles: Mapping[str, str], settings: PlotSettings
) -> Figure:
    """Draw the leading features by Integrated Gradients and by permutation.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    titles
        Of the features, by name.
    """
    content = evaluation["importance"]
    gradients = content["integrated_gradients"]["features"]
    signal = class_title(str(evaluation["signal_class"]), settings)
    panels = [("Fall of the AUC when shuffled", content["permutation"]["features"])]
    if gradients is not None:
        panels.insert(0, (f"Attribution to the {signal} score", gradients))
    shown = leading(SHOWN, settings.labels)
    panels = [(label, features[:shown]) for label, features in panels]
    with house_style():
        names = [
            [titles.get(entry["name"]) or verbatim(entry["name"]) for entry in entries]
            for _, entries in panels
        ]
        lefts, edge = [], 0.1
        for texts in names:
            lefts.append(edge + widest(texts, 10) + 0.2)
            edge = lefts[-1] + WIDTH + GAP
        height = ROW * max(len(entries) for _, entries in panels)
        figure = new_figure(max(edge, 5.5), BOTTOM + height + 1.15)
        for left, (label, entries), texts in zip(lefts, panels, names, strict=True):
            own = ROW * len(entries)
            axes = axes_in_inches(figure, left, BOTTOM + height - own, WIDTH, own)
            _bars(axes, entries, texts)
            axes.set_xlabel(label, fontsize=11)
        lines = heading(evaluation, settings)
        write_labels(figure, 0.15, BOTTOM + height + 1.1, settings.labels, lines)
    return figure


def _bars(axes: Axes, entries: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    rows = range(len(entries))
    axes.barh(
        rows,
        [entry["value"] or 0.0 for entry in entries],
        0.7,
        xerr=[entry["error"] or 0.0 for entry in entries],
        color=NEUTRAL,
        error_kw={"linewidth": 1},
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_ylim(len(entries) - 0.4, -0.6)
    axes.minorticks_off()
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(rows, names, fontsize=10)
    axes.locator_params(axis="x", nbins=4)
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
