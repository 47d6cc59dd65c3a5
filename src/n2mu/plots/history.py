"""What happened in each epoch of all folds of a model."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import nan
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from n2mu.plots.classes import class_colours, class_title
from n2mu.plots.colours import fold_shade
from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    axes_in_inches,
    house_style,
    new_figure,
    panel_length,
    widest,
    write_labels,
)

WIDTH, HEIGHT, LEFT, BOTTOM = 4.2, 2.0, 0.95, 0.65
LEGEND = 10.5

Histories = Mapping[int, Mapping[str, Any]]


def history_figure(histories: Histories, heading: str, settings: PlotSettings) -> Figure:
    """Draw what ``history.json`` has per epoch: one line per fold, for classes the mean of folds.

    Panels are the losses; AUC of the signal, expected significance and AUC of every class on
    the validation events; learning rate; events per second. One without numbers is left out.

    Parameters
    ----------
    histories
        Contents of ``history.json`` by fold; ``best_epoch`` counts from 0, the axis from 1.
    heading
        Name of the model.

    Returns
    -------
    matplotlib.figure.Figure
    """
    folds = dict(sorted(histories.items()))
    classes = _class_areas(list(folds.values()))
    wide, tall = (panel_length(length, settings.labels) for length in (WIDTH, HEIGHT))
    next_row, next_column = tall + 0.1, wide + 1.0
    with house_style():
        panels = _panels(folds, classes, class_colours(list(classes), settings))
        rows = -(-len(panels) // 2)
        top = BOTTOM + rows * next_row
        titles = [class_title(name, settings) for name in classes]
        colours = list(class_colours(list(classes), settings).values())
        side = LEFT + next_column + wide + 0.2
        texts = ["Training events", *titles]
        figure = new_figure(side + 0.6 + widest(texts, LEGEND), top + 0.95)
        for number, (title, draw) in enumerate(panels):
            column, row = divmod(number, rows)
            lowest = row == rows - 1 or number == len(panels) - 1
            place = (LEFT + column * next_column, top - (row + 1) * next_row)
            axes = axes_in_inches(figure, *place, wide, tall)
            draw(axes)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.margins(x=0.02, y=0.08)
            axes.set_ylabel(title, fontsize=11)
            axes.tick_params(axis="x", labelbottom=lowest)
            if lowest:
                axes.set_xlabel("Epoch")
        width, height = figure.get_size_inches()
        handles = [*_handles(folds), *_class_handles(titles, colours)]
        place = (side / width, (top - 0.1) / height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place)
        write_labels(figure, LEFT, top + 0.9, settings.labels, [verbatim(heading)])
    return figure


def _panels(
    folds: Histories, classes: Mapping[str, Mapping[int, float]], colours: Mapping[str, str]
) -> list[tuple[str, Callable[[Axes], None]]]:
    """Return title and drawing of every panel that has numbers."""
    epochs = [epoch for history in folds.values() for epoch in history["epochs"]]
    speeds = [history["timing"]["events_per_second_of_epoch"] for history in folds.values()]
    rates = [[epoch["learning_rate"] for epoch in h["epochs"]] for h in folds.values()]
    panels: list[tuple[str, Callable[[Axes], None]]] = [("Loss", partial(_losses, folds=folds))]
    for key, title in (("auc", "Validation AUC"), ("significance", "Expected significance")):
        if any(epoch[key] is not None for epoch in epochs):
            panels.append((title, partial(_validated, folds=folds, key=key)))
    panels.append(("AUC of each class", partial(_classes, classes=classes, colours=colours)))
    panels.append(("Learning rate", partial(_from_zero, values=rates)))
    if None not in speeds:
        panels.append(("Training events / s", partial(_from_zero, values=speeds)))
    return panels


def _losses(axes: Axes, folds: Histories) -> None:
    for index, history in enumerate(folds.values()):
        epochs = history["epochs"]
        losses = [epoch["train_loss"] for epoch in epochs]
        axes.plot(
            range(1, len(epochs) + 1), losses, color=fold_shade(index, len(folds)), linestyle="--"
        )
    _validated(axes, folds, "validation_loss")


def _validated(axes: Axes, folds: Histories, key: str) -> None:
    """Draw a number of the validated epochs, with the best one marked."""
    for index, history in enumerate(folds.values()):
        epochs = history["epochs"]
        numbers = [i for i, epoch in enumerate(epochs, 1) if epoch["validation_loss"] is not None]
        values = [_number(epochs[i - 1][key]) for i in numbers]
        mark = [numbers.index(history["best_epoch"] + 1)]
        axes.plot(numbers, values, color=fold_shade(index, len(folds)), marker="o", markevery=mark)


def _class_areas(histories: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, float]]:
    """Return the mean over folds of the AUC of each class, by epoch that all folds validated."""
    areas: dict[str, dict[int, float]] = {}
    for number in range(min(len(history["epochs"]) for history in histories)):
        found = [history["epochs"][number]["class_auc"] for history in histories]
        for name in found[0]:
            values = [fold.get(name) for fold in found]
            mean = nan if None in values else fmean(values)
            areas.setdefault(name, {})[number + 1] = mean
    return areas


def _classes(
    axes: Axes, classes: Mapping[str, Mapping[int, float]], colours: Mapping[str, str]
) -> None:
    for name, areas in classes.items():
        axes.plot(list(areas), list(areas.values()), color=colours[name], linewidth=2)


def _from_zero(axes: Axes, values: Sequence[Sequence[float]]) -> None:
    """Draw numbers of every epoch, by fold."""
    for index, numbers in enumerate(values):
        shade = fold_shade(index, len(values))
        axes.plot(range(1, len(numbers) + 1), numbers, color=shade)
    axes.set_ylim(0, 1.12 * max(max(numbers) for numbers in values))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _number(value: float | None) -> float:
    return nan if value is None else value


def _handles(folds: Histories) -> list[Line2D]:
    lines = [
        Line2D([], [], color=fold_shade(index, len(folds)), label=f"Fold {fold}")
        for index, fold in enumerate(folds)
    ]
    return [
        *lines,
        Line2D([], [], color="black", label="Validation"),
        Line2D([], [], color="black", linestyle="--", label="Training"),
        Line2D([], [], color="black", linestyle="none", marker="o", label="Best epoch"),
    ]


def _class_handles(titles: Sequence[str], colours: Sequence[str]) -> list[Line2D]:
    return [
        Line2D([], [], color=colour, linewidth=2, label=title)
        for title, colour in zip(titles, colours, strict=True)
    ]
