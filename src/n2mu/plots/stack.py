"""Drawing what a region holds: a stack with its uncertainty, the data, and their ratio."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from scipy.special import gammaincinv

from n2mu.plots.bins import bin_positions, edges_rotated, write_edges
from n2mu.plots.processes import summed
from n2mu.plots.region_content import RegionContent
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    LINE,
    axes_in_inches,
    energy_line,
    house_style,
    new_figure,
    panel_length,
    widest,
    write_labels,
)

Floats = NDArray[np.float64]


LEGEND_ROWS = 5
"""Most rows of a legend inside the axes; a longer one stands beside them."""
BESIDE_ROWS = 24
"""Most rows of a legend beside the axes; a longer one has more columns."""

INVISIBLE = 0.02
"""Share of the tallest bin below which signal cannot be seen and is drawn once more, scaled."""

THIN_LINES_ABOVE = 8
"""Number of samples above which their outlines are thinner."""

RATIO_TICKS = {
    0.25: (0.8, 0.9, 1, 1.1, 1.2),
    0.5: (0.6, 0.8, 1, 1.2, 1.4),
    1.0: (0, 0.5, 1, 1.5),
}
"""Ticks of the ratio by how far from one its axis reaches."""

LEFT, WIDTH, MAIN, RATIO, GAP, BOTTOM = 0.95, 5.6, 3.9, 1.35, 0.1, 0.65
LEGEND_SIZE, LINE_SIZE = 10.5, 11.5
UNCERTAINTY: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.2", "hatch": "/////"}
BLINDED: dict[str, Any] = {"facecolor": (1, 1, 1, 0.55), "edgecolor": "0.5", "hatch": "\\\\"}
POINT: dict[str, Any] = {"fmt": "o", "color": "black", "markersize": 5, "elinewidth": 1.3}
ONE_SIGMA = 0.1586552539314571
"""Probability above one standard deviation of a normal distribution."""


@dataclass(frozen=True)
class Stack:
    """What a stack says besides its content.

    Attributes
    ----------
    lines
        Below the label of the experiment.
    axis
        Title of the horizontal axis.
    data
        What the points are; without it there are none.
    threshold
        S/B above which bins are blinded.
    uncertainty
        What the band is.
    categories
        Names of the bins, where these are categories.
    logarithmic
        Whether the axis of events is.
    """

    lines: Sequence[str]
    axis: str
    data: str | None
    threshold: float
    uncertainty: str = "Uncertainty"
    categories: Sequence[str] | None = None
    logarithmic: bool = False


def stack_figure(content: RegionContent, told: Stack, settings: PlotSettings) -> Figure:
    """Draw processes as a stack with uncertainty, data, and data / total.

    Data are missing and a hatch lies over the bin where it is blinded. Where bins are of very
    unequal width (quantiles of a score) they are drawn equally wide, their edges written below.
    """
    positions = bin_positions(content.edges)
    rotated = positions is not content.edges and edges_rotated(content.edges)
    wide, tall = panel_length(WIDTH, settings.labels), panel_length(MAIN, settings.labels)
    with house_style():
        handles = _handles(content, told, settings)
        entry = widest([str(handle.get_label()) for handle in handles], LEGEND_SIZE) + 0.65
        block = widest([energy_line(settings.labels), *told.lines], LINE_SIZE) + 0.5
        columns = next((n for n in (1, 2) if len(handles) <= n * LEGEND_ROWS), 0)
        beside = columns == 0 or block + columns * entry > wide
        columns = -(-len(handles) // BESIDE_ROWS) if beside else columns
        names = told.categories or []
        upright = widest(names, LEGEND_SIZE) > 0.95 * wide / max(len(names), 1)
        bottom = BOTTOM + (0.35 if rotated else 0.0)
        bottom += widest(names, LEGEND_SIZE) - (0.0 if told.axis else 0.4) if upright else 0.0
        top = bottom + RATIO + GAP + tall
        figure = new_figure(LEFT + wide + (0.2 + columns * entry if beside else 0.25), top + 0.15)
        main = axes_in_inches(figure, LEFT, bottom + RATIO + GAP, wide, tall)
        ratio = axes_in_inches(figure, LEFT, bottom, wide, RATIO)
        _draw_main(main, positions, content, told, settings)
        _draw_ratio(ratio, positions, content, told)
        write_edges([main, ratio], positions, content.edges)
        if told.categories is not None:
            main.set_xticks(_centres(positions))
            ratio.set_xticks(
                _centres(positions),
                names,
                rotation=90 if upright else 0,
                fontsize=LEGEND_SIZE,
            )
            for axes in (main, ratio):
                axes.tick_params(axis="x", which="both", length=0)
        ratio.set_xlabel(told.axis)
        if beside:
            place = (1.025, 1.0)
            main.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=columns)
            rows = len(told.lines) + 2
        else:
            main.legend(
                handles=handles, loc="upper right", bbox_to_anchor=(0.98, 0.965), ncols=columns
            )
            rows = max(len(told.lines) + 2, -(-len(handles) // columns))
        taken = (LINE * rows + 0.35) / tall
        _headroom(main, content, told, taken)
        _hatch_blinded(main, positions, content, 1.0 - taken)
        _hatch_blinded(ratio, positions, content)
        write_labels(figure, LEFT + 0.15, top - 0.1, settings.labels, told.lines)
    return figure


def poisson_interval(counts: Floats) -> tuple[Floats, Floats]:
    """Return the central 68.3 % interval of Poisson means for counts ``[bin]``.

    F. Garwood, Biometrika 28 (1936) 437; counts of Asimov data need not be whole.
    """
    low = gammaincinv(np.maximum(counts, 1e-300), ONE_SIGMA)
    high = gammaincinv(counts + 1.0, 1.0 - ONE_SIGMA)
    return low, high


def _handles(content: RegionContent, told: Stack, settings: PlotSettings) -> list[Artist]:
    handles: list[Artist] = []
    if told.data is not None and not content.blinded.all():
        points = Line2D([], [], color="black", marker="o", linestyle="none", label=told.data)
        handles.append(points)
    for process, _ in reversed(summed(content.samples, settings.samples).values()):
        box: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.6}
        handles.append(Patch(facecolor=process.colour, label=process.title, **box))
    for line in _scaled_signals(content, told, settings):
        times = f"{line.title} $\\times$ {line.factor:,}"
        handles.append(Line2D([], [], color=line.colour, linestyle="--", label=times))
    handles.append(Patch(**UNCERTAINTY, linewidth=0, label=told.uncertainty))
    if content.blinded.any():
        hidden = f"Blinded (S/B > {told.threshold:g})"
        handles.append(Patch(**BLINDED, linewidth=0.6, label=hidden))
    return handles


def _draw_main(
    axes: Axes, positions: Floats, content: RegionContent, told: Stack, settings: PlotSettings
) -> None:
    if told.logarithmic:
        axes.set_yscale("log")
    below = np.zeros_like(content.total)
    stack = summed(content.samples, settings.samples)
    for process, values in stack.values():
        axes.stairs(
            below + values,
            positions,
            baseline=below,
            fill=True,
            facecolor=process.colour,
            edgecolor="black",
            linewidth=0.5 if len(stack) <= THIN_LINES_ABOVE else 0.25,
        )
        below = below + values
    axes.stairs(content.total, positions, color="black", linewidth=1.2)
    for line in _scaled_signals(content, told, settings):
        axes.stairs(line.values, positions, color=line.colour, linestyle="--", linewidth=1.5)
    _band(axes, positions, content.total, content.error)
    shown = _shown(content, told)
    observed = content.observed[shown]
    low, high = poisson_interval(observed)
    centres = _centres(positions)[shown]
    axes.errorbar(centres, observed, yerr=(observed - low, high - observed), zorder=5, **POINT)
    axes.set_ylabel("Events / bin" if told.axis else "Events")


class _Scaled(NamedTuple):
    title: str
    colour: str
    factor: int
    values: Floats


def _scaled_signals(content: RegionContent, told: Stack, settings: PlotSettings) -> list[_Scaled]:
    """Return the signals that nobody would see in the stack, times a power of ten.

    On a logarithmic axis a stack hides what is on top of it in any case, so that there is none.
    """
    tallest = float(np.max(content.total, initial=0.0))
    found = []
    for process, values in summed(content.samples, settings.samples).values():
        highest = float(np.max(values))
        if process.kind == "signal" and 0 < highest < INVISIBLE * tallest and not told.logarithmic:
            factor = 10 ** int(np.floor(np.log10(tallest / highest)))
            found.append(_Scaled(process.title, process.colour, factor, factor * values))
    return found


def _shown(content: RegionContent, told: Stack) -> NDArray[np.bool_]:
    """Return the bins that show data."""
    return ~content.blinded & (told.data is not None)


def _draw_ratio(axes: Axes, positions: Floats, content: RegionContent, told: Stack) -> None:
    usable = content.total > 0
    scale = np.where(usable, content.total, 1.0)
    relative = np.where(usable, content.error / scale, 0.0)
    _band(axes, positions, np.ones_like(scale), relative)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    shown = usable & _shown(content, told)
    ratios = content.observed[shown] / scale[shown]
    low, high = poisson_interval(content.observed[shown])
    centres = _centres(positions)[shown]
    needed = max([*np.abs(ratios - 1.0), *relative], default=0.0)
    reach = next((reach for reach in RATIO_TICKS if needed < 0.9 * reach), max(RATIO_TICKS))
    errors = (ratios - low / scale[shown], high / scale[shown] - ratios)
    axes.errorbar(centres, ratios, yerr=errors, zorder=5, **POINT)
    outside = ratios > 1.0 + reach
    axes.plot(
        centres[outside],
        np.full(int(outside.sum()), 1.0 + 0.88 * reach),
        marker="^",
        color="black",
        linestyle="none",
        zorder=5,
    )
    axes.set_ylim(1.0 - reach, 1.0 + reach)
    axes.set_yticks(RATIO_TICKS[reach])
    axes.set_ylabel("Data / total" if told.data is not None else "Error / total", loc="center")


def _band(axes: Axes, positions: Floats, centre: Floats, error: Floats) -> None:
    axes.stairs(
        centre + error,
        positions,
        baseline=centre - error,
        fill=True,
        linewidth=0,
        zorder=2.1,
        **UNCERTAINTY,
    )


def _hatch_blinded(axes: Axes, positions: Floats, content: RegionContent, top: float = 1.0) -> None:
    for index in np.flatnonzero(content.blinded):
        low, high = positions[index], positions[index + 1]
        axes.axvspan(low, high, ymax=top, linewidth=0, zorder=2.3, **BLINDED)


def _centres(positions: Floats) -> Floats:
    return (positions[1:] + positions[:-1]) / 2


def _headroom(axes: Axes, content: RegionContent, told: Stack, taken: float) -> None:
    seen = np.where(_shown(content, told), content.observed, 0.0)
    visible = np.where(_shown(content, told), poisson_interval(seen)[1], 0.0)
    tallest = max(float(np.max(content.total + content.error)), float(np.max(visible))) or 1.0
    if told.logarithmic:
        # a decade below the smallest bin, so that its main processes are seen
        lowest = 0.1 * float(np.min(content.total[content.total > 0], initial=tallest))
        axes.set_ylim(lowest, lowest * (tallest / lowest) ** (1.0 / (1.0 - taken)))
    else:
        axes.set_ylim(0.0, tallest / (1.0 - taken))
