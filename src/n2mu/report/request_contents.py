"""What was made on request: scans, limits, pseudo-experiments, comparisons, single figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.compare import COMPARISON_FIGURES
from n2mu.plots.inference import INFERENCE_FIGURES
from n2mu.plots.latex import to_html
from n2mu.plots.settings import PlotSettings
from n2mu.plots.tabular import Code, Tabular
from n2mu.registries import caption
from n2mu.report.captions import Captions
from n2mu.report.embed import Download, Picture, as_latex, download, picture, pictured
from n2mu.report.exhibits import Category, Exhibit
from n2mu.report.fit_contents import FIGURES, FitContents
from n2mu.report.request_tables import REQUEST_TABLES
from n2mu.report.requests import LeftOut, Made
from n2mu.report.settings import ReportSettings
from n2mu.report.statistics import collisions, selection

Draw = Callable[[Mapping[str, Any], PlotSettings], Figure | None]

TITLES = {
    "scan": "Scans of the profile likelihood",
    "limit": "Upper limits",
    "significance": "Significance of a discovery",
    "gof": "Goodness of fit",
    "toys": "Pseudo-experiments",
    "compare": "Comparisons of fits",
    "systematic": "Systematic uncertainties",
    "feature": "Distributions of features",
}
ONE = {
    "limit": "Upper limit",
    "significance": "Discovery",
    "gof": "Goodness of fit",
    "toys": "Pseudo-experiments",
}
COMPARED = {"mu": "Signal strengths", "pulls": "Pulls", "ranking": "Impacts"}
LEFT_OUT = "Left out"


class RequestContents:
    """Makes the exhibits of what was made on request.

    Parameters
    ----------
    fits
        Contents of the fits that the report shows, by name.
    """

    def __init__(
        self, settings: ReportSettings, fits: Mapping[str, FitContents], captions: Captions
    ) -> None:
        self._settings = settings
        self._fits = fits
        self._captions = captions

    def category(self, made: Sequence[Made], left_out: Sequence[LeftOut]) -> Category:
        """Return everything that is proven to be of the configuration, and what is left out."""
        parts: dict[str, list[Exhibit]] = {
            title: [shown for one in made if one.kind == kind for shown in self._exhibits(one)]
            for kind, title in TITLES.items()
        }
        if left_out:
            parts[LEFT_OUT] = [_left_out(left_out)]
        return Category("requests", "On request", "Made on request", parts)

    def _exhibits(self, made: Made) -> Iterator[Exhibit]:
        if made.kind in ("systematic", "feature"):
            yield self._single(made)
            return
        figures: dict[str, Draw] = (
            dict(COMPARISON_FIGURES)
            if made.kind == "compare"
            else {made.kind: INFERENCE_FIGURES[made.kind]}
        )
        name = made.path.stem
        style = self._told(made).style
        for figure, draw in figures.items():
            if (drawn := draw(made.content, style)) is not None:
                saved = name if figure == made.kind else f"{name}_{figure}"
                shown, pdf = pictured(drawn, saved)
                yield self._exhibit(made, figure, picture=shown, downloads=[pdf])
        if (tabulate := REQUEST_TABLES.get(made.kind)) is not None:
            table = tabulate(made.content)
            latex = as_latex(table, f"{name}.tex")
            whole = download(made.path, made.path.name)
            yield self._exhibit(made, made.kind, table=table.html(), downloads=[latex, whole])

    def _single(self, made: Made) -> Exhibit:
        """Return a figure that the workflow would draw of another systematic, or of no feature."""
        image = made.path.with_name(f"{made.path.stem}.png")
        return self._exhibit(
            made,
            made.kind,
            picture=picture(image),
            downloads=[download(image.with_suffix(".pdf"), f"{made.path.stem}.pdf")],
        )

    def _exhibit(
        self,
        made: Made,
        figure: str,
        picture: Picture | None = None,
        table: str | None = None,
        downloads: Sequence[Download] = (),
    ) -> Exhibit:
        about = {
            key: str(made.content.get(key, ""))
            for key in ("region", "sample", "systematic", "feature")
        }
        fit = ", ".join(made.fits)
        text = str(made.content.get("figure", made.kind))
        said = caption(FIGURES, "SYSTEMATIC_FIGURES", text) if text != made.kind else None
        captions = self._captions.of(self._told(made).main)
        command = f"<p>Made by <code>{escape(made.command)}</code></p>"
        return Exhibit(
            title=self._title(made, figure),
            caption=captions(text, said, fit=fit, figure=figure, **about) + command,
            statistics=self._statistics(made),
            picture=picture,
            table=table,
            downloads=downloads,
        )

    def _told(self, made: Made) -> ReportSettings:
        """Return the settings with the luminosity of what is shown; features have the inputs'."""
        return self._settings if made.kind == "feature" else self._settings.of_fits(*made.fits)

    def _title(self, made: Made, figure: str) -> str:
        """Return what is shown, of which fit, and the file that holds it, as HTML."""
        content, titles = made.content, self._settings.style.parameters
        if made.kind == "feature":
            return f"{escape(content['feature'])} in {escape(content['region'])}"
        if made.kind == "systematic":
            named = to_html(titles.get(content["systematic"], content["systematic"]))
            return f"{named} on {escape(content['sample'])} in {escape(content['region'])}"
        what = COMPARED.get(figure, ONE.get(made.kind, ""))
        if made.kind == "scan":
            what = " and ".join(
                to_html(titles.get(p["name"], p["name"])) for p in content["parameters"]
            )
        of = f"{'fit' if len(made.fits) == 1 else 'fits'} {escape(', '.join(made.fits))}"
        return f"{what}, {of} <code>{escape(made.path.name)}</code>"

    def _statistics(self, made: Made) -> str:
        known = [self._fits[fit] for fit in made.fits if fit in self._fits]
        if made.kind == "feature":
            region = made.content["region"]
            return f"{collisions(self._settings)}." + selection(region, self._settings)
        regions = [made.content["region"]] if made.kind == "systematic" else None
        if len(known) != 1:
            return f"{collisions(self._told(made))}."
        return known[0].statistics(regions)


def _left_out(found: Sequence[LeftOut]) -> Exhibit:
    """Return the list of what cannot be shown: nobody knows whether it still holds."""
    rows = [
        [Code(str(one.path)), one.reason, "" if one.command is None else Code(one.command)]
        for one in found
    ]
    table = Tabular(["File", "Why", "Command that makes it again"], rows)
    text = (
        "<p>Made on request, and not shown: these cannot be proven to be of this configuration.</p>"
    )
    return Exhibit("Left out", text, "", table=table.html())
