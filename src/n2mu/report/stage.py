"""The report: products in, one HTML file out that needs nothing but itself."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from n2mu.plots.fit_lines import fitted_title
from n2mu.plots.latex import to_html
from n2mu.plots.mu_summary import mu_summary_figure
from n2mu.plots.summary import gates_table
from n2mu.plots.tabular import Tabular
from n2mu.products import atomic_file
from n2mu.report.captions import Captions
from n2mu.report.changes import changes_summary
from n2mu.report.embed import Download, as_latex, pictured
from n2mu.report.exhibits import Category, Exhibit
from n2mu.report.fit_contents import FitContents
from n2mu.report.front import (
    EXPLANATION,
    alarms,
    decomposition,
    fits_table,
    heading,
    tiles,
)
from n2mu.report.other_contents import (
    cutflow_note,
    cutflow_sums,
    models_category,
    models_exhibit,
    selection_category,
)
from n2mu.report.request_contents import RequestContents
from n2mu.report.requests import LeftOut, Made
from n2mu.report.settings import ReportSettings
from n2mu.report.statistics import collisions, named
from n2mu.report.study_contents import studies_category
from n2mu.workflow.paths import Paths

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """A part of the first page; text and tables are HTML."""

    heading: str
    text: str = ""
    tables: Sequence[str] = ()
    exhibits: Sequence[Exhibit] = ()
    downloads: Sequence[Download] = ()


def _part(heading: str, text: str, name: str, tables: Sequence[Tabular]) -> Part:
    """Return a part with tables, which can be saved as LaTeX."""
    latex = [
        as_latex(t, f"{name}.tex" if len(tables) == 1 else f"{name}_{i}.tex")
        for i, t in enumerate(tables, start=1)
    ]
    return Part(heading, text, [t.html() for t in tables], downloads=latex)


def run_report(
    settings: ReportSettings,
    paths: Paths,
    captions: Path,
    chain: Sequence[str],
    requests: tuple[Sequence[Made], Sequence[LeftOut]],
    studies: Sequence[str],
    output: Path,
) -> None:
    """Write the report.

    Parameters
    ----------
    paths
        Of the products of a finished workflow.
    captions
        Directory of the texts below figures and tables.
    chain
        Lines that say how ``mu_fit.json`` was made.
    requests
        What was made on request and is shown, and what is left out.
    studies
        Names of the studies that are shown.
    output
        The page.

    Raises
    ------
    ProductError
        If a product or a caption is missing or incomplete.
    """
    caption = Captions(captions, settings.main)
    fits = {name: FitContents(name, settings, paths, caption) for name in settings.fits}
    published = fits[settings.publish]
    order = sorted(fits, key=lambda name: name != settings.publish)
    categories = [
        *(fits[name].category() for name in order),
        models_category(settings, paths, caption),
        *([studies_category(settings, paths, caption, studies)] if studies else []),
        *([RequestContents(settings, fits, caption).category(*requests)] if any(requests) else []),
        selection_category(settings, paths, caption),
        _provenance(chain),
    ]
    labels = settings.style.labels
    page = (
        _environment()
        .get_template("page.html")
        .render(
            title=f"{escape(settings.analysis)}: signal strength of fit {escape(settings.publish)}",
            experiment=to_html(labels.experiment),
            status=to_html(labels.status),
            heading=heading(settings),
            alarms=alarms({name: fits[name].mu_fit for name in order}),
            subtitle=_subtitle(settings, published),
            tiles=tiles(published.mu_fit, settings.style),
            front=_front(settings, paths, fits, caption),
            categories=categories,
            footer=f"Made by n2mu {escape(str(published.mu_fit['provenance'].get('n2mu', '')))} "
            f"on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
        )
    )
    with atomic_file(output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    logger.info("wrote %s (%.1f MB)", output, output.stat().st_size / 1e6)


class _Once:
    """Puts each file into the page once; where it comes again, the page's script fetches it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def __call__(self, attribute: str, uri: str) -> str:
        """Return the attribute of an element that holds a file, or says which element does."""
        if uri in self._names:
            return f'data-again="{self._names[uri]}"'
        self._names[uri] = f"file-{len(self._names)}"
        return f'id="{self._names[uri]}" {attribute}="{uri}"'


