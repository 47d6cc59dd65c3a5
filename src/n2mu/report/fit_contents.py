"""Everything that a fit has drawn and tabulated."""

from collections.abc import Sequence
from html import escape

from n2mu.plots.content import read_keys
from n2mu.plots.latex import to_html
from n2mu.plots.page import body_of
from n2mu.plots.panel import region_title
from n2mu.plots.yields import STAGES
from n2mu.registries import caption, registered
from n2mu.report.captions import Captions
from n2mu.report.embed import download, picture
from n2mu.report.exhibits import Category, Exhibit
from n2mu.report.settings import ReportSettings
from n2mu.report.statistics import of_regions
from n2mu.workflow.paths import Paths

FIGURES = ("n2mu.plots.fit_figures", "FIT_FIGURES")
WHEN = {"prefit": "before", "postfit": "after"}


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
        self._settings = settings
        self._captions = captions
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
        )

    def table(
        self, stem: str, text: str, title: str, others: Sequence[str] = (), long: bool = False
    ) -> Exhibit:
        """Return a table below the directory of plots, and the files that go with it.

        Parameters
        ----------
        others
            Suffixes of the same table in other forms.
        """
        path = self._plots / f"{stem}.html"
        forms = [download(path.with_suffix(s), f"{self.fit}_{stem}{s}") for s in (*others, ".html")]
        return Exhibit(
            title=title,
            caption=self._captions(text, fit=self.fit),
            statistics=self.statistics(None),
            table=body_of(path),
            downloads=forms,
            long=long,
        )

    def region(self, region: str, which: str) -> Exhibit:
        """Return the stack of a region before or after the fit."""
        title = f"{self.title(region)}, {WHEN[which]} the fit"
        return self.figure(
            f"regions/{region}_{which}", "region", title, [region], region=region, which=which
        )

    def all_regions(self, which: str) -> Exhibit:
        """Return the stack of all regions before or after the fit."""
        title = f"All regions {WHEN[which]} the fit"
        return self.figure(f"regions_{which}", "regions", title, list(self.report["regions"]))

    def yields(self) -> Exhibit:
        """Return the yields before and after the fit."""
        title = "Yields before and after the fit"
        return self.table("yields", "yields", title, (".tex", ".txt", ".json"))

    def title(self, region: str) -> str:
        """Return the title of a region as HTML."""
        return to_html(region_title(region, self._settings.style))

    def regions(self, *roles: str) -> list[str]:
        """Return the regions with one of some roles, in the order of the fit."""
        return [r for r in self.report["regions"] if self._role(r) in roles]

    def category(self) -> Category:
        """Return everything that the fit has drawn and tabulated."""
        parts: dict[str, list[Exhibit]] = {
            "Result": [
                self.table("summary", "summary", "Signal strength, gates, cross-check"),
                self.figure("ranking", "ranking", "Ranking of the nuisance parameters"),
                self.figure("pulls", "pulls", "Pulls and constraints"),
                self.figure("correlation", "correlation", "Correlations"),
                *self._added(),
                self.yields(),
            ],
            "Regions": [
                *(self.all_regions(which) for which in STAGES),
                *(self._ordered(which) for which in self._drawn("ordered", STAGES)),
                *(self.region(r, which) for r in self.report["regions"] for which in STAGES),
            ],
            "Composition and sensitivity": [
                *(
                    self.figure(
                        f"composition_{w}",
                        "composition",
                        f"Composition of the regions, {WHEN[w]} the fit",
                        list(self.report["regions"]),
                    )
                    for w in STAGES
                ),
                self.figure(
                    "sensitivity",
                    "sensitivity",
                    "Signal over background",
                    list(self.report["regions"]),
                ),
                *(
                    self.figure(
                        f"separation/{r}",
                        "separation",
                        f"Separation in {self.title(r)}",
                        [r],
                        region=r,
                    )
                    for r in self._drawn("separation")
                ),
            ],
            "Systematic uncertainties": [
                self.figure(
                    f"systematics/{r}/{s}/{n}",
                    "systematic",
                    f"{self._named('parameters', n)} on {self._sample(s)} in {self.title(r)}",
                    [r],
                    region=r,
                    sample=s,
                    systematic=n,
                )
                for r, s, n in self._control_plots()
            ],
            "What was done to the templates": [
                *(
                    self.figure(
                        f"pruning/{r}", "pruning", f"Pruning in {self.title(r)}", [r], region=r
                    )
                    for r in self._drawn("pruning")
                ),
                self.table("treatment", "treatment", "What was done to each template", long=True),
                self.table("changes", "changes", "Every change, one by one", long=True),
            ],
        }
        title = self._settings.fits[self.fit]
        short = f"Fit {escape(self.fit)}"
        long = f"{short}: {to_html(title)}" if title else short
        return Category(f"fit-{self.fit}", short, long, parts)

    def _added(self) -> list[Exhibit]:
        """Return the figures that have no text but their docstring."""
        return [
            self.figure(name, name, name.replace("_", " ").capitalize(), said=said)
            for name in registered(*FIGURES)
            if (said := caption(*FIGURES, name)) is not None
        ]

    def statistics(self, regions: Sequence[str] | None) -> str:
        """Return selection, luminosity and events of regions, by default those of the fit."""
        return of_regions(
            list(self.fitted if regions is None else regions), self.report, self._settings
        )

    def _role(self, region: str) -> str:
        return str(self.report["regions"][region]["role"])

    def _ordered(self, which: str) -> Exhibit:
        title = f"All bins by signal over background, {WHEN[which]} the fit"
        return self.figure(f"ordered/{which}", "ordered", title, which=which)

    def _drawn(self, directory: str, names: Sequence[str] | None = None) -> list[str]:
        """Return the figures that a directory has, of the regions if no names are given."""
        known = list(self.report["regions"]) if names is None else names
        return [name for name in known if (self._plots / directory / f"{name}.png").exists()]

    def _control_plots(self) -> list[tuple[str, str, str]]:
        found = {
            path.relative_to(self._plots / "systematics").with_suffix("").parts
            for path in (self._plots / "systematics").glob("*/*/*.png")
        }
        order = list(self.report["regions"])
        return [
            (r, s, n) for r, s, n in sorted(found, key=lambda parts: (order.index(parts[0]), parts))
        ]

    def _named(self, kind: str, name: str) -> str:
        return to_html(self._settings.style.parameters.get(name, name))

    def _sample(self, name: str) -> str:
        style = self._settings.style.samples.get(name)
        return to_html((style and style.title) or name)
