"""Receiver operating characteristic of every model."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from n2mu.errors import ProductError, nearest
from n2mu.plots.classes import class_title
from n2mu.plots.colours import shade
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import with_error
from n2mu.plots.panel import region_title
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, panel_length, write_labels

SIDE, LEFT, BOTTOM = 5.2, 0.85, 0.65


def roc_figure(evaluations: Sequence[Mapping[str, Any]], settings: PlotSettings) -> Figure:
    """Draw signal efficiency against background efficiency, signal class against the rest.

    A model whose curve is not defined, because a sum of weights is not positive, has an entry
    in the legend that says so.

    Parameters
    ----------
    evaluations
        Contents of ``evaluation/<model>.json`` of every model.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ProductError
        If a model has no curve of the signal class.
    """
    signal = str(evaluations[0]["signal_class"])
    curves = {str(content["model"]): _curve(signal, content) for content in evaluations}
    lines = [
        region_title(str(evaluations[0]["region"]), settings),
        f"{class_title(signal, settings)} against all other classes",
    ]
    side = panel_length(SIDE, settings.labels)
    with house_style():
        figure = new_figure(LEFT + side + 0.3, BOTTOM + side + 1.15)
        axes = axes_in_inches(figure, LEFT, BOTTOM, side, side)
        axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=1, label="Random")
        for index, model in enumerate(
            sorted(curves, key=lambda model: -(curves[model]["auc"] or 0))
        ):
            curve = curves[model]
            name = verbatim(model)
            if curve["auc"] is None:
                axes.plot(
                    [], [], color=shade(index), label=f"{name}, no AUC: weights sum below zero"
                )
            else:
                label = f"{name}, AUC = {with_error(curve['auc'], curve['error'])}"
                axes.plot(curve["fpr"], curve["tpr"], color=shade(index), label=label)
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(
            [*handles[1:], handles[0]],
            [*labels[1:], labels[0]],
            loc="lower right",
            bbox_to_anchor=(0.97, 0.04),
        )
        axes.tick_params(axis="x", pad=6)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("Background efficiency")
        axes.set_ylabel("Signal efficiency")
        write_labels(figure, LEFT, BOTTOM + side + 1.1, settings.labels, lines)
    return figure


def _curve(signal: str, content: Mapping[str, Any]) -> dict[str, Any]:
    if signal not in content["roc"]:
        hint = nearest(signal, content["roc"])
        raise ProductError(f"evaluation of {content['model']}: no curve of class '{signal}'{hint}")
    area = content["auc"][signal]
    return {"auc": area["value"], "error": area["error"], **content["roc"][signal]}
