"""Everything that a fit has drawn and tabulated."""

from collections.abc import Mapping, Sequence
from html import escape

from n2mu.plots.content import read_keys
from n2mu.plots.fit_subjects import STAGES, SUBJECTS
from n2mu.plots.latex import to_html
from n2mu.plots.page import body_of
from n2mu.plots.panel import region_title
from n2mu.registries import caption, registered
from n2mu.report.captions import Captions
from n2mu.report.embed import download, picture
from n2mu.report.exhibits import Category, Exhibit, Layout
from n2mu.report.settings import ReportSettings
from n2mu.report.statistics import of_regions
from n2mu.workflow.paths import Paths

FIGURES = "n2mu.plots.fit_figures"
WHEN = {"prefit": "before", "postfit": "after"}

RESULT, REGIONS, COMPOSITION, SYSTEMATICS, TEMPLATES = (
    "Result",
    "Regions",
    "Composition and sensitivity",
    "Systematic uncertainties",
    "What was done to the templates",
)
PART_OF = {
    "fit": RESULT,
    "stage": REGIONS,
    "region": REGIONS,
    "region_stage": REGIONS,
    "systematic": SYSTEMATICS,
}
"""The part of the report that holds figures of a subject."""
PARTS = {
    ("fit", "sensitivity"): COMPOSITION,
    ("stage", "composition"): COMPOSITION,
    ("region", "separation"): COMPOSITION,
    ("region", "pruning"): TEMPLATES,
}
"""Figures that are in another part than their subject."""
OF_ALL_REGIONS = {("fit", "sensitivity"), ("stage", "regions"), ("stage", "composition")}
"""Figures that show validation regions beside those of the fit."""
TITLES = {
    "ranking": "Ranking of the nuisance parameters",
    "pulls": "Pulls and constraints",
    "correlation": "Correlations",
    "sensitivity": "Signal over background",
    "regions": "All regions",
    "ordered": "All bins by signal over background",
    "composition": "Composition of the regions",
    "separation": "Separation",
    "pruning": "Pruning",
    "systematics": "",
}
"""Another figure is called as its entry."""


ALONE = {"ranking", "pulls", "correlation"}
"""Figures of many parameters, which need the room of two."""


