"""Signal strengths of several fits with their errors, and the numbers at the right."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.fit_lines import fitted_title, sides
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    LINE,
    axes_in_inches,
    house_style,
    new_figure,
    panel_length,
    widest,
    write_labels,
)

ROW, WIDTH, BOTTOM, TOP = 0.5, 4.2, 0.7, 0.35
SIZE = 11.5
TOTAL: dict[str, Any] = {"color": "black", "elinewidth": 1.4, "capsize": 4.0, "zorder": 3}
STATISTICS: dict[str, Any] = {"color": "#7cb8ea", "elinewidth": 6.0, "zorder": 2}
Errors = tuple[float | None, float | None]


def mu_summary_figure(comparison: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the signal strengths of several fits, total errors over stat-only ones.

    Parameters
    ----------
    comparison
        Contents of the product of ``n2mu compare``.
    """
    fits = comparison["fits"]
    values = [float(fit["mu"]["value"]) for fit in fits]
    totals = [sides(fit["mu"], "mu") for fit in fits]
    statistics = [sides(fit["mu_stat_only"], "mu_stat_only") for fit in fits]
    digits = decimals(e for pair in (*totals, *statistics) for e in pair if e is not None)
    columns = [
        [r"$\mu$", *(plain(value, digits) for value in values)],
        ["Total", *(_text(pair, digits) for pair in totals)],
        ["Stat. only", *(_text(pair, digits) for pair in statistics)],
    ]
    datasets = {fitted_title(fit, settings) for fit in fits}
    lines = [*datasets] if len(datasets) == 1 else []
    names = fit_names(comparison, settings)
    panel = panel_length(WIDTH, settings.labels)
    with house_style():
        left = 0.4 + widest(names, SIZE)
        widths = [widest(column, SIZE) + 0.3 for column in columns]
        header = LINE * (len(lines) + 2) + 0.35
        height = BOTTOM + ROW * len(fits) + TOP + header
        figure = new_figure(left + panel + sum(widths) + 0.3, height)
        axes = axes_in_inches(figure, left, BOTTOM, panel, ROW * len(fits) + TOP)
        _draw(axes, values, statistics, "Stat. only", STATISTICS)
        _draw(axes, values, totals, "Total", TOTAL)
        axes.plot(values, range(len(values)), "o", color="black", zorder=4)
        axes.axvline(1.0, color="grey", linestyle="--", linewidth=0.9, zorder=1)
        ends = [value + (up or 0.0) for value, (up, _) in zip(values, totals, strict=True)]
        starts = [value - (down or 0.0) for value, (_, down) in zip(values, totals, strict=True)]
        low, high = min(1.0, *starts), max(1.0, *ends)
        axes.set_xlim(low - 0.08 * (high - low), high + 0.08 * (high - low))
        axes.set_ylim(len(fits) - 0.5, -0.5 - TOP / ROW)
        axes.minorticks_off()
        axes.tick_params(axis="y", left=False, right=False)
        axes.set_yticks(range(len(fits)), names, fontsize=SIZE)
        axes.set_xlabel(r"$\mu$")
        above = 1.0 + 0.08 / (ROW * len(fits) + TOP)
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, above), ncols=2)
        edge = left + panel + 0.15
        for column, width in zip(columns, widths, strict=True):
            _write(axes, (edge + width / 2 - left) / panel, column)
            edge += width
        write_labels(figure, 0.15, height - 0.1, settings.labels, lines)
    return figure


def fit_names(comparison: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    """Return what the fits are called, with their data if these are of different kinds."""
    fits = comparison["fits"]
    differ = len({fitted_title(fit, settings) for fit in fits}) > 1
    return [
        verbatim(fit["label"]) + (f" ({fitted_title(fit, settings)})" if differ else "")
        for fit in fits
    ]


def _draw(
    axes: Axes, values: Sequence[float], errors: Sequence[Errors], label: str, style: dict[str, Any]
) -> None:
    lengths = [[down or 0.0 for _, down in errors], [up or 0.0 for up, _ in errors]]
    axes.errorbar(values, range(len(values)), xerr=lengths, fmt="none", label=label, **style)


def _write(axes: Axes, place: float, column: Sequence[str]) -> None:
    """Write a heading and a text per row, at a place in widths of the axes."""
    for row, text in enumerate(column):
        y = row - 1 if row else -0.5 - TOP / ROW / 2
        axes.text(
            place,
            y,
            text,
            transform=axes.get_yaxis_transform(),
            fontsize=SIZE,
            ha="center",
            va="center",
        )


def _text(errors: Errors, digits: int) -> str:
    up, down = (r"\mathrm{none}" if side is None else f"{side:.{digits}f}" for side in errors)
    return rf"$^{{+{up}}}_{{-{down}}}$"
