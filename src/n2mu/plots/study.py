"""The variants of a study: their training curves, and what they reach."""

from collections.abc import Mapping, Sequence
from math import hypot, nan
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from n2mu.plots.classes import class_title
from n2mu.plots.colours import shade
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import MINUS, decimals, plain, signed
from n2mu.plots.rows import BOTTOM, GAP, PANEL, ROW, row_axes
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import axes_in_inches, house_style, new_figure, widest, write_labels
from n2mu.plots.tabular import Tabular

SIDE, HEIGHT, LEFT, SPACE = 3.6, 2.6, 0.95, 0.95
SMOOTHING = 0.4
"""Weight of the past in the moving average of curves."""

CURVES = {
    "auc": "Validation AUC, {signal}",
    "mean_auc": "Validation AUC, mean over classes",
    "significance": "Expected significance",
    "validation_loss": "Validation loss",
}


TITLES = {
    "auc": "AUC, {signal}",
    "mean_auc": "AUC, mean over classes",
    "significance": "Expected significance",
    "correlation": "Correlation",
    "correlation_beyond_chance": "Correlation beyond chance",
    "best_epoch": "Best epoch",
    "mu": r"Expected uncertainty on $\mu$",
}
"""Of measures, by kind, where the study has none."""


def measures_of(study: Mapping[str, Any], signal: str) -> dict[str, str]:
    """Return the titles of the measures of which a study has numbers."""
    known = [variant["measures"] for variant in study["variants"]]
    return {
        name: told["title"] or TITLES[told["kind"]].format(signal=signal)
        for name, told in study["measures"].items()
        if any(measures[name]["value"] is not None for measures in known)
    }


def scaled(measure: Mapping[str, float | None], scale: float) -> dict[str, float | None]:
    """Return a measure on the scale of tables and figures."""
    return {key: None if value is None else scale * value for key, value in measure.items()}


