"""Pulls and impacts of several fits side by side."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2mu.errors import ProductError
from n2mu.fit.comparison import impact_size
from n2mu.plots.colours import GREEN, YELLOW
from n2mu.plots.mu_summary import fit_names, mu_summary_figure
from n2mu.plots.names import ALPHA, FREE, GAMMA, group, title
from n2mu.plots.pulls import AXES, HEADINGS, IN_TALKS, NOMINAL, moved, note
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    FAILED,
    LINE,
    axes_in_inches,
    check_settings,
    house_style,
    leading,
    new_figure,
    panel_length,
    save_figure,
    widest,
    write_labels,
)
from n2mu.products import read_json

Entry = Mapping[str, Any]

ROWS = 45
WIDTH, AXIS, TOP, GAP = 3.2, 0.62, 0.35, 0.2
RANKING_WIDTH, RANKED = 5.2, 20
NAME_SIZE = 9.5
PALE = 0.4
COLOURS = ("#1f4e9c", "#bd1f01", "#333333", "#832db6", "#e76300", "#a96b59")
"""Of the fits; readable over the bands of pulls."""


def run_plot_comparison(settings: PlotSettings, product: Path) -> list[Path]:
    """Draw a comparison beside its product: ``<stem>_mu``, ``_pulls`` and, if known, ``_ranking``.

    Returns
    -------
    list of Path
        The figures without their suffixes, ``.pdf`` and ``.png``.

    Raises
    ------
    ProductError
        If the product is no comparison.
    ConfigurationError
        If a title cannot be typeset.
    """
    check_settings(settings)
    content = read_json(product)
    if not isinstance(content, dict) or content.get("kind") != "compare":
        raise ProductError(f"{product}: no comparison; run n2mu compare again")
    stems = []
    for name, draw in COMPARISON_FIGURES.items():
        if (figure := draw(content, settings)) is not None:
            stems.append(product.with_name(f"{product.stem}_{name}"))
            save_figure(figure, stems[-1])
    return stems


def pulls_comparison(comparison: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw pull and constraint of every parameter in each fit, gammas and free ones apart.

    Parameters
    ----------
    comparison
        Contents of the product of ``n2mu compare``.
    """
    row, width = _row_height(comparison), panel_length(WIDTH, settings.labels)
    panels: list[tuple[str, Sequence[Entry]]] = []
    parameters = comparison["parameters"]
    if settings.labels.format == "talk":
        parameters = _in_talks(parameters)
    count = len(comparison["parameters"])
    lines = [note(len(parameters), count)] if len(parameters) < count else []
    for kind in (ALPHA, GAMMA, FREE):
        members = [entry for entry in parameters if group(entry) == kind]
        pages = ceil(len(members) * row / (ROWS * 0.22))
        size = ceil(len(members) / pages) if pages else 1
        panels += [(kind, members[i : i + size]) for i in range(0, len(members), size)]
    with house_style():
        names = [[title(entry, settings) for entry in entries] for _, entries in panels]
        lefts, edge = [], 0.1
        for texts in names:
            lefts.append(edge + widest(texts, NAME_SIZE) + 0.2)
            edge = lefts[-1] + width + GAP
        header = LINE * (2 + len(lines) + ceil(len(comparison["fits"]) / 2)) + 0.25
        tallest = max((len(members) for _, members in panels), default=1) * row
        height = header + TOP + tallest + AXIS
        figure = new_figure(max(edge, 5.5), height)
        for left, (kind, entries), texts in zip(lefts, panels, names, strict=True):
            tall = row * len(entries)
            axes = axes_in_inches(figure, left, height - header - TOP - tall, width, tall)
            _pulls(axes, kind, entries, texts)
        write_labels(figure, 0.15, height - 0.1, settings.labels, lines)
        handles = [
            Line2D([], [], color=COLOURS[i % len(COLOURS)], marker="o", label=name)
            for i, name in enumerate(fit_names(comparison, settings))
        ]
        place = (0.15 / figure.get_figwidth(), 1 - (0.15 + (2 + len(lines)) * LINE) / height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=2)
    return figure


def ranking_comparison(
    comparison: Mapping[str, Any], settings: PlotSettings, first: int = RANKED
) -> Figure | None:
    r"""Draw the post-fit impacts of the leading parameters in each fit; None without rankings.

    Full bars are impacts of :math:`\hat\theta+\Delta\hat\theta`, pale ones of
    :math:`\hat\theta-\Delta\hat\theta`.

    Parameters
    ----------
    comparison
        Contents of the product of ``n2mu compare``.
    first
        Number of parameters, the largest impact in any fit on top.
    """
    if not comparison["ranking"]:
        return None
    shown = sorted(comparison["ranking"], key=impact_size, reverse=True)
    shown = shown[: leading(first, settings.labels)]
    fits = comparison["fits"]
    row = max(0.27, 0.13 * len(fits) + 0.1)
    with house_style():
        failed = [_failed(entry) for entry in shown]
        names = [
            title(entry, settings) + (" (failed)" if bad else "")
            for entry, bad in zip(shown, failed, strict=True)
        ]
        left = widest(names, 11.0) + 0.3
        header = LINE * (3 + len(fits)) + 0.7
        height = 0.2 + row * len(shown) + header
        figure = new_figure(left + RANKING_WIDTH + 0.35, height)
        axes = axes_in_inches(figure, left, 0.2, RANKING_WIDTH, row * len(shown))
        _impacts(axes, shown, len(fits))
        axes.set_yticks(range(len(shown)), names, fontsize=11.0)
        for bad, label in zip(failed, axes.get_yticklabels(), strict=True):
            label.set_color(FAILED if bad else "black")
        lines = []
        if len(shown) < len(comparison["ranking"]):
            lines = [f"{len(shown)} of {len(comparison['ranking'])} parameters"]
        write_labels(figure, 0.15, height - 0.1, settings.labels, lines)
        ranked = [any(entry["fits"][i] is not None for entry in shown) for i in range(len(fits))]
        handles = [
            Patch(
                color=COLOURS[i % len(COLOURS)],
                linewidth=0,
                label=name if ranked[i] else f"{name}: no ranking",
            )
            for i, name in enumerate(fit_names(comparison, settings))
        ]
        handles += [
            Patch(color="#555555", linewidth=0, label=r"$\theta=\hat{\theta}+\Delta\hat{\theta}$"),
            Patch(
                color="#555555",
                alpha=PALE,
                linewidth=0,
                label=r"$\theta=\hat{\theta}-\Delta\hat{\theta}$",
            ),
        ]
        place = (1 - 0.15 / figure.get_figwidth(), 1 - 0.12 / height)
        figure.legend(handles=handles, loc="upper right", bbox_to_anchor=place)
    return figure


