"""Pulls and constraints of all nuisance parameters, and the values of the free ones."""

from collections.abc import Mapping, Sequence
from itertools import compress
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.fit.decomposition import among
from n2mu.plots.colours import GREEN, YELLOW
from n2mu.plots.fit_lines import fit_lines
from n2mu.plots.names import ALPHA, FREE, GAMMA, group, is_numbered, title
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

ROWS = 55
"""Longest panel, and height of columns; more parameters continue in a further column."""

IN_TALKS = 12
"""Longest panel, and most nuisance parameters, in talks."""

ROW, WIDTH, AXIS, TOP = 0.22, 2.5, 0.62, 0.35
SHARED = 0.08
"""Below a panel whose axis is that of the next one."""
NAME_SIZE = 9.5
HEADINGS = {ALPHA: "Nuisance parameters", GAMMA: "MC statistics", FREE: "Free factors"}
NOMINAL = {ALPHA: 0.0, GAMMA: 1.0, FREE: 1.0}
AXES = {
    ALPHA: r"$(\hat{\theta}-\theta_0)/\Delta\theta$",
    GAMMA: r"$\hat{\gamma}$",
    FREE: "Value",
}


class _Panel(NamedTuple):
    kind: str
    heading: str
    parameters: Sequence[Mapping[str, Any]]
    names: Sequence[str]
    reach: tuple[float, float]

    @property
    def height(self) -> float:
        return ROW * len(self.parameters)


class _Placed(NamedTuple):
    """A panel, and whether its axis is written, not that of the same kind of panel below."""

    panel: _Panel
    axis: bool

    @property
    def full_height(self) -> float:
        return TOP + self.panel.height + (AXIS if self.axis else SHARED)


def pulls_figure(mu_fit: Mapping[str, Any], settings: PlotSettings) -> Figure:
    r"""Draw pull and constraint of every parameter of a fit.

    Constrained parameters are shown as :math:`(\hat\theta-\theta_0)/\Delta\theta` with the
    constraint as error bar over bands of one and two standard deviations; gammas and free norm
    factors with value and uncertainty in panels of their own.

    Parameters
    ----------
    mu_fit
        Contents of ``mu_fit.json``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    lines, width = fit_lines(mu_fit, settings), panel_length(WIDTH, settings.labels)
    parameters, rows, groups = mu_fit["parameters"], ROWS, settings.groups
    if settings.labels.format == "talk":
        parameters, rows, groups = _in_talks(parameters), IN_TALKS, {}
    if len(parameters) < len(mu_fit["parameters"]):
        lines.append(note(len(parameters), len(mu_fit["parameters"])))
    with house_style():
        columns = _columns(_panels(parameters, settings, groups, rows), rows)
        lefts, edge = [], 0.1
        for column in columns:
            edge += widest([name for panel in column for name in panel.names], NAME_SIZE) + 0.2
            lefts.append(edge)
            edge += width + 0.2
        header = LINE * (len(lines) + 2) + 0.25
        height = header + max(_height(column) for column in columns)
        figure = new_figure(max(edge, 5.0, 0.3 + widest(lines, 11.5)), height)
        for left, column in zip(lefts, columns, strict=True):
            top = height - header
            for placed in _placed(column):
                length = placed.panel.height
                _draw(axes_in_inches(figure, left, top - TOP - length, width, length), placed)
                top -= placed.full_height
        write_labels(figure, 0.15, height - 0.1, settings.labels, lines)
    return figure


def moved(parameter: Mapping[str, Any]) -> float:
    """Return the pull, or what the fit took off the error: the larger one."""
    pull, constraint = parameter["pull"], parameter["constraint"]
    return max(abs(float(pull or 0.0)), 0.0 if constraint is None else abs(1.0 - constraint))


def _in_talks(parameters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return free parameters, and the nuisance parameters that the data moved most; no gammas."""
    nuisance = [parameter for parameter in parameters if group(parameter) == ALPHA]
    names = {p["name"] for p in sorted(nuisance, key=moved, reverse=True)[:IN_TALKS]}
    return [p for p in parameters if group(p) == FREE or p["name"] in names]


def note(shown: int, count: int) -> str:
    """Return what a figure with some of the parameters says."""
    return f"{shown} of {count} parameters: largest pulls and constraints"


