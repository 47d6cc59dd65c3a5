"""A panel for each class of a model, where curves of all in one could not be told apart."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.classes import class_title
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, new_figure, panel_length, write_labels

LONGEST_OF_THREE = 6
"""Panels that stand in rows of three; more stand in rows of four."""

LEFT, BOTTOM, ACROSS, ABOVE, HEADER = 0.85, 0.65, 0.65, 0.4, 1.0
HEADING = 11.5


def class_panels(
    headings: Sequence[str],
    labels: tuple[str, str],
    lines: Sequence[str],
    size: tuple[float, float],
    settings: PlotSettings,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels in rows of three or four.

    Parameters
    ----------
    headings
        Of the panels.
    labels
        Of all horizontal axes, below the lowest panel of each column, and of all vertical ones.
    lines
        Below the labels of the experiment.
    size
        Width and height of a panel in papers, in inches.
    """
    width, height = (panel_length(length, settings.labels) for length in size)
    columns = min(3 if len(headings) <= LONGEST_OF_THREE else 4, len(headings))
    rows = -(-len(headings) // columns)
    top = BOTTOM + rows * (height + ABOVE)
    across = max(LEFT + columns * (width + ACROSS) - ACROSS + 0.25, 5.5)
    figure = new_figure(across, top + HEADER)
    panels = []
    for number, heading in enumerate(headings):
        row, column = divmod(number, columns)
        place = (LEFT + column * (width + ACROSS), top - (row + 1) * (height + ABOVE))
        axes = axes_in_inches(figure, *place, width, height)
        lowest = number + columns >= len(headings)
        axes.tick_params(axis="x", pad=6, labelbottom=lowest)
        axes.set_title(heading, fontsize=HEADING, loc="left", pad=5)
        if lowest:
            axes.set_xlabel(labels[0])
        if column == 0:
            axes.set_ylabel(labels[1])
        panels.append(axes)
    write_labels(figure, LEFT, top + HEADER - 0.05, settings.labels, lines)
    return figure, panels


def left_out(
    why: str, drawn: Collection[str], evaluation: Mapping[str, Any], settings: PlotSettings
) -> list[str]:
    """Return the line that names the classes without panel, if there are any."""
    without = [n for n in evaluation["classes"] if n not in drawn]
    names = ", ".join(class_title(name, settings) for name in without)
    return [f"{why}: {names}"] if without else []
