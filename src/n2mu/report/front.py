"""The first page: the published fit in numbers and short tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from n2mu.plots.fit_lines import data_title, sides
from n2mu.plots.latex import to_html
from n2mu.plots.numbers import MINUS, decimals, plain, signed
from n2mu.plots.page import table
from n2mu.plots.summary import DEFINITIONS
from n2mu.report.settings import ReportSettings


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
    dataset = data_title(mu_fit["dataset"])
    failed = [gate for gate in mu_fit["gates"] if not gate["passed"]]
    significance = mu_fit["significance"]
    found = [
        Tile(
            "Signal strength μ",
            _interval(mu_fit["mu"], "mu"),
            f"{dataset}, 68.3 %, profile likelihood",
        ),
        Tile(
            "Statistics only",
            _errors(mu_fit["mu_stat_only"], "mu_stat_only"),
            "nuisance parameters fixed at the best fit",
        ),
    ]
    found += [
        Tile(
            f"Significance, {kind}",
            "none" if value is None else f"{value:.2f} &sigma;",
            "of μ > 0 against μ = 0",
        )
        for kind, value in (
            ("expected", significance["expected"]),
            ("observed", significance["observed"]),
        )
        if kind == "expected" or value is not None
    ]
    passed = len(mu_fit["gates"]) - len(failed)
    names = ", ".join(escape(str(gate["name"])) for gate in failed)
    below = f"allowed to fail: {names}" if failed else "checks that the fit must pass"
    found.append(Tile("Gates", f"{passed} of {len(mu_fit['gates'])} passed", below, bool(failed)))
    return found


def decomposition(mu_fit: Mapping[str, Any]) -> str:
    """Return total, statistical parts and groups of uncertainties, the largest first, as HTML."""
    rows = [(text, mu_fit[key], False) for key, text in DEFINITIONS.items()]
    groups = sorted(mu_fit["breakdown"].items(), key=lambda item: -_size(item[1]))
    rows += [(name.replace("_", " "), interval, True) for name, interval in groups]
    longest = max((_size(interval) for _, interval, _ in rows), default=0.0) or 1.0
    digits = decimals(
        e for _, interval, group in rows if not group for e in sides(interval, "") if e
    )
    lines = []
    for text, interval, group in rows:
        up, down = sides(interval, text)
        lines.append(
            [
                f"<span class='group'>{escape(text)}</span>" if group else escape(text),
                "none" if up is None else signed(up, digits),
                "none" if down is None else signed(-down, digits),
                _bar(_size(interval) / longest, group),
            ]
        )
    return table(["Uncertainty of μ", "Up", "Down", ""], lines, numbers=(1, 2))


def fits_table(results: Mapping[str, Mapping[str, Any]], settings: ReportSettings) -> str:
    """Return mu of every fit as HTML; the published one is bold."""
    lines = []
    for name, mu_fit in results.items():
        title = settings.fits[name]
        label = escape(name) + (f", {to_html(title)}" if title else "")
        significance = mu_fit["significance"]
        lines.append(
            [
                f"<a href='#fit-{escape(name)}'>"
                + (f"<b>{label}</b>" if name == settings.publish else label)
                + "</a>",
                escape(data_title(mu_fit["dataset"])),
                f"<code>{escape(str(mu_fit['observable']))}</code>",
                _interval(mu_fit["mu"], "mu"),
                _errors(mu_fit["mu_stat_only"], "mu_stat_only"),
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
        "μ",
        "Stat. only",
        "Expected &sigma;",
        "Observed &sigma;",
    ]
    return table(columns, lines, numbers=(3, 4, 5, 6))


def _interval(interval: Mapping[str, Any], what: str) -> str:
    errors = sides(interval, what)
    digits = decimals(error for error in errors if error is not None)
    return f"{plain(interval['value'], digits)} {_errors(interval, what)}"


def _errors(interval: Mapping[str, Any], what: str) -> str:
    up, down = sides(interval, what)
    digits = decimals(error for error in (up, down) if error is not None)
    above = "+ none" if up is None else signed(up, digits)
    below = f"{MINUS} none" if down is None else signed(-down, digits)
    return f"<span class='errors'><span>{above}</span><span>{below}</span></span>"


def _size(interval: Mapping[str, Any]) -> float:
    return max(
        (side for side in (interval["up"], interval["down"]) if side is not None), default=0.0
    )


def _bar(share: float, group: bool) -> str:
    kind = "part" if group else "whole"
    return f"<span class='bar {kind}' style='width:{100 * share:.1f}%'></span>"
