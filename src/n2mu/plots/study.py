"""The variants of a study: their training curves, and what they reach."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from n2mu.plots.colours import PALETTE, shade
from n2mu.plots.names import verbatim
from n2mu.plots.panel import region_title
from n2mu.plots.rows import BOTTOM, GAP, PANEL, ROW, row_axes
from n2mu.plots.settings import PlotSettings
from n2mu.plots.study_table import measures_of, reference_of, scaled, signal_title, total
from n2mu.plots.style import (
    axes_in_inches,
    house_style,
    new_figure,
    panel_length,
    widest,
    write_labels,
)

SIDE, HEIGHT, LEFT, SPACE = 3.6, 2.6, 0.95, 0.95
ENTRY = 0.215
"""Height of an entry of a legend in inches."""

SMOOTHING = 0.4
"""Weight of the past in the moving average of curves."""

CURVES = {
    "auc": "Validation AUC, {signal}",
    "mean_auc": "Validation AUC, mean over classes",
    "significance": "Validation significance",
    "validation_loss": "Validation loss",
}
DASHES: Final[tuple[Literal["-", "--", ":"], ...]] = ("-", "--", ":")
"""One round of the colours after the other."""


def study_figure(study: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw what each variant reaches on events that no decision has seen.

    Black: with the error of the number of events and of the training. Blue: with the error
    of the difference to the first variant, which is smaller since the events are the same.
    Of the uncertainty on mu, half the width of its interval, only that of the training is known.
    Open diamonds: what is published elsewhere.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    """
    with house_style():
        variants = study["variants"]
        names = [verbatim(variant["variant"]) for variant in variants]
        left = 0.35 + widest(names, 11)
        titles = measures_of(study, signal_title(study, settings))
        panel = panel_length(PANEL, settings.labels)
        told = _what_is_drawn(study)
        columns = min(len(titles), len(told))
        lines = -(-len(told) // columns)
        top = BOTTOM + ROW * (len(names) + 1)
        legend = ENTRY * lines + 0.1
        entry = 0.75 + widest([str(handle.get_label()) for handle in told], 10.5)
        across = max(len(titles) * (panel + GAP), columns * entry)
        figure = new_figure(left + across + 0.2, top + legend + 1.2)
        for number, (key, title) in enumerate(titles.items()):
            axes = row_axes(figure, left, number, names, panel)
            _draw_measure(axes, study, key)
            axes.set_xlabel(title, fontsize=11)
        width, height = figure.get_size_inches()
        figure.legend(
            handles=told,
            loc="upper left",
            ncols=columns,
            columnspacing=1.2,
            bbox_to_anchor=(left / width, (top + legend) / height),
        )
        heading = _heading(study, settings)
        write_labels(figure, left, top + legend + 1.15, settings.labels, heading)
    return figure


def _draw_measure(axes: Axes, study: Mapping[str, Any], key: str) -> None:
    """Draw one measure of all variants."""
    variants = study["variants"]
    rows = np.arange(len(variants))
    scale = study["measures"][key]["scale"]
    measures = [scaled(variant["measures"][key], scale) for variant in variants]
    values = [_number(measure["value"]) for measure in measures]
    axes.errorbar(values, rows, xerr=[total(m) for m in measures], fmt="o", color="black")
    start = reference_of(study)
    first, reference = values[start], variants[start]["variant"]
    steps = [scaled(v["differences"][reference][key], scale) for v in variants[start + 1 :]]
    axes.errorbar(
        values[start + 1 :],
        rows[start + 1 :] + 0.22,
        xerr=[total(step) for step in steps],
        fmt="none",
        color=shade(0),
        linewidth=2.5,
    )
    axes.axvline(first, color="0.5", linestyle="--", linewidth=1, zorder=0)
    if study["published"]:
        theirs = [variant["published"].get(key, nan) for variant in variants]
        axes.plot(theirs, rows, "D", color=shade(1), fillstyle="none")
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)