def _environment() -> Environment:
    # what is put into the templates is HTML already
    environment = Environment(
        loader=PackageLoader("n2mu.report", "."), undefined=StrictUndefined, autoescape=False
    )
    environment.globals["once"] = _Once()
    files = environment.get_template("downloads.html")
    environment.globals["downloads"] = lambda given: files.render(files=given).strip()
    exhibit = environment.get_template("exhibit.html")
    environment.globals["show"] = lambda shown: exhibit.render(exhibit=shown)
    return environment


def _subtitle(settings: ReportSettings, published: FitContents) -> str:
    title = settings.fits[settings.publish]
    parts = [
        f"Analysis {escape(settings.analysis)}",
        f"fit {escape(settings.publish)}" + (f" ({to_html(title)})" if title else ""),
        to_html(fitted_title(published.mu_fit, settings.style)),
        f"{named([published.title(region) for region in published.fitted])}",
        collisions(settings.of_fits(settings.publish)),
    ]
    return " · ".join(parts)


def _front(
    settings: ReportSettings, paths: Paths, fits: Mapping[str, FitContents], captions: Captions
) -> list[Part]:
    """Return what stands below the numbers on the first page."""
    published = fits[settings.publish]
    everything = f"<a href='#fit-{escape(settings.publish)}'>all figures of this fit</a>"
    stacks = [published.region(r, "postfit") for r in published.regions("signal", "control")]
    fit = settings.publish
    done = changes_summary(published.report)
    return [
        _part(
            "Decomposition of the uncertainty",
            EXPLANATION,
            f"{fit}_decomposition",
            [decomposition(published.mu_fit)],
        ),
        Part(
            "Ranking",
            exhibits=[published.figure("ranking", "ranking", "Ranking of the nuisance parameters")],
        ),
        Part(
            "Regions after the fit",
            f"Before the fit, validation regions and more: {everything}.",
            exhibits=[published.all_regions("postfit"), *stacks],
        ),
        Part("Yields", exhibits=[published.yields()]),
        Part(
            "Gates",
            "Checks that a fit has to pass before it is written.",
            [gates_table(published.mu_fit["gates"])],
        ),
        _part(
            "What was done to the templates",
            f"Of fit {escape(fit)}, like changes together. One by one: {everything}."
            if done.rows
            else "No template was changed.",
            f"{fit}_changes",
            [done] if done.rows else [],
        ),
        _all_fits(settings, {n: f.mu_fit for n, f in fits.items()}, captions),
        Part(
            "Comparison of the models",
            "<a href='#models'>Curves and training</a>.",
            exhibits=[models_exhibit(settings, paths, captions)],
        ),
        _part(
            "Cutflow",
            "What each cut of the preselection leaves of signal and background together; data sets "
            "for systematics only are left out. Expected events: "
            f"{collisions(settings)}, with the error of the simulation. {cutflow_note(settings)}"
            "<a href='#selection'>By data set, and the selections of the regions</a>.",
            "cutflow",
            cutflow_sums(settings, paths),
        ),
    ]


def _all_fits(
    settings: ReportSettings, results: Mapping[str, Mapping[str, Any]], captions: Captions
) -> Part:
    """Return the signal strengths of all fits, of several as a figure as well."""
    part = _part(
        "All fits", "Each has its own category above.", "fits", [fits_table(results, settings)]
    )
    if len(results) == 1:
        return part
    told = settings.of_fits(*results)
    content = {"fits": [{"label": name, **mu_fit} for name, mu_fit in results.items()]}
    shown, pdf = pictured(mu_summary_figure(content, told.style), "fits_mu")
    figure = Exhibit(
        "Signal strengths",
        captions("compare", figure="mu"),
        f"{collisions(told)}.",
        picture=shown,
        downloads=[pdf],
    )
    return replace(part, exhibits=[figure])


def _provenance(chain: Sequence[str]) -> Category:
    lines = escape("\n".join(chain))
    text = "<p>How <code>mu_fit.json</code> was made, from it back to cuts and files.</p>"
    shown = Exhibit("Provenance", text, "", table=f"<pre>{lines}</pre>")
    return Category("provenance", "Provenance", "Provenance", {"": [shown]})
