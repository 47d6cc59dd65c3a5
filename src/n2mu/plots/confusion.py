"""What a model takes the events of each class for."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.classes import class_title
from n2mu.plots.model_heading import heading
from n2mu.plots.numbers import plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import LINE, axes_in_inches, house_style, new_figure, widest, write_labels

CELL, GAP, TITLE_SIZE = 0.72, 0.4, 12.0
PREDICTED = "Share of the predicted class"
DARK = 0.5
"""Share above which white is read better than black."""


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
        room = widest(titles, TITLE_SIZE)
        left = 0.7 + room
        turned = room > CELL - 0.08
        bottom = 0.7 + (room if turned else LINE)
        # two classes: the second heading is wider than its matrix
        last = max(side, widest([PREDICTED], TITLE_SIZE))
        figure = new_figure(left + side + GAP + last + 0.25, bottom + side + 1.3)
        for number, (key, what) in enumerate(
            (
                ("by_true", "Share of the true class"),
                ("by_predicted", PREDICTED),
            )
        ):
            axes = axes_in_inches(figure, left + number * (side + GAP), bottom, side, side)
            shares = [[float("nan") if c is None else c for c in row] for row in confusion[key]]
            axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for i, row in enumerate(confusion["weighted"]):
                for j, events in enumerate(row):
                    share = confusion[key][i][j]
                    colour = "white" if share is not None and share > DARK else "black"
                    percent = "\N{EM DASH}" if share is None else _percent(share)
                    where: dict[str, Any] = {"ha": "center", "color": colour}
                    axes.text(j, i - 0.04, percent, va="bottom", fontsize=12, **where)
                    axes.text(j, i + 0.06, _count(events), va="top", fontsize=9.5, **where)
            axes.minorticks_off()
            axes.tick_params(length=0)
            angle = 90 if turned else 0
            axes.set_xticks(range(len(titles)), titles, fontsize=TITLE_SIZE, rotation=angle)
            shown = titles if number == 0 else [""] * len(titles)
            axes.set_yticks(range(len(titles)), shown, fontsize=TITLE_SIZE)
            axes.set_xlabel("Predicted class")
            axes.set_title(what, fontsize=TITLE_SIZE, loc="left", pad=5)
        figure.axes[0].set_ylabel("True class")
        lines = heading(evaluation, settings)
        write_labels(figure, left, bottom + side + 1.25, settings.labels, lines)
    return figure


def _percent(share: float) -> str:
    # nothing has no sign
    return f"{plain(round(100 * share) + 0.0, 0)} %"


def _count(events: float) -> str:
    return plain(events, 0 if abs(events) >= 1000 else 2)