def _what_is_drawn(study: Mapping[str, Any]) -> list[Line2D]:
    """Return the entries of the legend."""
    first = verbatim(study["variants"][reference_of(study)]["variant"])
    handles = [
        Line2D([], [], color="black", marker="o", label="value and error"),
        Line2D([], [], color=shade(0), linewidth=2.5, label=f'error of difference to "{first}"'),
    ]
    if study["published"]:
        published = Line2D([], [], color=shade(1), marker="D", fillstyle="none", linestyle="none")
        published.set_label("published")
        handles.append(published)
    return handles


def curves_figure(study: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw AUC, significance and loss on the validation events per epoch.

    Thin: as they are, mean over folds and seeds; thick: their moving average.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    """
    with house_style():
        variants = [variant for variant in study["variants"] if variant["curves"]["auc"]]
        names = [verbatim(variant["variant"]) for variant in variants]
        known = [variant["curves"] for variant in variants]
        shown = [key for key in CURVES if any(v is not None for c in known for v in c[key])]
        side = panel_length(SIDE, settings.labels)
        handles = _lines(names)
        step_x, step_y = side + SPACE, HEIGHT + SPACE - 0.2
        beside = len(shown) % 2 == 0 or ENTRY * len(handles) > HEIGHT
        top = BOTTOM + 2 * HEIGHT + SPACE - 0.2
        width = LEFT + step_x + side
        wide = width + 0.75 + widest([str(h.get_label()) for h in handles], 10.5)
        figure = new_figure(wide if beside else max(width, wide - side) + 0.2, top + 1.2)
        for number, key in enumerate(shown):
            row, column = divmod(number, 2)
            place = (LEFT + column * step_x, top - HEIGHT - row * step_y)
            axes = axes_in_inches(figure, *place, side, HEIGHT)
            for index, curves in enumerate(known):
                _curve(axes, curves[key], index)
            _number_epochs(axes, [len(curves["auc"]) for curves in known])
            axes.margins(x=0.02, y=0.06)
            axes.set_ylabel(CURVES[key].format(signal=signal_title(study, settings)), fontsize=11)
            axes.set_xlabel("Epoch", fontsize=11)
        place = (width + 0.15, top) if beside else (LEFT + step_x, top - step_y)
        anchor = tuple(place / figure.get_size_inches())
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=anchor)
        write_labels(figure, LEFT, top + 1.15, settings.labels, _heading(study, settings))
    return figure


def _curve(axes: Axes, values: Sequence[float | None], index: int) -> None:
    """Draw the epochs that were validated."""
    known = [(epoch, value) for epoch, value in enumerate(values, 1) if value is not None]
    epochs, numbers = [epoch for epoch, _ in known], [value for _, value in known]
    axes.plot(epochs, numbers, color=shade(index), alpha=0.35, linewidth=1)
    smooth = numbers[:1]
    for number in numbers[1:]:
        smooth.append(SMOOTHING * smooth[-1] + (1 - SMOOTHING) * number)
    axes.plot(epochs, smooth, color=shade(index), linewidth=2, linestyle=_dashes(index))


def _lines(names: Sequence[str]) -> list[Line2D]:
    """Return the entries of the legend of curves."""
    return [
        *(
            Line2D([], [], color=shade(i), linewidth=2, linestyle=_dashes(i), label=name)
            for i, name in enumerate(names)
        ),
        Line2D([], [], color="0.4", linewidth=2, label="moving average"),
        Line2D([], [], color="0.4", linewidth=1, alpha=0.5, label="epoch by epoch"),
    ]


def _dashes(index: int) -> Literal["-", "--", ":"]:
    return DASHES[index // len(PALETTE) % len(DASHES)]


def _number_epochs(axes: Axes, lengths: Sequence[int]) -> None:
    """Count epochs, by powers where some variants have many more than others."""
    if max(lengths) > 4 * min(lengths):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _heading(study: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    title = region_title(str(study["region"]), settings)
    seeds = f", {study['seeds']} seeds" if study["seeds"] > 1 else ""
    seeds = f", {study['trials']} trials" if study["trials"] else seeds
    return [f"{study['title']}", f"{title}{seeds}"]


def _number(value: float | None) -> float:
    return nan if value is None else value
