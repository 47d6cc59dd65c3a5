"""What belongs to no fit: the models, and the selection."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.content import read_keys
from n2mu.plots.latex import to_html
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.page import body_of, table
from n2mu.plots.panel import region_title
from n2mu.report.captions import Captions
from n2mu.report.embed import download, picture
from n2mu.report.exhibits import Category, Exhibit
from n2mu.report.settings import ReportSettings
from n2mu.report.statistics import collisions
from n2mu.workflow.paths import Paths


def models_category(
    settings: ReportSettings, paths: Paths, captions: Captions, compared: str
) -> Category:
    """Return the figures of all models.

    Parameters
    ----------
    compared
        The table that compares them; see `models_table`.
    """
    directory = paths.model_plots
    drawn = sorted(path.stem for path in directory.glob("*.png"))
    order = sorted(drawn, key=lambda name: (name.startswith("history"), name))
    statistics = _evaluated(settings, paths)
    figures = [
        Exhibit(
            title=_title(name),
            caption=captions("models", figure=name),
            statistics=statistics,
            picture=picture(directory / f"{name}.png"),
            downloads=[download(directory / f"{name}.pdf", f"{name}.pdf")],
        )
        for name in order
    ]
    comparison = Exhibit("Comparison", "", statistics, table=compared)
    return Category("models", "Models", "Models", {"": [comparison, *figures]})


def models_table(settings: ReportSettings, paths: Paths) -> str:
    """Return the area under the ROC curve of every model, class by class, as HTML.

    An area comes with the events of the class, raw and effective, since these say what it is
    worth.
    """
    keys = ("model", "signal_class", "classes", "auc", "events")
    evaluated = [read_keys(paths.evaluation(model), keys) for model in settings.models]
    evaluated.sort(key=lambda content: -(content["auc"][content["signal_class"]]["value"] or 0))
    classes = list(dict.fromkeys(name for content in evaluated for name in content["classes"]))
    rows = [
        [escape(content["model"]), *(_area(content["auc"].get(name)) for name in classes)]
        for content in evaluated
    ]
    events = [_events(evaluated, name) for name in classes]
    rows.append(["Simulated events (effective)", *events])
    titles = [_class(name, settings) for name in classes]
    return table(["Model", *titles], rows, numbers=range(1, len(classes) + 1))


def selection_category(settings: ReportSettings, paths: Paths, captions: Captions) -> Category:
    """Return the cutflow, and the selections of all regions."""
    cutflow = Exhibit(
        title="Cutflow",
        caption=captions("cutflow"),
        statistics=f"All data sets; {collisions(settings)}.",
        table=body_of(paths.tables("cutflow.html")),
        downloads=[
            download(paths.tables(f"cutflow{suffix}"), f"cutflow{suffix}")
            for suffix in (".html", ".json")
        ],
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


def cutflow_sums(settings: ReportSettings, paths: Paths) -> str:
    """Return what every cut leaves of simulation and data, added up, as HTML."""
    rows = read_keys(paths.tables("cutflow.json"), ("rows", "normalised"))["rows"]
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        together.setdefault(tuple(str(cut["cut"]) for cut in row["cuts"]), []).append(row)
    return "\n".join(_sums(cuts, group, settings.observed) for cuts, group in together.items())


def _sums(cuts: Sequence[str], rows: Sequence[Mapping[str, Any]], observed: Sequence[str]) -> str:
    """Return the table of data sets with the same cuts."""
    simulated = [row["cuts"] for row in rows if row["data_set"] not in observed]
    data = [row["cuts"] for row in rows if row["data_set"] in observed]
    lines = []
    for place, cut in enumerate(cuts):
        line = [f"<code>{escape(cut)}</code>"]
        if simulated:
            error = sum(row[place]["error"] ** 2 for row in simulated) ** 0.5
            expected, digits = sum(row[place]["sum"] for row in simulated), decimals([error])
            line.append(f"{sum(row[place]['events'] for row in simulated):,}")
            line.append(f"{plain(expected, digits)} ± {plain(error, digits)}")
        if data:
            line.append(f"{sum(row[place]['events'] for row in data):,}")
        lines.append(line)
    columns = ["Cut, one after the other"]
    columns += ["Simulated events", "Expected events"] if simulated else []
    columns += ["Data"] if data else []
    return table(columns, lines, numbers=range(1, len(columns)))


def _title(figure: str) -> str:
    """Return what a figure of models is called."""
    kind, _, model = figure.partition("_")
    return {"roc": "ROC curves"}.get(
        figure, f"Training of {escape(model)}" if kind == "history" else escape(figure)
    )


def _evaluated(settings: ReportSettings, paths: Paths) -> str:
    region = settings.evaluation_region
    selection = escape(settings.selections[region])
    title = to_html(region_title(region, settings.style))
    return f"{title}, selection <code>{selection}</code>; {collisions(settings)}."


def _area(area: Mapping[str, Any] | None) -> str:
    if area is None:
        return "not told apart"
    if area["value"] is None:
        return "none"
    digits = 4 if area["error"] is None else decimals([area["error"]])
    shown = plain(area["value"], digits)
    return shown if area["error"] is None else f"{shown} ± {plain(area['error'], digits)}"


def _events(evaluated: Sequence[Mapping[str, Any]], name: str) -> str:
    for content in evaluated:
        if (events := content["events"].get(name)) is not None:
            return f"{events['raw']:,} ({events['effective']:.0f})"
    return ""


def _class(name: str, settings: ReportSettings) -> str:
    sample = settings.style.samples.get(name)
    return to_html((sample and sample.title) or verbatim(name))
