"""Studies: variants of models, as the report shows them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.content import read_keys
from n2mu.plots.latex import to_html
from n2mu.plots.study_table import signal_title, study_note, study_table
from n2mu.plots.tabular import Cell, Code, Tabular
from n2mu.registries import caption, registered
from n2mu.report.captions import Captions
from n2mu.report.embed import download, picture
from n2mu.report.exhibits import Category, Exhibit
from n2mu.report.other_contents import evaluated
from n2mu.report.settings import ReportSettings
from n2mu.workflow.paths import Paths

KEYS = (
    "title",
    "events",
    "measures",
    "published",
    "random",
    "seeds",
    "signal_class",
    "trials",
    "variants",
)

FIGURES = "n2mu.plots.study_figures"
TITLES = {"study": "what variants reach", "curves": "training"}
"""Of figures; another is called as its file."""


def studies_category(
    settings: ReportSettings, paths: Paths, captions: Captions, studies: Sequence[str]
) -> Category:
    """Return tables and figures of studies.

    Parameters
    ----------
    studies
        Names of those that are of the present configuration.
    """
    parts = {}
    for name in studies:
        content = read_keys(paths.study(name, "study.json"), KEYS)
        parts[to_html(content["title"])] = _exhibits(name, content, settings, paths, captions)
    return Category("studies", "Studies", "Studies of models", parts)


def _exhibits(
    name: str,
    content: Mapping[str, Any],
    settings: ReportSettings,
    paths: Paths,
    captions: Captions,
) -> list[Exhibit]:
    title = to_html(content["title"])
    statistics = f"{content['events']:,} simulated events. {evaluated(settings)}"
    table = Exhibit(
        title=f"{title}, variants",
        caption=captions("study_table", study=name) + f"<p>{escape(study_note(content))}</p>",
        statistics=statistics + _changes(content),
        table=study_table(content, signal_title(content, settings.style)).html(),
        downloads=[
            download(paths.study(name, f"study{suffix}"), f"{name}{suffix}")
            for suffix in (".tex", ".json")
        ],
    )
    figures = [
        Exhibit(
            title=f"{title}, {TITLES.get(figure, figure.replace('_', ' '))}",
            caption=captions(figure, caption(FIGURES, "STUDY_FIGURES", figure), study=name),
            statistics=statistics,
            picture=picture(paths.study(name, f"{figure}.png")),
            downloads=[download(paths.study(name, f"{figure}.pdf"), f"{name}_{figure}.pdf")],
        )
        for figure in registered(FIGURES, "STUDY_FIGURES")
    ]
    return [table, *figures]


def _changes(content: Mapping[str, Any]) -> str:
    """Return what each variant sets, shown on demand, as HTML."""
    rows: list[list[Cell]] = [
        [
            variant["variant"],
            Code(", ".join(f"{key}: {value}" for key, value in variant["changes"].items())),
        ]
        for variant in content["variants"]
        if variant["changes"]
    ]
    table = Tabular(["Variant", "Sets"], rows).html()
    return f"<details><summary>What each variant sets</summary>{table}</details>"
