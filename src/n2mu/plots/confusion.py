"""What a model takes the events of each class for."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.model_panel import class_title, heading
from n2mu.plots.numbers import plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, widest, write_labels

CELL, BOTTOM, GAP = 0.85, 0.95, 0.5


def confusion_figure(evaluation: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the confusion matrix with shares of the true and of the predicted class.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    confusion = evaluation["confusion"]
    titles = [class_title(name, settings) for name in confusion["classes"]]
    side = CELL * len(titles)
    with house_style():
        left = 0.75 + widest(titles, 11)
        figure = new_figure(left + 2 * side + GAP + 0.25, BOTTOM + side + 1.5)
        for number, (key, what) in enumerate(
            (
                ("by_true", "Share of the true class"),
                ("by_predicted", "Share of the predicted class"),
            )
        ):
            axes = axes_in_inches(figure, left + number * (side + GAP), BOTTOM, side, side)
            shares = [[float("nan") if c is None else c for c in row] for row in confusion[key]]
            axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for i, row in enumerate(confusion["weighted"]):
                for j, events in enumerate(row):
                    share = confusion[key][i][j]
                    text = "\N{EM DASH}" if share is None else f"{plain(100 * share, 0)} %"
                    dark = share is not None and share > 0.6
                    axes.text(
                        j,
                        i,
                        f"{text}\n{plain(events, 2)}",
                        ha="center",
                        va="center",
                        fontsize=9,
                        color="white" if dark else "black",
                    )
            axes.minorticks_off()
            axes.tick_params(length=0)
            axes.set_xticks(range(len(titles)), titles)
            axes.set_yticks(range(len(titles)), titles if number == 0 else [""] * len(titles))
            axes.set_xlabel("Predicted class")
            axes.set_title(what, fontsize=11, loc="left", pad=5)
        figure.axes[0].set_ylabel("True class")
        lines = heading(evaluation, settings)
        write_labels(figure, left, BOTTOM + side + 1.45, settings.labels, lines)
    return figure
