"""What belongs to no fit: the models, and the selection."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.content import read_keys
from n2mu.plots.latex import to_html
from n2mu.plots.numbers import with_error
from n2mu.plots.page import body_of, table
from n2mu.plots.panel import region_title
from n2mu.plots.tabular import Cell, Code, Tabular
from n2mu.registries import caption, registered
from n2mu.report.captions import Captions
from n2mu.report.embed import download, picture
from n2mu.report.exhibits import Category, Exhibit
from n2mu.report.settings import ReportSettings
from n2mu.report.statistics import collisions, selection
from n2mu.workflow.paths import Paths

FIGURES = "n2mu.plots.model_figures"
OF_ALL = "ALL_MODELS_FIGURES"
OF_ONE = ("MODEL_FIGURES", "CORRELATION_FIGURES", "TRAINING_FIGURES")


def models_category(settings: ReportSettings, paths: Paths, captions: Captions) -> Category:
    """Return the comparison of all models, and their figures."""
    drawn = [path.stem for path in paths.model_plots.glob("*.png")]
    figures = [
        Exhibit(
            title=_title(name),
            caption=captions("models", _said(name), figure=name),
            statistics=evaluated(settings),
            picture=picture(paths.model_plots / f"{name}.png"),
            downloads=[download(paths.model_plots / f"{name}.pdf", f"{name}.pdf")],
        )
        for name in sorted(drawn, key=lambda name: (name.startswith("history"), name))
    ]
    parts = {"": [models_exhibit(settings, paths, captions), *figures]}
    return Category("models", "Models", "Models", parts)


def models_exhibit(settings: ReportSettings, paths: Paths, captions: Captions) -> Exhibit:
    """Return the table that compares all models."""
    return Exhibit(
        title="Comparison of the models",
        caption=captions("comparison"),
        statistics=evaluated(settings),
        table=body_of(paths.tables("models.html")),
        downloads=[
            download(paths.tables(f"models{suffix}"), f"models{suffix}")
            for suffix in (".tex", ".json")
        ],
    )


def selection_category(settings: ReportSettings, paths: Paths, captions: Captions) -> Category:
    """Return the cutflow, and the selections of all regions."""
    cutflow = Exhibit(
        title="Cutflow",
        caption=captions("cutflow"),
        statistics=f"All data sets; {collisions(settings)}.",
        table=body_of(paths.tables("cutflow.html")),
        downloads=[download(paths.tables("cutflow.json"), "cutflow.json")],
    )
    rows = [["Preselection", "", f"<code>{escape(settings.preselection)}</code>"]]
    rows += [
        [
            to_html(region_title(name, settings.style)),
            escape(settings.style.regions[name].role),
            f"<code>{escape(selection)}</code>",
        ]
        for name, selection in settings.selections.items()
    ]
    regions = Exhibit(
        title="Selections",
        caption="<p>The selection of every region, with all aliases written out. Units are those "
        "of the ntuples.</p>",
        statistics="",
        table=table(["Region", "Role", "Selection"], rows),
    )
    return Category("selection", "Selection", "Selection", {"": [cutflow, regions]})


def cutflow_sums(settings: ReportSettings, paths: Paths) -> list[Tabular]:
    """Return what every cut leaves of signal and background and of data, per set of cuts."""
    rows = read_keys(paths.tables("cutflow.json"), ("rows", "normalised"))["rows"]
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["data_set"] in {*settings.expected, *settings.observed}:
            together.setdefault(tuple(str(cut["cut"]) for cut in row["cuts"]), []).append(row)
    return [_sums(cuts, group, settings.observed) for cuts, group in together.items()]


def cutflow_note(settings: ReportSettings) -> str:
    """Return where the cutflow compares observed with expected events, as HTML."""
    if not settings.observed or not settings.expected:
        return ""
    return (
        "Files of observed events may be preselected more tightly than those of simulation, so "
        "that both compare in the last row, after the whole preselection, not in those above. "
        "Expected events are those before any fit: normalisations that a fit leaves free, such as "
        "rates of misidentified objects, have their nominal values. "
    )


def _sums(
    cuts: Sequence[str], rows: Sequence[Mapping[str, Any]], observed: Sequence[str]
) -> Tabular:
    """Return the table of expected and observed data sets with the same cuts."""
    simulated = [row["cuts"] for row in rows if row["data_set"] not in observed]
    data = [row["cuts"] for row in rows if row["data_set"] in observed]
    lines = []
    for place, cut in enumerate(cuts):
        line: list[Cell] = [Code(cut)]
        if simulated:
            error = sum(row[place]["error"] ** 2 for row in simulated) ** 0.5
            line.append(f"{sum(row[place]['events'] for row in simulated):,}")
            line.append(with_error(sum(row[place]["sum"] for row in simulated), error))
        if data:
            line.append(f"{sum(row[place]['events'] for row in data):,}")
        lines.append(line)
    columns = ["Cut, one after the other"]
    columns += ["Simulated events", "Expected events"] if simulated else []
    columns += ["Data"] if data else []
    return Tabular(columns, lines, numbers=range(1, len(columns)))


TITLES = {
    "history": "Training of",
    "roc": "ROC curves of all classes,",
    "confusion": "Confusion of",
    "thresholds": "Thresholds of",
    "train_test": "Training and unseen events,",
    "residuals": "Residuals of training and unseen events,",
    "best_epoch": "Epochs of",
    "calibration": "Calibration of",
    "importance": "Features of",
    "correlation": "Correlation with the score,",
}
"""Of figures of one model; another is called as its file."""
TITLES_OF_ALL = {"roc": "ROC curves", "models": "Models by area and uncertainty of μ"}


def _entry(figure: str) -> tuple[str, str] | None:
    """Return the dictionary and the entry of the figure with some file name."""
    if figure in registered(FIGURES, OF_ALL):
        return OF_ALL, figure
    found = [
        (dictionary, name)
        for dictionary in OF_ONE
        for name in registered(FIGURES, dictionary)
        if figure.startswith(f"{name}_")
    ]
    return max(found, key=lambda entry: len(entry[1]), default=None)


def _said(figure: str) -> str | None:
    """Return the caption of a figure that has it as docstring."""
    entry = _entry(figure)
    return None if entry is None else caption(FIGURES, *entry)


def _title(figure: str) -> str:
    """Return what a figure of models is called."""
    dictionary, name = _entry(figure) or ("", "")
    if dictionary in OF_ONE and name in TITLES:
        return f"{TITLES[name]} {escape(figure.removeprefix(f'{name}_'))}"
    return TITLES_OF_ALL.get(figure, escape(figure.replace("_", " ")))


def evaluated(settings: ReportSettings) -> str:
    """Return where models are compared, as HTML."""
    region = settings.evaluation_region
    title = to_html(region_title(region, settings.style))
    return f"{title}. {collisions(settings)}." + selection(region, settings)
