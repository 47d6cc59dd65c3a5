"""The shape of a quantity of background in bins of the signal score."""

from collections.abc import Mapping
from typing import Any

from matplotlib import colormaps
from matplotlib.figure import Figure

from n2mu.plots.classes import class_title
from n2mu.plots.model_heading import heading
from n2mu.plots.models_settings import DrawnCorrelation
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, panel_length, write_labels

WIDTH, HEIGHT, LEFT, BOTTOM = 5.6, 3.8, 0.85, 0.65


def score_correlation_figure(
    evaluation: Mapping[str, Any],
    name: str,
    drawn: DrawnCorrelation | None,
    settings: PlotSettings,
) -> Figure:
    """Draw the normalised histogram of the quantity for each bin of equal signal.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    name
        Of the correlation.
    drawn
        The axis of the quantity; without one, its expression is shown.
    """
    content = evaluation["correlations"][name]
    drawn = drawn or DrawnCorrelation(axis=verbatim(content["observable"]))
    edges = [drawn.scale * edge for edge in content["edges"]]
    lines = heading(evaluation, settings)
    if content["value"] is None:
        lines.append(f"No correlation: {content['reason']}")
    else:
        digits = decimals([content["error"] or content["value"]])
        shown = (plain(content[key] or 0.0, digits) for key in ("value", "error", "independent"))
        lines.append("Correlation {} ± {}, {} if independent".format(*shown))
    width, height = (panel_length(length, settings.labels) for length in (WIDTH, HEIGHT))
    with house_style():
        figure = new_figure(LEFT + width + 1.9, BOTTOM + height + 1.2)
        axes = axes_in_inches(figure, LEFT, BOTTOM, width, height)
        shapes = content["shapes"] or []
        colours = colormaps["viridis"]
        for number, shape in enumerate(shapes):
            low, high = number / len(shapes), (number + 1) / len(shapes)
            label = f"{100 * low:.3g} to {100 * high:.3g} %"
            axes.stairs(shape, edges, color=colours(1 - high * 0.9), label=label)
        signal = class_title(str(evaluation["signal_class"]), settings)
        if shapes:
            axes.legend(
                loc="upper left",
                bbox_to_anchor=(1.025, 1.0),
                title=f"{signal} below",
                title_fontsize=10.5,
            )
        axes.set_xlim(min(edges), max(edges))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(drawn.axis)
        axes.set_ylabel("Share of background")
        axes.tick_params(axis="x", pad=6)
        write_labels(figure, LEFT, BOTTOM + height + 1.15, settings.labels, lines)
    return figure