def _in_talks(parameters: Sequence[Entry]) -> list[Entry]:
    """Return free parameters, and those that the data moved most in any of the fits."""

    def largest(entry: Entry) -> float:
        return max((moved(fit) for fit in entry["fits"] if fit is not None), default=0.0)

    nuisance = [entry for entry in parameters if group(entry) == ALPHA]
    names = {entry["name"] for entry in sorted(nuisance, key=largest, reverse=True)[:IN_TALKS]}
    return [entry for entry in parameters if group(entry) == FREE or entry["name"] in names]


def _failed(entry: Entry) -> bool:
    return any(fit is not None and fit["status"] != "ok" for fit in entry["fits"])


def _row_height(comparison: Mapping[str, Any]) -> float:
    return max(0.22, 0.11 * len(comparison["fits"]) + 0.06)


def _offset(position: int, count: int) -> float:
    """Return where a fit is drawn within a row of height 1."""
    return 0.72 * ((position + 0.5) / count - 0.5)


def _pulls(axes: Axes, kind: str, members: Sequence[Entry], names: Sequence[str]) -> None:
    keys = ("pull", "constraint") if kind == ALPHA else ("value", "uncertainty")
    reach = 2.6 if kind == ALPHA else 0.0
    for row, entry in enumerate(members):
        for position, fit in enumerate(entry["fits"]):
            value, error = (None, None) if fit is None else (fit[key] for key in keys)
            if value is None:
                continue
            reach = max(reach, 1.1 * (abs(value - NOMINAL[kind]) + (error or 0.0)))
            axes.errorbar(
                value,
                row + _offset(position, len(entry["fits"])),
                xerr=error,
                fmt="o",
                color=COLOURS[position % len(COLOURS)],
                markersize=4,
            )
    if kind == ALPHA:
        axes.axvspan(-2, 2, color=YELLOW, linewidth=0, zorder=0)
        axes.axvspan(-1, 1, color=GREEN, linewidth=0, zorder=0)
    axes.axvline(NOMINAL[kind], color="black", linestyle="--", linewidth=0.8, zorder=1)
    axes.set_xlim(NOMINAL[kind] - (reach or 1.0), NOMINAL[kind] + (reach or 1.0))
    axes.set_ylim(len(members) - 0.5, -0.5)
    axes.minorticks_off()
    axes.tick_params(axis="x", labelsize=9.5)
    axes.tick_params(axis="y", left=False, right=False)
    axes.set_yticks(range(len(names)), names, fontsize=NAME_SIZE)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel(AXES[kind], fontsize=11)
    axes.set_title(HEADINGS[kind], fontsize=11, loc="left", pad=5)


def _impacts(axes: Axes, shown: Sequence[Entry], count: int) -> None:
    reach = 0.0
    for row, entry in enumerate(shown):
        for position, fit in enumerate(entry["fits"]):
            impact = {} if fit is None else fit["impact_postfit"]
            sides = [
                (impact[side], alpha)
                for side, alpha in (("up", 1.0), ("down", PALE))
                if impact.get(side) is not None
            ]
            # where both sides shift mu the same way the smaller one stays visible in front
            for shift, alpha in sorted(sides, key=lambda side: -abs(side[0])):
                reach = max(reach, abs(shift))
                axes.barh(
                    row + _offset(position, count),
                    shift,
                    0.72 / count,
                    color=COLOURS[position % len(COLOURS)],
                    alpha=alpha,
                    linewidth=0,
                )
    axes.axvline(0, color="black", linestyle="--", linewidth=0.8)
    axes.set_xlim(-1.12 * (reach or 1.0), 1.12 * (reach or 1.0))
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.minorticks_off()
    axes.tick_params(axis="y", left=False, right=False)
    axes.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False)
    axes.xaxis.set_label_position("top")
    axes.locator_params(axis="x", nbins=7)
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.set_xlabel(r"Post-fit $\Delta\mu$")


COMPARISON_FIGURES: dict[str, Callable[[Mapping[str, Any], PlotSettings], Figure | None]] = {
    "mu": mu_summary_figure,
    "pulls": pulls_comparison,
    "ranking": ranking_comparison,
}
"""Functions of the content of a comparison; one that has nothing to draw returns None."""
