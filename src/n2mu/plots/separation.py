"""How differently signal and background are distributed in a region."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from n2mu.plots.bins import bin_positions, write_edges
from n2mu.plots.colours import NEUTRAL, SIGNAL
from n2mu.plots.numbers import grouped
from n2mu.plots.panel import panels, region_title
from n2mu.plots.processes import processes
from n2mu.plots.region import axis_title
from n2mu.plots.region_content import region_content
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style, panel_length

Floats = NDArray[np.float64]

HEIGHT = 4.0


def separation(signal: Floats, background: Floats) -> float:
    """Return the separation of two distributions, 0 if they are equal and 1 if they share no bin.

    ``1/2 sum (s - b)^2 / (s + b)`` with both normalised to 1: A. Hoecker et al., TMVA Users Guide,
    physics/0703039, sec. 3.1.

    Parameters
    ----------
    signal, background
        Yields [bins] with positive sums; bins in which both sum up to nothing do not count.
    """
    s, b = signal / signal.sum(), background / background.sum()
    filled = s + b > 0
    return float(0.5 * np.sum((s - b)[filled] ** 2 / (s + b)[filled]))


def separation_figure(
    region: str, report: Mapping[str, Any], postfit: Mapping[str, Any], settings: PlotSettings
) -> Figure | None:
    """Draw the shapes of the expected signal and background of a region before the fit.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`.

    Returns
    -------
    matplotlib.figure.Figure or None
        None where signal or background has no positive yield.
    """
    content = region_content(region, "prefit", report, postfit, settings.samples)

    def count(total: float) -> str:
        return grouped(total, 0) if total >= 100 else f"{total:.3g}"

    shapes = {}
    for kind in ("signal", "background"):
        parts = [v for n, v in content.samples.items() if settings.samples[n].kind == kind]
        shapes[kind] = np.sum(parts, axis=0) if parts else np.zeros(1)
    signal, background = shapes["signal"], shapes["background"]
    if not (signal.sum() > 0 and background.sum() > 0):
        return None
    positions = bin_positions(content.edges)
    named = [p for p in processes(settings.samples).values() if p.kind == "signal"]
    colour = named[0].colour if len(named) == 1 else SIGNAL
    with house_style():
        lines = [
            f"{region_title(region, settings)}, pre-fit",
            rf"Separation $\langle S^2\rangle$ = {100 * separation(signal, background):.1f} %",
        ]
        handles = [
            Line2D([], [], color=colour, label=f"Signal ({count(signal.sum())} events)"),
            Line2D(
                [],
                [],
                color=NEUTRAL,
                linestyle="--",
                label=f"Background ({count(background.sum())} events)",
            ),
        ]
        figure, (axes,) = panels(
            settings, lines, handles, [panel_length(HEIGHT, settings.labels)], bottom=1.0
        )
        for values, line in zip((signal, background), handles, strict=True):
            axes.stairs(
                values / values.sum(),
                positions,
                color=line.get_color(),
                linestyle=line.get_linestyle(),
                linewidth=2.0,
            )
        tallest = max((signal / signal.sum()).max(), (background / background.sum()).max())
        lowest = min(0.0, (signal / signal.sum()).min(), (background / background.sum()).min())
        axes.set_ylim(1.1 * lowest, 1.12 * tallest)
        write_edges([axes], positions, content.edges)
        axes.set_xlabel(axis_title(region, report, settings))
        axes.set_ylabel("Fraction of events / bin")
    return figure
