"""Scans of the profile likelihood: a curve with its 1 and 2 sigma lines, or contours."""

from collections.abc import Mapping, Sequence
from math import nan, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from n2mu.errors import ProductError
from n2mu.plots.fit_lines import fitted_title
from n2mu.plots.inference_panels import STATISTICS, TOTAL, panels, poi_title
from n2mu.plots.names import title
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import FAILED, house_style

CURVES = (("total", TOTAL, "Total"), ("stat_only", STATISTICS, "Stat. only"))
CONTOURS = ((2.30, "solid", "68 % CL"), (5.99, "dashed", "95 % CL"))
"""Quantiles of chi2 with two degrees of freedom."""


def scan_figure(scan: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw a scan in one or two parameters.

    Points whose fit failed are missing in the curve and marked by red crosses.

    Parameters
    ----------
    scan
        Contents of the product of ``n2mu scan``.
    """
    with house_style():
        if len(scan["parameters"]) == 1:
            return _curves(scan, settings)
        return _contours(scan, settings)


def _curves(scan: Mapping[str, Any], settings: PlotSettings) -> Figure:
    parameter = scan["parameters"][0]
    name = _title(parameter, scan, settings)
    lines = [fitted_title(scan, settings), f"{name} = {_value(parameter)}"]
    figure, (axes,) = panels(settings, lines, right=0.6)
    top = 1.0
    for key, colour, label in CURVES:
        heights = [nan if height is None else height for height in scan[key]["two_delta_nll"]]
        axes.plot(
            scan[key]["values"][0],
            heights,
            color=colour,
            linestyle="-" if key == "total" else "--",
            label=label,
            zorder=3,
        )
        if key == "total":
            top = max(4.6, 1.25 * np.nanmax([*heights, 1.0]))
    axes.set_ylim(0, min(top, 12.0))
    values = scan["total"]["values"][0]
    axes.set_xlim(values[0], values[-1])
    for level, text in ((1, r"1$\sigma$"), (4, r"2$\sigma$")):
        axes.axhline(level, color="grey", linestyle=":", linewidth=1.2, zorder=1)
        axes.annotate(
            text,
            xy=(1, level),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color="#555555",
        )
    handles, labels = axes.get_legend_handles_labels()
    if marks := _mark_failures(axes, scan, lambda values: (values[0], 0.0)):
        handles.append(marks)
        labels.append("Failed fit")
    axes.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.97))
    axes.set_xlabel(name)
    axes.set_ylabel(r"$-2\,\Delta\ln L$")
    return figure


def _contours(scan: Mapping[str, Any], settings: PlotSettings) -> Figure:
    first, second = scan["parameters"]
    names = [_title(parameter, scan, settings) for parameter in (first, second)]
    figure, (axes,) = panels(settings, [fitted_title(scan, settings)])
    handles: list[Any] = []
    for key, colour, label in CURVES:
        columns, rows = scan[key]["values"]
        heights = [nan if height is None else height for height in scan[key]["two_delta_nll"]]
        # the root is what is nearly linear between the points
        plane = np.sqrt(np.asarray(heights).reshape(len(columns), len(rows)).T)
        roots = np.ma.masked_invalid(plane)
        for level, style, text in CONTOURS:
            if not roots.count() or not roots.min() < sqrt(level) < roots.max():
                continue
            axes.contour(
                columns,
                rows,
                roots,
                levels=[sqrt(level)],
                colors=colour,
                linestyles=style,
                linewidths=1.6,
            )
            line: dict[str, Any] = {"color": colour, "linestyle": style}
            handles.append(Line2D([], [], label=f"{label}, {text}", **line))
    best: dict[str, Any] = {"color": TOTAL, "marker": "+", "linestyle": "none", "markersize": 11}
    axes.plot(first["best_fit"], second["best_fit"], markeredgewidth=1.8, **best)
    handles.append(Line2D([], [], markeredgewidth=1.8, label="Best fit", **best))
    if marks := _mark_failures(axes, scan, lambda values: (values[0], values[1])):
        handles.append(marks)
    columns, rows = scan["total"]["values"]
    axes.set_xlim(columns[0], columns[-1])
    low, high = rows[0], rows[-1]
    # the legend has the upper part for itself
    axes.set_ylim(low, high + 0.28 * (high - low))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.97), ncols=2)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    return figure


def _mark_failures(axes: Axes, scan: Mapping[str, Any], place: Any) -> Line2D | None:
    failed: Sequence[Mapping[str, Any]] = scan["total"]["failed"]
    if not failed:
        return None
    style: dict[str, Any] = {"color": FAILED, "marker": "x", "linestyle": "none"}
    places = [place(entry["values"]) for entry in failed]
    axes.plot(*zip(*places, strict=True), clip_on=False, zorder=5, **style)
    return Line2D([], [], label="Failed fit", **style)


def _title(parameter: Mapping[str, Any], scan: Mapping[str, Any], settings: PlotSettings) -> str:
    if parameter["name"] == scan["poi"]:
        return poi_title(scan, settings)
    return title(parameter, settings)


def _value(parameter: Mapping[str, Any]) -> str:
    interval = parameter["one_sigma"]
    errors = [interval[side] for side in ("up", "down")]
    if any(error is not None and error < 0 for error in errors):
        raise ProductError(f"scan of '{parameter['name']}': an error is negative; scan again")
    digits = decimals(error for error in errors if error is not None)
    up, down = (r"\mathrm{none}" if error is None else f"{error:.{digits}f}" for error in errors)
    value = plain(parameter["best_fit"], digits).replace("\N{MINUS SIGN}", "-")
    return rf"${value}^{{+{up}}}_{{-{down}}}$ (1$\sigma$)"