def _panels(
    parameters: Sequence[Mapping[str, Any]],
    settings: PlotSettings,
    groups: Mapping[str, Sequence[str]],
    longest: int,
) -> list[_Panel]:
    panels = []
    for kind in (ALPHA, GAMMA, FREE):
        members = [parameter for parameter in parameters if group(parameter) == kind]
        if not members:
            continue
        reach = _reach(kind, members)
        for heading, part in _parts(kind, members, groups):
            rows = ceil(len(part) / ceil(len(part) / longest))
            for start in range(0, len(part), rows):
                chunk = part[start : start + rows]
                names = [title(p, settings) for p in chunk]
                panels.append(_Panel(kind, heading, chunk, names, reach))
    return panels


def _parts(
    kind: str, members: Sequence[Mapping[str, Any]], groups: Mapping[str, Sequence[str]]
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the nuisance parameters group by group; gammas and norm factors are one each."""
    if kind == FREE:
        return [(HEADINGS[kind], sorted(members, key=lambda p: is_numbered(str(p["name"]))))]
    if kind == GAMMA:
        return [(HEADINGS[kind], list(members))]
    known = [member["name"] for member in members]
    masks = [among(known, names) for names in groups.values()]
    rest = ~np.any([*masks, np.zeros(len(known), bool)], axis=0)
    headings = [heading.replace("_", " ") for heading in groups]
    headings.append("Other nuisance parameters" if groups else HEADINGS[kind])
    parts = [list(compress(members, mask)) for mask in (*masks, rest)]
    return [(heading, part) for heading, part in zip(headings, parts, strict=True) if part]


def _placed(column: Sequence[_Panel]) -> list[_Placed]:
    below = [panel.kind for panel in column[1:]] + [None]
    return [_Placed(panel, panel.kind != kind) for panel, kind in zip(column, below, strict=True)]


def _height(column: Sequence[_Panel]) -> float:
    return sum(placed.full_height for placed in _placed(column))


def _columns(panels: Sequence[_Panel], longest: int) -> list[list[_Panel]]:
    """Return the panels in as few columns as possible, about equally long."""
    limit = TOP + ROW * longest + AXIS
    columns = _filled(panels, limit)
    while limit > ROW:
        limit -= ROW
        shorter = _filled(panels, limit)
        if len(shorter) > len(columns):
            break
        columns = shorter
    return columns


def _filled(panels: Sequence[_Panel], limit: float) -> list[list[_Panel]]:
    columns: list[list[_Panel]] = [[]]
    for panel in panels:
        if columns[-1] and _height([*columns[-1], panel]) > limit:
            columns.append([])
        columns[-1].append(panel)
    return columns


def _point(kind: str, parameter: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if kind == ALPHA:
        return parameter["pull"], parameter["constraint"]
    return parameter["value"], parameter["uncertainty"]


def _reach(kind: str, members: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    if kind == FREE:
        sides = [1.0]
        for value, error in (_point(kind, parameter) for parameter in members):
            if value is not None:
                sides += [value - (error or 0.0), value + (error or 0.0)]
        margin = 0.1 * (max(sides) - min(sides) or 1.0)
        return min(sides) - margin, max(sides) + margin
    centre = NOMINAL[kind]
    points = [_point(kind, parameter) for parameter in members]
    reach = max(
        (abs(value - centre) + (error or 0.0) for value, error in points if value is not None),
        default=0.0,
    )
    reach = max(2.6, 1.1 * reach) if kind == ALPHA else 1.15 * (reach or 1.0)
    return centre - reach, centre + reach


def _draw(axes: Axes, placed: _Placed) -> None:
    panel = placed.panel
    if panel.kind == ALPHA:
        axes.axvspan(-2, 2, color=YELLOW, linewidth=0, zorder=0)
        axes.axvspan(-1, 1, color=GREEN, linewidth=0, zorder=0)
    axes.axvline(NOMINAL[panel.kind], color="black", linestyle="--", linewidth=0.8, zorder=1)
    for row, parameter in enumerate(panel.parameters):
        value, error = _point(panel.kind, parameter)
        if value is not None:
            axes.errorbar(value, row, xerr=error, fmt="o", color="black", markersize=4)
    axes.set_xlim(*panel.reach)
    axes.set_ylim(len(panel.parameters) - 0.5, -0.5)
    axes.minorticks_off()
    axes.tick_params(axis="x", labelsize=9.5)
    axes.tick_params(axis="y", left=False, right=False)
    axes.set_yticks(range(len(panel.names)), panel.names, fontsize=NAME_SIZE)
    axes.locator_params(axis="x", nbins=6)
    if placed.axis:
        axes.set_xlabel(AXES[panel.kind], fontsize=11)
    else:
        axes.tick_params(axis="x", labelbottom=False)
    axes.set_title(panel.heading, fontsize=11, loc="left", pad=5)
