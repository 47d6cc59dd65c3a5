"""Correlations of the fitted parameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from n2mu.errors import ProductError
from n2mu.plots.fit_lines import fit_lines
from n2mu.plots.names import FREE, is_numbered, title
from n2mu.plots.numbers import plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import LINE, axes_in_inches, house_style, new_figure, widest, write_labels

CORRELATION_THRESHOLD = 0.1

IN_TALKS = 12
"""Most parameters in talks, but for free ones, which are shown in any case."""

CELL = 0.34
NAME_SIZE, NUMBER_SIZE = 9.5, 8.0
BAR, BAR_GAP = 0.18, 0.25
SMALLEST = 1.6
DARK = 60


def correlation_figure(
    mu_fit: Mapping[str, Any],
    postfit: Mapping[str, Any],
    settings: PlotSettings,
    threshold: float = CORRELATION_THRESHOLD,
) -> Figure:
    """Draw the correlation matrix, in percent.

    Parameters
    ----------
    mu_fit, postfit
        Contents of ``mu_fit.json`` and ``postfit.json``.
    threshold
        Shown are those without constraint, the signal strength among them, and parameters with an
        absolute correlation above this with another one; in talks of these the strongest.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ProductError
        If the two products are of different fits.
    """
    fitted = {str(parameter["name"]): parameter for parameter in mu_fit["parameters"]}
    names = [str(name) for name in postfit["correlation"]["names"]]
    if missing := [name for name in names if name not in fitted]:
        raise ProductError(
            f"postfit.json: '{missing[0]}' is no parameter of mu_fit.json; give products of one fit"
        )
    matrix = np.asarray(postfit["correlation"]["matrix"], dtype=np.float64)
    matrix = matrix.reshape(len(names), len(names))
    largest = np.abs(matrix - np.eye(len(names))).max(axis=1, initial=0.0)
    free = [index for index, name in enumerate(names) if fitted[name]["kind"] == FREE]
    free.sort(key=lambda index: is_numbered(names[index]))
    others = [index for index in range(len(names)) if index not in free]
    kept = free + [index for index in others if largest[index] > threshold]
    chosen = f"free, or a correlation above {threshold:g}"
    if settings.labels.format == "talk" and len(kept) > IN_TALKS:
        strongest = sorted(set(kept) - set(free), key=lambda index: -largest[index])
        strongest = strongest[: max(IN_TALKS - len(free), 0)]
        kept = free + [index for index in others if index in strongest]
        chosen = "free, and the strongest correlations"
    titles = [title(fitted[names[index]], settings) for index in kept]
    lines = fit_lines(mu_fit, settings)
    if len(kept) < len(names):
        lines.append(f"{len(kept)} of {len(names)} parameters: {chosen}")
    with house_style():
        return _draw(100 * matrix[np.ix_(kept, kept)], titles, lines, settings)


def _draw(percent: Any, titles: list[str], lines: list[str], settings: PlotSettings) -> Figure:
    count = max(len(titles), 1)
    room = widest(titles, NAME_SIZE) + 0.25
    side = max(CELL * count, SMALLEST)
    header = LINE * (len(lines) + 2) + 0.3
    width = max(room + side + BAR_GAP + BAR + 0.7, 0.3 + widest(lines, 11.5))
    height = room + side + header
    figure = new_figure(width, height)
    axes = axes_in_inches(figure, room, room, side, side)
    image = axes.imshow(percent, cmap="RdBu_r", vmin=-100, vmax=100, aspect="auto")
    for row, values in enumerate(percent):
        for column, value in enumerate(values):
            if abs(value) < 0.5:
                continue
            axes.text(
                column,
                row,
                plain(value, 0),
                ha="center",
                va="center",
                fontsize=NUMBER_SIZE,
                color="white" if abs(value) > DARK else "black",
            )
    axes.set_xticks(range(len(titles)), titles, fontsize=NAME_SIZE, rotation=90)
    axes.set_yticks(range(len(titles)), titles, fontsize=NAME_SIZE)
    axes.minorticks_off()
    axes.tick_params(length=0)
    bar = axes_in_inches(figure, room + side + BAR_GAP, room, BAR, side)
    figure.colorbar(image, cax=bar)
    bar.minorticks_off()
    bar.tick_params(labelsize=9)
    bar.set_ylabel("Correlation [%]", fontsize=11)
    write_labels(figure, 0.15, height - 0.1, settings.labels, lines)
    return figure