class FitContents:
    """Makes the exhibits of one fit.

    Parameters
    ----------
    fit
        Its name.
    """

    def __init__(
        self, fit: str, settings: ReportSettings, paths: Paths, captions: Captions
    ) -> None:
        self.fit = fit
        self.mu_fit = read_keys(paths.fit(fit, "mu_fit.json"), ("mu", "yields", "gates"))
        self.report = read_keys(paths.fit(fit, "templates_report.json"), ("regions", "changes"))
        self._plots = paths.fit(fit, "plots")
        self._settings = settings.of_fits(fit)
        self._captions = captions.of(self._settings.main)
        self.fitted = list(self.mu_fit["yields"])

    def figure(
        self,
        stem: str,
        text: str,
        title: str,
        regions: Sequence[str] | None = None,
        said: str | None = None,
        **wildcards: str,
    ) -> Exhibit:
        """Return a figure below the directory of plots.

        Parameters
        ----------
        stem
            Its path without suffix.
        text
            Name of its caption.
        regions
            That it shows, by default those of the fit.
        said
            The caption itself, if there is no such text.
        """
        path = self._plots / f"{stem}.png"
        name = f"{self.fit}_{stem.replace('/', '_')}.pdf"
        return Exhibit(
            title=title,
            caption=self._captions(text, said, fit=self.fit, **wildcards),
            statistics=self.statistics(regions),
            picture=picture(path),
            downloads=[download(path.with_suffix(".pdf"), name)],
            alone=text in ALONE,
        )

    def table(
        self,
        stem: str,
        text: str,
        title: str,
        others: Sequence[str] = (),
        layout: Layout = "plain",
    ) -> Exhibit:
        """Return a table below the directory of plots, and the files that go with it.

        Parameters
        ----------
        others
            Suffixes of the same table in other forms.
        """
        path = self._plots / f"{stem}.html"
        forms = [download(path.with_suffix(s), f"{self.fit}_{stem}{s}") for s in others]
        return Exhibit(
            title=title,
            caption=self._captions(text, fit=self.fit),
            statistics=self.statistics(None),
            table=body_of(path),
            downloads=forms,
            layout=layout,
        )

    def region(self, region: str, which: str) -> Exhibit:
        """Return the stack of a region before or after the fit."""
        (shown,) = self._drawn("region_stage", "regions", {"region": region, "which": which})
        return shown

    def all_regions(self, which: str) -> Exhibit:
        """Return the stack of all regions before or after the fit."""
        (shown,) = self._drawn("stage", "regions", {"which": which})
        return shown

    def yields(self) -> Exhibit:
        """Return the yields before and after the fit."""
        title = "Yields before and after the fit"
        return self.table("yields", "yields", title, (".tex", ".txt", ".json"), "columns")

    def title(self, region: str) -> str:
        """Return the title of a region as HTML."""
        return to_html(region_title(region, self._settings.style))

    def regions(self, *roles: str) -> list[str]:
        """Return the regions with one of some roles, in the order of the fit."""
        return [r for r in self.report["regions"] if self._role(r) in roles]

    def category(self) -> Category:
        """Return everything that the fit has drawn and tabulated."""
        parts: dict[str, list[Exhibit]] = {
            RESULT: [
                self.table(
                    "summary", "summary", "Signal strength, gates, cross-check", layout="columns"
                )
            ],
            REGIONS: [],
            COMPOSITION: [],
            SYSTEMATICS: [],
            TEMPLATES: [],
        }
        for subject in SUBJECTS:
            figures = registered(FIGURES, SUBJECTS[subject].dictionary)
            for about in self._instances(subject):
                for name in figures:
                    part = PARTS.get((subject, name), PART_OF[subject])
                    parts[part] += self._drawn(subject, name, about)
        parts[RESULT].append(self.yields())
        parts[SYSTEMATICS].append(
            self.table("rates", "rates", "Changes of the rates", (".tex",), "long")
        )
        parts[TEMPLATES] += [
            self.table("treatment", "treatment", "What was done to each template", layout="long"),
            self.table("changes", "changes", "Every change, one by one", layout="long"),
        ]
        title = self._settings.fits[self.fit]
        short = f"Fit {escape(self.fit)}"
        long = f"{short}: {to_html(title)}" if title else short
        return Category(f"fit-{self.fit}", short, long, parts)

    def _instances(self, subject: str) -> list[dict[str, str]]:
        """Return of what a fit has figures of a subject, by wildcard."""
        regions = list(self.report["regions"])
        if subject == "systematic":
            return self._systematics()
        about: list[dict[str, str]] = [{}]
        path = SUBJECTS[subject].path
        if "{region}" in path:
            about = [{"region": region} for region in regions]
        if "{which}" in path:
            about = [{**one, "which": which} for one in about for which in STAGES]
        return about

    def _drawn(self, subject: str, name: str, about: Mapping[str, str]) -> list[Exhibit]:
        """Return a figure, or nothing where there was nothing to draw."""
        stem = SUBJECTS[subject].path.format(name=name, **about)
        if SUBJECTS[subject].optional and not (self._plots / f"{stem}.png").exists():
            return []
        said = caption(FIGURES, SUBJECTS[subject].dictionary, name)
        shown = [about["region"]] if "region" in about else None
        if shown is None and (subject, name) in OF_ALL_REGIONS:
            shown = list(self.report["regions"])
        return [self.figure(stem, name, self._title_of(name, about), shown, said, **about)]

    def _title_of(self, name: str, about: Mapping[str, str]) -> str:
        """Return what a figure is called, as HTML."""
        what = TITLES.get(name, name.replace("_", " ").capitalize())
        if "systematic" in about:
            what = "" if name in TITLES else f"{what}, "
            what += f"{self._named(about['systematic'])} on {self._sample(about['sample'])}"
        if "region" in about:
            region = self.title(about["region"])
            what = region if name == "regions" else f"{what} in {region}"
        return f"{what}, {WHEN[about['which']]} the fit" if "which" in about else what

    def _systematics(self) -> list[dict[str, str]]:
        """Return the systematics that have figures, region by region."""
        order = list(self.report["regions"])
        found = {
            path.relative_to(self._plots / name).with_suffix("").parts
            for name in registered(FIGURES, SUBJECTS["systematic"].dictionary)
            for path in (self._plots / name).glob("*/*/*.png")
        }
        return [
            {"region": region, "sample": sample, "systematic": systematic}
            for region, sample, systematic in sorted(
                found, key=lambda parts: (order.index(parts[0]), parts)
            )
        ]

    def statistics(self, regions: Sequence[str] | None) -> str:
        """Return selection, luminosity and events of regions, by default those of the fit."""
        return of_regions(
            list(self.fitted if regions is None else regions), self.report, self._settings
        )

    def _role(self, region: str) -> str:
        return str(self.report["regions"][region]["role"])

    def _named(self, systematic: str) -> str:
        return to_html(self._settings.style.parameters.get(systematic, systematic))

    def _sample(self, name: str) -> str:
        style = self._settings.style.samples.get(name)
        return to_html((style and style.title) or name)
