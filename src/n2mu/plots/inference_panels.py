"""What figures of scans, limits and pseudo-experiments share."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.colours import SIGNAL
from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import LINE, axes_in_inches, new_figure, panel_length, widest, write_labels

LEFT, BOTTOM, WIDTH, HEIGHT, RIGHT = 0.95, 0.7, 5.4, 4.0, 0.35
GAP = 0.85

TOTAL, STATISTICS = "black", "#1f6fb4"
OBSERVED = SIGNAL


def panels(
    settings: PlotSettings,
    lines: Sequence[str],
    count: int = 1,
    right: float = RIGHT,
    above: float = 0.0,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with labels and panels side by side.

    Parameters
    ----------
    lines
        Below the label.
    count
        Number of panels.
    right
        Room in inches at the right of the last panel.
    above
        Room in inches between the labels and the panels.
    """
    named = 1 + bool(settings.labels.energy or settings.labels.luminosity)
    header = LINE * (len(lines) + named) + 0.35 + above
    wide, tall = (panel_length(length, settings.labels) for length in (WIDTH, HEIGHT))
    width = LEFT + count * wide + (count - 1) * GAP + right
    label_width = 0.3 + widest(lines, 11.5)
    figure = new_figure(max(width, label_width), BOTTOM + tall + header)
    axes = [
        axes_in_inches(figure, LEFT + i * (wide + GAP), BOTTOM, wide, tall) for i in range(count)
    ]
    for panel in axes:
        # the labels of both axes meet in the corner
        panel.tick_params(axis="x", pad=8)
    write_labels(figure, 0.25, BOTTOM + tall + header - 0.1, settings.labels, lines)
    return figure, axes


def poi_title(product: Mapping[str, Any], settings: PlotSettings) -> str:
    r"""Return the title of the signal strength; :math:`\mu` if it has none."""
    name = str(product["poi"])
    if name in settings.parameters:
        return settings.parameters[name]
    return r"$\mu$" if name == "mu" else rf"$\mu$ ({verbatim(name)})"
