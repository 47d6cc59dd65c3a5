"""The first page: the published fit in numbers and short tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from n2mu.plots.fit_lines import asimov_regions, fitted_title, sides
from n2mu.plots.latex import to_html
from n2mu.plots.settings import PlotSettings
from n2mu.plots.summary import DEFINITIONS, decomposition_digits
from n2mu.plots.tabular import Bar, Cell, Code, Errors, Link, Tabular, side
from n2mu.report.settings import ReportSettings

STRENGTH = r"$\mu$"


@dataclass(frozen=True)
class Tile:
    """A number on top of the first page.

    Attributes
    ----------
    name, value, below
        What it is, the number, and what must be known with it. HTML.
    failed
        Whether it is bad news.
    """

    name: str
    value: str
    below: str
    failed: bool = False


EXPLANATION = (
    "Nuisance parameters are the pulls &alpha; of the systematics, each with a constraint, and the "
    "factors &gamma; for the MC statistics of each bin. <b>Statistics only</b>: the error of &mu; "
    "with all of them fixed at their best-fit values, as if they were known; free normalisations "
    "and shapes stay free. <b>Data statistics</b>: the scatter of the fitted &mu; if the data were "
    "taken again while the auxiliary measurements behind the constraints stay, nothing being "
    "fixed. It is the larger of the two where data constrain nuisance parameters. <b>Groups</b>: "
    "&radic;(total&sup2; \N{MINUS SIGN} (error with the group fixed)&sup2;). Groups are correlated "
    "and do not add up to the total."
)
"""What the lines of the decomposition are, as HTML."""


def tiles(mu_fit: Mapping[str, Any], style: PlotSettings) -> list[Tile]:
    """Return mu, its statistical error, the significance, and whether all gates passed."""
    significance = mu_fit["significance"]
    data = to_html(fitted_title(mu_fit, style))
    observed = "observed"
    if mu_fit["dataset"] == "mixed":
        observed = f"Asimov data {to_html(asimov_regions(mu_fit, style))}"
    found = [
        Tile(
            "Signal strength &mu;",
            Errors(mu_fit["mu"], "mu", value=True).html(),
            f"{data}; 68.3 %, profile likelihood",
        ),
        Tile(
            "Statistics only",
            Errors(mu_fit["mu_stat_only"], "mu_stat_only").html(),
            "all nuisance parameters fixed at the best fit",
        ),
    ]
    found += [
        Tile(
            f"Significance, {observed if kind == 'observed' else kind}",
            f"{value:.2f} &sigma;",
            "of the signal against &mu; = 0" + (f"; {data}" if kind == "observed" else ""),
        )
        for kind, value in significance.items()
        if kind in ("expected", "observed") and value is not None
    ]
    failed = [escape(str(gate["name"])) for gate in mu_fit["gates"] if not gate["passed"]]
    count = len(mu_fit["gates"])
    below = f"failed: {', '.join(failed)}" if failed else "checks that the fit must pass"
    found.append(Tile("Gates", f"{count - len(failed)} of {count} passed", below, bool(failed)))
    return found


def alarms(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what must be read before any number as HTML: gates that failed without stopping a fit.

    Parameters
    ----------
    results
        ``mu_fit.json`` of the fits, by name, the published one first.
    """
    return [
        f"Fit {escape(name)}: gate <b>{escape(str(gate['name']))}</b> failed: "
        f"{escape(str(gate['detail']))}"
        for name, mu_fit in results.items()
        for gate in mu_fit["gates"]
        if not gate["passed"]
    ]


def heading(settings: ReportSettings) -> str:
    """Return what the report is about: the signal if there is one, else the analysis. HTML."""
    signals = {
        style.group or style.title or name
        for name, style in settings.style.samples.items()
        if style.kind == "signal"
    }
    subject = to_html(signals.pop()) if len(signals) == 1 else escape(settings.analysis)
    return f"Signal strength of {subject}"


def decomposition(mu_fit: Mapping[str, Any]) -> Tabular:
    """Return total, statistical parts, and groups of uncertainties, the largest first."""
    whole = [(text, mu_fit[key]) for key, text in DEFINITIONS.items()]
    groups = sorted(mu_fit["breakdown"].items(), key=lambda item: -_size(item[1]))
    longest = max((_size(interval) for _, interval in [*whole, *groups]), default=0.0) or 1.0
    digits = decomposition_digits(mu_fit)
    rows: list[list[Cell]] = []
    for count, (text, interval) in enumerate([*whole, *groups]):
        up, down = sides(interval, text)
        flag = f" ({interval['flag']})" if "flag" in interval else ""
        rows.append(
            [
                text.replace("_", " ") + flag,
                side(up, digits, 1),
                side(down, digits, -1),
                Bar(_size(interval) / longest, whole=count < len(whole)),
            ]
        )
    return Tabular([f"Uncertainty of {STRENGTH}", "Up", "Down", ""], rows, numbers=(1, 2))


def fits_table(results: Mapping[str, Mapping[str, Any]], settings: ReportSettings) -> Tabular:
    """Return mu of every fit; the published one is bold."""
    rows: list[list[Cell]] = []
    luminosities = [settings.luminosities.get(name, "") for name in results]
    told = len(set(luminosities)) > 1
    known = [
        kind
        for kind in ("expected", "observed")
        if any(mu_fit["significance"][kind] is not None for mu_fit in results.values())
    ]
    for (name, mu_fit), luminosity in zip(results.items(), luminosities, strict=True):
        title = settings.fits[name]
        significance = mu_fit["significance"]
        rows.append(
            [
                Link(
                    f"{name}, {title}" if title else name,
                    f"fit-{name}",
                    bold=name == settings.publish,
                ),
                *([luminosity] if told else []),
                fitted_title(mu_fit, settings.style),
                Code(str(mu_fit["observable"])),
                Errors(mu_fit["mu"], "mu", value=True),
                Errors(mu_fit["mu_stat_only"], "mu_stat_only"),
                *("" if significance[k] is None else f"{significance[k]:.2f}" for k in known),
            ]
        )
    columns = [
        "Fit",
        *(["Luminosity"] if told else []),
        "Data",
        "Observable",
        STRENGTH,
        "Statistics only",
        *(rf"{kind.capitalize()} significance [$\sigma$]" for kind in known),
    ]
    return Tabular(columns, rows, numbers=range(columns.index(STRENGTH), len(columns)))


def _size(interval: Mapping[str, Any]) -> float:
    return max(
        (error for error in (interval["up"], interval["down"]) if error is not None), default=0.0
    )
