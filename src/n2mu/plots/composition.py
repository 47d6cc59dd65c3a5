"""What the regions of a fit are made of."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from n2mu.plots.fit_subjects import Stage
from n2mu.plots.numbers import grouped
from n2mu.plots.panel import panels, region_title
from n2mu.plots.processes import summed
from n2mu.plots.region_content import region_content
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style, panel_length, widest

ROW, WIDTH = 0.42, 6.0
TITLE_SIZE, NUMBER_SIZE = 11.0, 9.0
LEAST_NUMBERED = 0.055
"""Share below which a part of a bar is too narrow for its percentage."""
DARK = 0.45


def composition_figure(
    which: Stage,
    report: Mapping[str, Any],
    postfit: Mapping[str, Any],
    settings: PlotSettings,
) -> Figure:
    """Draw the share of every process in every region, with the expected events at the right.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`.
    """
    regions = [name for name in settings.regions if name in postfit["regions"]]
    regions += [name for name in postfit["regions"] if name not in regions]
    yields = {}
    for region in regions:
        content = region_content(region, which, report, postfit, settings.samples)
        sums = {name: float(values.sum()) for name, values in content.samples.items()}
        yields[region] = summed(sums, settings.samples)
    shown = {key: process for parts in yields.values() for key, (process, _) in parts.items()}
    order = list(summed(dict.fromkeys(settings.samples, 0.0), settings.samples))
    keys = [key for key in order if key in shown]
    with house_style():
        titles = [region_title(region, settings) for region in regions]
        left = widest(titles, TITLE_SIZE) + 0.35
        handles = [
            Patch(
                facecolor=shown[key].colour,
                edgecolor="black",
                linewidth=0.6,
                label=shown[key].title,
            )
            for key in reversed(keys)
        ]
        heading = "Post-fit" if which == "postfit" else "Pre-fit"
        # as tall as a legend of one column asks for, if the rows are not
        height = max(ROW * len(regions), min(0.222 * len(handles), 3.0))
        totals = [sum(float(v) for _, v in yields[region].values()) for region in regions]
        counts = [f"{grouped(total, 0 if total >= 100 else 1)} events" for total in totals]
        width = panel_length(WIDTH, settings.labels)
        figure, (axes,) = panels(
            settings,
            [f"{heading} composition of the regions"],
            handles,
            [height],
            left=left,
            width=width,
            gap=0,
        )
        room = widest(counts, NUMBER_SIZE) + 0.15
        for row, region in enumerate(regions):
            _bar(axes, row, yields[region], keys)
            axes.text(
                1.0 + 0.06 / (width - room), row, counts[row], fontsize=NUMBER_SIZE, va="center"
            )
        axes.set_xlim(0, width / (width - room))
        axes.set_ylim(len(regions) - 0.5, -0.5)
        axes.set_yticks(range(len(regions)), titles, fontsize=TITLE_SIZE)
        axes.minorticks_off()
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", top=False)
        axes.set_xticks(np.linspace(0, 1, 6), ["0", "20", "40", "60", "80", "100"])
        axes.set_xlabel("Share of the expected events [%]")
    return figure


def _bar(axes: Any, row: int, parts: Mapping[str, Any], keys: list[str]) -> None:
    # a negative yield has no share; it is drawn as none
    values = {key: max(float(parts[key][1]), 0.0) for key in keys if key in parts}
    total = sum(values.values()) or 1.0
    below = 0.0
    for key, value in values.items():
        share, colour = value / total, parts[key][0].colour
        axes.barh(row, share, 0.72, left=below, facecolor=colour, edgecolor="black", linewidth=0.4)
        if share >= LEAST_NUMBERED:
            luminance = float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))
            axes.text(
                below + share / 2,
                row,
                f"{100 * share:.0f}",
                ha="center",
                va="center",
                fontsize=NUMBER_SIZE,
                color="white" if luminance < DARK else "black",
            )
        below += share
