"""Figures of panels one above the other: labels above them, the legend to their right."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    LINE,
    axes_in_inches,
    energy_line,
    new_figure,
    panel_length,
    widest,
    write_labels,
)

LEFT, WIDTH, GAP, BOTTOM, RIGHT = 0.95, 5.6, 0.1, 0.65, 0.25
LEGEND_SIZE, LEGEND_ROW, HANDLE, LINE_SIZE = 10.5, 0.222, 0.65, 11.5


def panels(
    settings: PlotSettings,
    lines: Sequence[str],
    handles: Sequence[Artist],
    heights: Sequence[float],
    *,
    left: float = LEFT,
    width: float | None = None,
    bottom: float = BOTTOM,
    right: float = RIGHT,
    gap: float = GAP,
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels; nothing written or explained lies over a panel.

    Parameters
    ----------
    lines
        Below the label of the experiment.
    handles
        Entries of the legend; without any there is none.
    heights
        Of the panels in inches, from the top.
    left, width, bottom, right, gap
        Room at the left, width of the panels, room below, at the right and between, in inches;
        without a width they have that of all figures.
    """
    width = panel_length(WIDTH, settings.labels) if width is None else width
    header = LINE * (1 + len([line for line in (energy_line(settings.labels), *lines) if line]))
    header += 0.3
    tall = sum(heights) + gap * (len(heights) - 1)
    entry = widest([str(handle.get_label()) for handle in handles], LEGEND_SIZE) + HANDLE
    columns = -(-len(handles) // max(int(tall / LEGEND_ROW), 1))
    total = left + width + (0.2 + columns * entry if handles else right)
    total = max(total, 0.4 + widest(lines, LINE_SIZE))
    figure = new_figure(total, bottom + tall + header)
    result = []
    top = bottom + tall
    for height in heights:
        result.append(axes_in_inches(figure, left, top - height, width, height))
        top -= height + gap
    if handles:
        place = (1 + 0.15 / width, 1.0)
        result[0].legend(
            handles=list(handles), loc="upper left", bbox_to_anchor=place, ncols=columns
        )
    write_labels(figure, 0.25, bottom + tall + header - 0.1, settings.labels, lines)
    return figure, result


def region_title(region: str, settings: PlotSettings) -> str:
    """Return the title of a region, or its name."""
    style = settings.regions.get(region)
    return (style and style.title) or verbatim(region)
