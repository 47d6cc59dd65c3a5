"""Which systematics are kept, for every sample of a region."""

from collections.abc import Mapping
from typing import Any

from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from n2mu.errors import ProductError, nearest
from n2mu.plots.names import verbatim
from n2mu.plots.panel import panels, region_title
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style, widest

CELL = 0.21
NAME_SIZE = 9.0
LEAST_WIDTH = 2.0

STATES = {
    "kept": ("#5ab4ac", "Kept"),
    "shape_dropped": ("#ffa90e", "Shape dropped"),
    "norm_dropped": ("#832db6", "Rate dropped"),
    "dropped": ("#bd1f01", "Dropped"),
    "no_events": ("#d9d9d9", "No events"),
}
"""Colour and title of what became of a systematic, by the ``status`` of the report."""


def pruning_figure(region: str, report: Mapping[str, Any], settings: PlotSettings) -> Figure | None:
    """Draw what is kept of every systematic on every sample of a region.

    A cell without colour: the systematic does not act on the sample.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``: ``effects`` and the thresholds in ``pruning``.

    Returns
    -------
    matplotlib.figure.Figure or None
        None where no systematic acts.

    Raises
    ------
    ProductError
        If the report has a status that is unknown.
    """
    effects = [entry for entry in report["effects"] if entry["region"] == region]
    if not effects:
        return None
    acted_on = {str(entry["sample"]) for entry in effects}
    samples = [name for name in reversed(settings.samples) if name in acted_on]
    systematics = list(dict.fromkeys(str(entry["systematic"]) for entry in effects))
    for entry in effects:
        if entry["status"] not in STATES:
            hint = nearest(entry["status"], STATES)
            raise ProductError(
                f"templates_report.json, {region}, {entry['sample']}, {entry['systematic']}: "
                f"unknown status '{entry['status']}'{hint}"
            )
    cells = {(e["sample"], e["systematic"]): STATES[e["status"]][0] for e in effects}
    present = {entry["status"] for entry in effects}
    with house_style():
        columns = [settings.samples[name].title or verbatim(name) for name in samples]
        rows = [settings.parameters.get(name, verbatim(name)) for name in systematics]
        handles = [
            Patch(facecolor=colour, edgecolor="white", label=label)
            for state, (colour, label) in STATES.items()
            if state in present
        ]
        thresholds = report["pruning"]
        lines = [
            f"{region_title(region, settings)}: pruning of systematics",
            f"Thresholds: rate {_percent(thresholds['norm'])}, "
            f"shape {_percent(thresholds['shape'])}",
        ]
        width = max(CELL * len(samples), LEAST_WIDTH)
        figure, (axes,) = panels(
            settings,
            lines,
            handles,
            [max(CELL * len(systematics), 0.222 * len(handles))],
            left=widest(rows, NAME_SIZE) + 0.3,
            width=width,
            bottom=widest(columns, NAME_SIZE) + 0.3,
        )
        for colour in dict.fromkeys(cells.values()):
            boxes = [
                Rectangle((column - 0.46, row - 0.46), 0.92, 0.92)
                for row, systematic in enumerate(systematics)
                for column, sample in enumerate(samples)
                if cells.get((sample, systematic)) == colour
            ]
            axes.add_collection(PatchCollection(boxes, facecolor=colour, linewidth=0))
        axes.set_xlim(-0.5, len(samples) - 0.5)
        axes.set_ylim(len(systematics) - 0.5, -0.5)
        axes.set_xticks(range(len(samples)), columns, fontsize=NAME_SIZE, rotation=90)
        axes.set_yticks(range(len(systematics)), rows, fontsize=NAME_SIZE)
        axes.minorticks_off()
        axes.tick_params(length=0)
    return figure


def _percent(threshold: float) -> str:
    return f"{100 * threshold:g} %"
