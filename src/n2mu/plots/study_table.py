"""The table of a study: its variants with what they reach."""

from collections.abc import Mapping
from math import hypot
from typing import Any

from n2mu.plots.classes import class_title
from n2mu.plots.numbers import MINUS, decimals, plain, signed
from n2mu.plots.settings import PlotSettings
from n2mu.plots.tabular import Tabular

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

ONE_ERROR = {"best_epoch": "best epochs", "mu": "uncertainties on the signal strength"}
"""Measures by kind of which the spread of the training alone is known."""


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
    reference = study["variants"][reference_of(study)]["variant"]
    for variant in study["variants"]:
        first = variant["differences"].get(reference)
        # random scores have none, and of trees none are counted
        parameters = variant["parameters"] or ""
        row = [variant["variant"], f"{parameters}"]
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
    trials, kinds = study["trials"], {told["kind"] for told in study["measures"].values()}
    if max(study["seeds"], trials or 1) == 1:
        note = "Errors: number of simulated events. How much a training scatters is not known."
    elif trials:
        note = (
            f"Means of {trials} trials of random subsampling. First error: number of "
            "simulated events; second: spread over the trials, which has the scatter of tested "
            "events in it as well."
        )
        note += " A best epoch has the second alone." if "best_epoch" in kinds else ""
    else:
        note = "Errors: number of simulated events and spread of the training, in quadrature."
        alone = [what for kind, what in ONE_ERROR.items() if kind in kinds]
        note += f" Of {' and '.join(alone)} the second alone is known." if alone else ""
    return f"{note} Published: {study['published']}." if study["published"] else note


def study_markdown(study: Mapping[str, Any]) -> str:
    """Return the table of a study in Markdown."""
    table = study_table(study, str(study["signal_class"]))
    return f"{table.markdown()}\n{study_note(study)}\n"


def study_latex(study: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the table of a study as a LaTeX tabular."""
    return study_table(study, signal_title(study, settings)).latex(study_note(study))


def total(measure: Mapping[str, float | None]) -> float:
    """Return both errors of a measure in quadrature; what is not known is left out."""
    return hypot(measure["error_events"] or 0.0, measure["error_training"] or 0.0)


def reference_of(study: Mapping[str, Any]) -> int:
    """Return which variant is the one that others are compared to."""
    return 1 if study["random"] else 0


def _with_error(measure: Mapping[str, float | None], shown: Any, *, apart: bool = False) -> str:
    """Return a number with its errors, in quadrature or apart from one another, if any is known."""
    value = measure["value"]
    if value is None:
        return ""
    both = (measure["error_events"], measure["error_training"])
    errors = [error for error in both if error is not None]
    if errors and not apart:
        errors = [total(measure)]
    if not any(errors):
        # an epoch that all trainings choose, which is whole
        return str(shown(value, 0 if float(value).is_integer() else 3))
    digits = decimals([max(errors)], 1) + 1
    return " ± ".join([shown(value, digits), *(plain(error, digits) for error in errors)])


def signal_title(study: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return what the signal class of a study is called."""
    return class_title(str(study["signal_class"]), settings)
