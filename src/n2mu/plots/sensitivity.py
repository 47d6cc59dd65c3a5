"""Expected signal against background in the regions and bins of a fit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from n2mu.plots.colours import NEUTRAL
from n2mu.plots.panel import panels, region_title
from n2mu.plots.region_content import region_content
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style, panel_length, widest

Floats = NDArray[np.float64]

HEIGHT, LEAST_WIDTH, PER_REGION = 2.3, 3.2, 0.9
PALE = 0.6
NAME_SIZE = 10.0


def signal_and_background(
    region: str, report: Mapping[str, Any], postfit: Mapping[str, Any], settings: PlotSettings
) -> tuple[Floats, Floats]:
    """Return the expected signal and background of a region before the fit [bins]."""
    content = region_content(region, "prefit", report, postfit, settings.samples)
    parts = {
        kind: [v for n, v in content.samples.items() if settings.samples[n].kind == kind]
        for kind in ("signal", "background")
    }
    nothing = np.zeros_like(content.total)
    return np.sum([nothing, *parts["signal"]], axis=0), np.sum(
        [nothing, *parts["background"]], axis=0
    )


def sensitivity_figure(
    report: Mapping[str, Any], postfit: Mapping[str, Any], settings: PlotSettings
) -> Figure:
    """Draw S/B and S/sqrt(B) of every region and its bins before the fit.

    Bins without expected background are left out.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`.
    """
    regions = [name for name in settings.regions if name in postfit["regions"]]
    found = {r: signal_and_background(r, report, postfit, settings) for r in regions}
    with house_style():
        titles = [region_title(region, settings) for region in regions]
        handles: list[Artist] = [
            Patch(color=NEUTRAL, alpha=PALE, linewidth=0, label="Region"),
            Line2D([], [], color="black", marker="o", linestyle="none", label="Its bins"),
        ]
        threshold = float(report["blinding_threshold"])
        exceeded = any(bool(np.any(s > threshold * b)) for s, b in found.values())
        if exceeded:
            label = f"Blinding threshold ({threshold:g})"
            handles.append(Line2D([], [], color="0.3", linestyle="--", label=label))
        figure, (ratio, significance) = panels(
            settings,
            ["Expected signal and background, pre-fit"],
            handles,
            [panel_length(HEIGHT, settings.labels)] * 2,
            width=max(LEAST_WIDTH, PER_REGION * len(regions)),
            bottom=widest(titles, NAME_SIZE) + 0.25,
            gap=0.2,
        )
        _draw(ratio, [(s, b) for s, b in found.values()], 1.0)
        _draw(significance, [(s, b) for s, b in found.values()], 0.5)
        if exceeded:
            ratio.axhline(threshold, color="0.3", linestyle="--", linewidth=1.0)
        ratio.set_xticks(range(len(regions)), [""] * len(regions))
        significance.set_xticks(range(len(regions)), titles, fontsize=NAME_SIZE, rotation=90)
        ratio.set_ylabel("S / B")
        significance.set_ylabel(r"S / $\sqrt{\mathrm{B}}$")
    return figure


def _draw(axes: Axes, regions: list[tuple[Floats, Floats]], power: float) -> None:
    for position, (signal, background) in enumerate(regions):
        if background.sum() > 0:
            value = signal.sum() / background.sum() ** power
            axes.bar(position, value, 0.6, color=NEUTRAL, alpha=PALE, linewidth=0)
        known = background > 0
        values = signal[known] / background[known] ** power
        offsets = np.linspace(-0.22, 0.22, len(known))[known] if len(known) > 1 else [0.0]
        axes.plot(
            position + np.asarray(offsets[: len(values)]), values, "o", color="black", markersize=4
        )
    axes.set_xlim(-0.6, len(regions) - 0.4)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.margins(y=0.1)
    axes.minorticks_off()
    axes.tick_params(axis="x", length=0)
