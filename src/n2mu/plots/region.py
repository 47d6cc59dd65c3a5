"""Stacked histogram of one region before or after the fit, with the data and their ratio."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from scipy.special import gammaincinv

from n2mu.plots.fit_lines import data_title
from n2mu.plots.names import verbatim
from n2mu.plots.processes import summed
from n2mu.plots.region_content import RegionContent, region_content
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    LINE,
    axes_in_inches,
    energy_line,
    house_style,
    new_figure,
    widest,
    write_labels,
)

Floats = NDArray[np.float64]

EQUAL_WIDTHS_ABOVE = 8.0
"""Ratio of the widest to the narrowest bin above which bins are drawn equally wide."""

LEGEND_ROWS = 5
"""Most rows of a legend inside the axes; a longer one stands beside them."""
BESIDE_ROWS = 24
"""Most rows of a legend beside the axes; a longer one has more columns."""

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


def region_figure(
    region: str,
    which: Literal["prefit", "postfit"],
    report: Mapping[str, Any],
    postfit: Mapping[str, Any],
    settings: PlotSettings,
    *,
    dataset: str,
) -> Figure:
    """Draw a region's samples as a stack with total uncertainty, data, and data / total.

    Data are missing and a hatch lies over the bin where it is blinded. Where bins are of very
    unequal width (quantiles of a score) they are drawn equally wide, their edges written below.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`.
    dataset
        ``dataset`` of ``mu_fit.json``: what the points are.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ProductError
        If a product lacks the region or contradicts itself.
    """
    content = region_content(region, which, report, postfit, settings.samples)
    style = settings.regions.get(region)
    axis = axis_title(region, report, settings)
    heading = (style and style.title) or verbatim(region)
    lines = [heading, "Post-fit" if which == "postfit" else "Pre-fit"]
    if content.chi2["value"] is not None:
        lines.append(chi2_text(content.chi2))
    positions = bin_positions(content.edges)
    equal = positions is not content.edges
    rotated = equal and len(content.total) > 9
    with house_style():
        hidden = f"Blinded (S/B > {report['blinding_threshold']:g})"
        handles = _handles(content, settings, data_title(dataset), hidden)
        entry = widest([str(handle.get_label()) for handle in handles], LEGEND_SIZE) + 0.65
        block = widest([energy_line(settings.labels), *lines], LINE_SIZE) + 0.5
        columns = next((n for n in (1, 2) if len(handles) <= n * LEGEND_ROWS), 0)
        beside = columns == 0 or block + columns * entry > WIDTH
        columns = -(-len(handles) // BESIDE_ROWS) if beside else columns
        bottom = BOTTOM + (0.35 if rotated else 0.0)
        top = bottom + RATIO + GAP + MAIN
        figure = new_figure(LEFT + WIDTH + (0.2 + columns * entry if beside else 0.25), top + 0.15)
        main = axes_in_inches(figure, LEFT, bottom + RATIO + GAP, WIDTH, MAIN)
        ratio = axes_in_inches(figure, LEFT, bottom, WIDTH, RATIO)
        _draw_main(main, positions, content, settings)
        _draw_ratio(ratio, positions, content)
        _ticks(main, ratio, positions, content.edges if equal else None, rotated)
        ratio.set_xlabel(axis)
        if beside:
            place = (1.025, 1.0)
            main.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=columns)
            rows = len(lines) + 2
        else:
            main.legend(
                handles=handles, loc="upper right", bbox_to_anchor=(0.98, 0.965), ncols=columns
            )
            rows = max(len(lines) + 2, -(-len(handles) // columns))
        taken = (LINE * rows + 0.35) / MAIN
        _headroom(main, content, taken)
        _hatch_blinded(main, positions, content, 1.0 - taken)
        _hatch_blinded(ratio, positions, content)
        write_labels(figure, LEFT + 0.15, top - 0.1, settings.labels, lines)
    return figure


def axis_title(region: str, report: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the axis title of a region, or its observable."""
    style = settings.regions.get(region)
    return (style and style.axis) or verbatim(str(report["regions"][region]["observable"]))


def chi2_text(chi2: Mapping[str, Any]) -> str:
    """Return a chi2 with its degrees of freedom and p-value as one line."""
    p_value = chi2["p_value"]
    probability = f"{p_value:.2f}" if p_value >= 0.01 else f"{p_value:.1g}"
    return rf"$\chi^2$/ndf = {chi2['value']:.1f}/{chi2['ndof']}, p = {probability}"


def bin_positions(edges: Floats) -> Floats:
    """Return where bin edges ``[bin + 1]`` are drawn: the edges, or whole numbers."""
    widths = np.diff(edges)
    if widths.max() > EQUAL_WIDTHS_ABOVE * widths.min():
        return np.arange(len(edges), dtype=np.float64)
    return edges


def poisson_interval(counts: Floats) -> tuple[Floats, Floats]:
    """Return the central 68.3 % interval of Poisson means for counts ``[bin]``.

    F. Garwood, Biometrika 28 (1936) 437; counts of Asimov data need not be whole.
    """
    low = gammaincinv(np.maximum(counts, 1e-300), ONE_SIGMA)
    high = gammaincinv(counts + 1.0, 1.0 - ONE_SIGMA)
    return low, high


def _handles(
    content: RegionContent, settings: PlotSettings, data: str, hidden: str
) -> list[Artist]:
    handles: list[Artist] = []
    if not content.blinded.all():
        handles.append(Line2D([], [], color="black", marker="o", linestyle="none", label=data))
    for process, _ in reversed(summed(content.samples, settings.samples).values()):
        box: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.6}
        handles.append(Patch(facecolor=process.colour, label=process.title, **box))
    handles.append(Patch(**UNCERTAINTY, linewidth=0, label="Uncertainty"))
    if content.blinded.any():
        handles.append(Patch(**BLINDED, linewidth=0.6, label=hidden))
    return handles


def _draw_main(
    axes: Axes, positions: Floats, content: RegionContent, settings: PlotSettings
) -> None:
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
    _band(axes, positions, content.total, content.error)
    shown = ~content.blinded
    observed = content.observed[shown]
    low, high = poisson_interval(observed)
    centres = _centres(positions)[shown]
    axes.errorbar(centres, observed, yerr=(observed - low, high - observed), zorder=5, **POINT)
    axes.set_ylabel("Events / bin")


def _draw_ratio(axes: Axes, positions: Floats, content: RegionContent) -> None:
    usable = content.total > 0
    scale = np.where(usable, content.total, 1.0)
    relative = np.where(usable, content.error / scale, 0.0)
    _band(axes, positions, np.ones_like(scale), relative)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    shown = usable & ~content.blinded
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
    axes.set_ylabel("Data / total", loc="center")


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


def _ticks(
    main: Axes, ratio: Axes, positions: Floats, written: Floats | None, rotated: bool
) -> None:
    for axes in (main, ratio):
        axes.set_xlim(positions[0], positions[-1])
        if written is not None:
            axes.minorticks_off()
            axes.set_xticks(positions)
    if main is not ratio:
        main.tick_params(axis="x", labelbottom=False)
    if written is not None:
        ratio.set_xticks(
            positions,
            edge_texts(written),
            fontsize=9,
            rotation=90 if rotated else 0,
        )


def write_edges(panels: Sequence[Axes], positions: Floats, edges: Floats) -> None:
    """Limit panels to the bins and, where these are drawn equally wide, write their edges below."""
    equal = positions is not edges
    _ticks(panels[0], panels[-1], positions, edges if equal else None, equal and len(edges) > 10)


def edge_texts(edges: Floats) -> list[str]:
    """Return bin edges as short texts that all differ."""
    for digits in range(3, 17):
        texts = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(float(edge)) for edge in edges]


def _headroom(axes: Axes, content: RegionContent, taken: float) -> None:
    visible = np.where(content.blinded, 0.0, poisson_interval(content.observed)[1])
    tallest = max(float(np.max(content.total + content.error)), float(np.max(visible)))
    axes.set_ylim(0.0, (tallest or 1.0) / (1.0 - taken))
