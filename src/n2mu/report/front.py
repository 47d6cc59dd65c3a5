"""The first page: the published fit in numbers and short tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from n2mu.plots.fit_lines import data_title, sides
from n2mu.plots.numbers import decimals
from n2mu.plots.summary import DEFINITIONS
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


def tiles(mu_fit: Mapping[str, Any]) -> list[Tile]:
    """Return mu, its statistical error, the significance, and whether all gates passed."""
    significance = mu_fit["significance"]
    found = [
        Tile(
            "Signal strength &mu;",
            Errors(mu_fit["mu"], "mu", value=True).html(),
            f"{escape(data_title(mu_fit['dataset']))}; 68.3 %, profile likelihood",
        ),
        Tile(
            "Statistics only",
            Errors(mu_fit["mu_stat_only"], "mu_stat_only").html(),
            "nuisance parameters fixed at the best fit",
        ),
    ]
    found += [
        Tile(f"Significance, {kind}", f"{value:.2f} &sigma;", "of the signal against &mu; = 0")
        for kind, value in significance.items()
        if kind in ("expected", "observed") and value is not None
    ]
    failed = [escape(str(gate["name"])) for gate in mu_fit["gates"] if not gate["passed"]]
    count = len(mu_fit["gates"])
    below = f"allowed to fail: {', '.join(failed)}" if failed else "checks that the fit must pass"
    found.append(Tile("Gates", f"{count - len(failed)} of {count} passed", below, bool(failed)))
    return found


def decomposition(mu_fit: Mapping[str, Any]) -> Tabular:
    """Return total, statistical parts, and groups of uncertainties, the largest first."""
    whole = [(text, mu_fit[key]) for key, text in DEFINITIONS.items()]
    groups = sorted(mu_fit["breakdown"].items(), key=lambda item: -_size(item[1]))
    longest = max((_size(interval) for _, interval in [*whole, *groups]), default=0.0) or 1.0
    digits = decimals(error for text, i in whole for error in sides(i, text) if error)
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
    for name, mu_fit in results.items():
        title = settings.fits[name]
        significance = mu_fit["significance"]
        rows.append(
            [
                Link(
                    f"{name}, {title}" if title else name,
                    f"fit-{name}",
                    bold=name == settings.publish,
                ),
                data_title(mu_fit["dataset"]),
                Code(str(mu_fit["observable"])),
                Errors(mu_fit["mu"], "mu", value=True),
                Errors(mu_fit["mu_stat_only"], "mu_stat_only"),
                *(
                    "" if significance[k] is None else f"{significance[k]:.2f}"
                    for k in ("expected", "observed")
                ),
            ]
        )
    columns = [
        "Fit",
        "Data",
        "Observable",
        STRENGTH,
        "Stat. only",
        r"Expected $\sigma$",
        r"Observed $\sigma$",
    ]
    return Tabular(columns, rows, numbers=(3, 4, 5, 6))


def _size(interval: Mapping[str, Any]) -> float:
    return max(
        (error for error in (interval["up"], interval["down"]) if error is not None), default=0.0
    )
