"""Which epoch the loss would have chosen, and which the significance."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from n2mu.plots.colours import fold_shade
from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, panel_length, write_labels

WIDTH, HEIGHT, LEFT, BOTTOM, GAP, LEGEND = 3.9, 2.8, 0.95, 0.65, 1.05, 2.0

PANELS = {"validation_loss": "Validation loss", "significance": "Expected significance"}


def best_epoch_figure(
    histories: Mapping[int, Mapping[str, Any]], model: str, settings: PlotSettings
) -> Figure:
    """Draw loss and significance of the validated epochs, a line per fold.

    Marked are the epochs of the lowest loss and of the highest significance in both panels, so
    that one sees what choosing by the one costs of the other.

    Parameters
    ----------
    histories
        Contents of ``history.json`` by fold.
    model
        Its name.
    """
    wide, tall = (panel_length(length, settings.labels) for length in (WIDTH, HEIGHT))
    with house_style():
        figure = new_figure(LEFT + 2 * wide + GAP + LEGEND, BOTTOM + tall + 1.0)
        for column, (key, title) in enumerate(PANELS.items()):
            axes = axes_in_inches(figure, LEFT + column * (wide + GAP), BOTTOM, wide, tall)
            for index, (_, history) in enumerate(sorted(histories.items())):
                known = {
                    number: epoch
                    for number, epoch in enumerate(history["epochs"], 1)
                    if all(epoch[name] is not None for name in PANELS)
                }
                if not known:
                    continue
                losses = [epoch["validation_loss"] for epoch in known.values()]
                gains = [epoch["significance"] for epoch in known.values()]
                values = [epoch[key] for epoch in known.values()]
                colour = fold_shade(index, len(histories))
                axes.plot(list(known), values, color=colour)
                for marker, best in (("v", _first(losses, min)), ("o", _first(gains, max))):
                    at = list(known)[best]
                    axes.plot([at], [values[best]], marker, color=colour, markersize=7)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.margins(x=0.03, y=0.08)
            axes.ticklabel_format(axis="y", useOffset=False)
            axes.set_xlabel("Epoch")
            axes.set_ylabel(title)
            if not axes.has_data():
                axes.set_yticks([])
        handles = [
            Line2D([], [], color=fold_shade(index, len(histories)), label=f"Fold {fold}")
            for index, fold in enumerate(sorted(histories))
        ]
        for marker, label in (("v", "Lowest loss"), ("o", "Highest significance")):
            handles.append(
                Line2D([], [], color="black", linestyle="none", marker=marker, label=label)
            )
        width, height = figure.get_size_inches()
        place = ((LEFT + 2 * wide + GAP + 0.15) / width, (BOTTOM + tall) / height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place)
        write_labels(figure, LEFT, BOTTOM + tall + 0.95, settings.labels, [verbatim(model)])
    return figure


def _first(values: Sequence[float], extreme: Any) -> int:
    return values.index(extreme(values))
