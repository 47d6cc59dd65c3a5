"""Panels beside each other that share their rows: a measure each, a row per thing compared."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.style import axes_in_inches

PANEL, ROW, GAP, BOTTOM = 2.3, 0.3, 0.4, 0.7
"""Width of a panel, height of a row, distance of panels and of the figure's end, in inches."""


def row_axes(
    figure: Figure, left: float, number: int, names: Sequence[str], width: float = PANEL
) -> Axes:
    """Return the axes of one panel, rows from top to bottom; the first one names them.

    Parameters
    ----------
    left
        Where the first panel begins, in inches.
    number
        Of the panel, from 0.
    names
        Of the rows.
    width
        Of a panel, in inches.
    """
    size = ROW * (len(names) + 1)
    axes = axes_in_inches(figure, left + number * (width + GAP), BOTTOM, width, size)
    axes.set_ylim(len(names), -1)
    axes.set_yticks(range(len(names)), names if number == 0 else [""] * len(names))
    axes.minorticks_off()
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=3)
    return axes
