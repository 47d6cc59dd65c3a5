"""Loss and AUC per epoch of all folds of a model."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from n2mu.plots.colours import shade
from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, write_labels

WIDTH, LOSS, AUC, GAP, LEFT, BOTTOM = 5.8, 2.9, 1.9, 0.1, 0.95, 0.65


def history_figure(
    histories: Mapping[int, Mapping[str, Any]], heading: str, settings: PlotSettings
) -> Figure:
    """Draw training and validation loss, and validation AUC, per epoch for all folds.

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
    with house_style():
        top = BOTTOM + AUC + GAP + LOSS
        figure = new_figure(LEFT + WIDTH + 1.5, top + 0.95)
        loss = axes_in_inches(figure, LEFT, BOTTOM + AUC + GAP, WIDTH, LOSS)
        auc = axes_in_inches(figure, LEFT, BOTTOM, WIDTH, AUC)
        for index, (_, history) in enumerate(sorted(histories.items())):
            colour, epochs = shade(index), history["epochs"]
            numbers = range(1, len(epochs) + 1)
            _line(loss, numbers, epochs, "train_loss", color=colour, linestyle="--")
            validated = [i for i in numbers if epochs[i - 1]["validation_loss"] is not None]
            mark = [validated.index(history["best_epoch"] + 1)]
            for axes, key in ((loss, "validation_loss"), (auc, "auc")):
                _line(axes, validated, epochs, key, color=colour, marker="o", markevery=mark)
        for axes in (loss, auc):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.margins(x=0.02, y=0.06)
        auc.sharex(loss)
        loss.tick_params(axis="x", labelbottom=False)
        loss.set_ylabel("Loss")
        auc.set_ylabel("Validation AUC")
        auc.set_xlabel("Epoch")
        loss.legend(handles=_handles(histories), loc="upper left", bbox_to_anchor=(1.025, 1.0))
        write_labels(figure, LEFT, top + 0.9, settings.labels, [verbatim(heading)])
    return figure


def _line(
    axes: Axes,
    numbers: Sequence[int],
    epochs: Sequence[Mapping[str, Any]],
    key: str,
    **style: Any,
) -> None:
    found = [epochs[i - 1][key] for i in numbers]
    axes.plot(numbers, [nan if value is None else value for value in found], **style)


def _handles(histories: Mapping[int, Mapping[str, Any]]) -> list[Line2D]:
    folds = [
        Line2D([], [], color=shade(index), label=f"Fold {fold}")
        for index, fold in enumerate(sorted(histories))
    ]
    return [
        *folds,
        Line2D([], [], color="black", label="Validation"),
        Line2D([], [], color="black", linestyle="--", label="Training"),
        Line2D([], [], color="black", linestyle="none", marker="o", label="Best epoch"),
    ]