def study_figure(study: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw what each variant reaches on events that no decision has seen.

    Black: with the error of the number of events and of the training. Blue: with the error
    of the difference to the first variant, which is smaller since the events are the same.
    Of the uncertainty on mu, half the width of its interval, only that of the training is known.
    Open diamonds: what is published elsewhere.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    """
    with house_style():
        variants = study["variants"]
        names = [verbatim(variant["variant"]) for variant in variants]
        left = 0.35 + widest(names, 11)
        height = ROW * (len(names) + 1)
        top = BOTTOM + height
        titles = measures_of(study, _signal(study, settings))
        figure = new_figure(left + len(titles) * (PANEL + GAP) + 0.2, top + 1.2)
        rows = np.arange(len(names))
        for number, (key, title) in enumerate(titles.items()):
            axes = row_axes(figure, left, number, names)
            scale = study["measures"][key]["scale"]
            measures = [scaled(variant["measures"][key], scale) for variant in variants]
            values = [_number(measure["value"]) for measure in measures]
            axes.errorbar(values, rows, xerr=[total(m) for m in measures], fmt="o", color="black")
            start = _reference(study)
            first, reference = values[start], variants[start]["variant"]
            rest = variants[start + 1 :]
            steps = [scaled(v["differences"][reference][key], scale) for v in rest]
            axes.errorbar(
                values[start + 1 :],
                rows[start + 1 :] + 0.22,
                xerr=[total(step) for step in steps],
                fmt="none",
                color=shade(0),
                linewidth=2.5,
            )
            axes.axvline(first, color="0.5", linestyle="--", linewidth=1, zorder=0)
            if study["published"]:
                theirs = [variant["published"].get(key, nan) for variant in variants]
                axes.plot(theirs, rows, "D", color=shade(1), fillstyle="none")
            axes.ticklabel_format(axis="x", style="plain", useOffset=False)
            axes.set_xlabel(title, fontsize=11)
        write_labels(figure, left, top + 1.15, settings.labels, _heading(study, settings))
    return figure


def curves_figure(study: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw AUC, significance and loss on the validation events per epoch.

    Thin: as they are, mean over folds and seeds; thick: their moving average.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    """
    with house_style():
        variants = [variant for variant in study["variants"] if variant["curves"]["auc"]]
        names = [verbatim(variant["variant"]) for variant in variants]
        known = [variant["curves"] for variant in variants]
        shown = [key for key in CURVES if any(v is not None for c in known for v in c[key])]
        lengths = [len(curves["auc"]) for curves in known]
        top = BOTTOM + 2 * HEIGHT + SPACE - 0.2
        width = LEFT + 2 * SIDE + SPACE
        figure = new_figure(width + 0.75 + widest(names, 10.5), top + 1.2)
        for number, key in enumerate(shown):
            row, column = divmod(number, 2)
            axes = axes_in_inches(
                figure,
                LEFT + column * (SIDE + SPACE),
                top - HEIGHT - row * (HEIGHT + SPACE - 0.2),
                SIDE,
                HEIGHT,
            )
            for index, variant in enumerate(variants):
                _curve(axes, variant["curves"][key], shade(index))
            if max(lengths) > 4 * min(lengths):
                axes.set_xscale("log")
            else:
                axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.margins(x=0.02, y=0.06)
            axes.set_ylabel(CURVES[key].format(signal=_signal(study, settings)), fontsize=11)
            axes.set_xlabel("Epoch", fontsize=11)
        handles = [
            Line2D([], [], color=shade(index), linewidth=2, label=name)
            for index, name in enumerate(names)
        ]
        full_width, full_height = figure.get_size_inches()
        place = ((width + 0.15) / full_width, top / full_height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place)
        write_labels(figure, LEFT, top + 1.15, settings.labels, _heading(study, settings))
    return figure


def _curve(axes: Axes, values: Sequence[float | None], colour: str) -> None:
    """Draw the epochs that were validated."""
    known = [(epoch, value) for epoch, value in enumerate(values, 1) if value is not None]
    epochs, numbers = [epoch for epoch, _ in known], [value for _, value in known]
    axes.plot(epochs, numbers, color=colour, alpha=0.35, linewidth=1)
    smooth = numbers[:1]
    for number in numbers[1:]:
        smooth.append(SMOOTHING * smooth[-1] + (1 - SMOOTHING) * number)
    axes.plot(epochs, smooth, color=colour, linewidth=2)


def study_table(study: Mapping[str, Any], signal: str) -> Tabular:
    """Return the table of a study: a row per variant.

    A number stands beside its difference to the first variant or, where somebody else
    has published numbers, beside these.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    signal
        What the signal class is called.
    """
    titles = measures_of(study, signal)
    beside = "published" if study["published"] else "difference to the first"
    header = ["Variant", "Parameters"]
    for key, title in titles.items():
        header += [title.replace(r"$\mu$", "μ"), beside]
        header += ["up and down", "statistical"] if study["measures"][key]["kind"] == "mu" else []
    rows = []
    reference = study["variants"][_reference(study)]["variant"]
    for variant in study["variants"]:
        first = variant["differences"].get(reference)
        parameters = variant["parameters"]
        row = [variant["variant"], "" if parameters is None else f"{parameters}"]
        for key in titles:
            scale = study["measures"][key]["scale"]
            row.append(
                _with_error(
                    scaled(variant["measures"][key], scale), plain, apart=bool(study["trials"])
                )
            )
            if study["published"]:
                theirs = variant["published"].get(key)
                row.append("" if theirs is None else f"{theirs:g}".replace("-", MINUS))
            else:
                row.append("" if first is None else _with_error(scaled(first[key], scale), signed))
            if study["measures"][key]["kind"] == "mu":
                row += _sides(variant["mu"], scale)
        rows.append(row)
    return Tabular(header, rows, numbers=range(1, len(header)))


def _sides(mu: Mapping[str, Any] | None, scale: float) -> list[str]:
    """Return the uncertainties up and down, total and statistical, as text."""
    known = [] if mu is None else [(mu["up"], mu["down"]), (mu["stat_up"], mu["stat_down"])]
    return [
        "" if None in pair else f"+{plain(scale * pair[0], 3)} / {plain(-scale * pair[1], 3)}"
        for pair in known or [(None, None)] * 2
    ]


def study_note(study: Mapping[str, Any]) -> str:
    """Return what the table of a study leaves open."""
    note = "Errors: number of simulated events and spread of the training, in quadrature."
    if study["trials"]:
        note = (
            f"Means of {study['trials']} trials of random subsampling. First error: number of "
            "simulated events; second: spread over the trials, which has the scatter of tested "
            "events in it as well."
        )
    return f"{note} Published: {study['published']}." if study["published"] else note


def study_markdown(study: Mapping[str, Any]) -> str:
    """Return the table of a study in Markdown."""
    table = study_table(study, str(study["signal_class"]))
    return f"{table.markdown()}\n{study_note(study)}\n"


def study_latex(study: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the table of a study as a LaTeX tabular."""
    return study_table(study, _signal(study, settings)).latex(study_note(study))


def total(measure: Mapping[str, float | None]) -> float:
    """Return both errors of a measure in quadrature; what is not known is left out."""
    return hypot(measure["error_events"] or 0.0, measure["error_training"] or 0.0)


def _reference(study: Mapping[str, Any]) -> int:
    """Return which variant is the one that others are compared to."""
    return 1 if study["random"] else 0


def _with_error(measure: Mapping[str, float | None], shown: Any, *, apart: bool = False) -> str:
    """Return a number with its errors, in quadrature or apart from one another."""
    value = measure["value"]
    if value is None:
        return ""
    both = (measure["error_events"], measure["error_training"])
    errors = [error for error in both if error is not None]
    if errors and not apart:
        errors = [total(measure)]
    digits = decimals(errors, 1) + 1 if any(errors) else 3
    return " ± ".join([shown(value, digits), *(plain(error, digits) for error in errors)])


def _signal(study: Mapping[str, Any], settings: PlotSettings) -> str:
    return class_title(str(study["signal_class"]), settings)


def _heading(study: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    region = str(study["region"])
    style = settings.regions.get(region)
    title = (style and style.title) or verbatim(region)
    seeds = f", {study['seeds']} seeds" if study["seeds"] > 1 else ""
    seeds = f", {study['trials']} trials" if study["trials"] else seeds
    return [f"{study['title']}", f"{title}{seeds}"]


def _number(value: float | None) -> float:
    return nan if value is None else value
