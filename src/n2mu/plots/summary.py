"""The result of a fit on one page: mu, its uncertainties, gates and the cross-check."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from n2mu.plots.fit_lines import fitted_title, sides
from n2mu.plots.latex import to_html
from n2mu.plots.names import FREE, group, is_numbered, title
from n2mu.plots.numbers import decimals, plain, signed
from n2mu.plots.page import heading, note, page, table
from n2mu.plots.settings import PlotSettings
from n2mu.plots.tabular import Tabular

DEFINITIONS = {
    "mu": "Total, profile likelihood, 68.3 %",
    "mu_stat_only": "Statistics only: nuisance parameters fixed, norm factors free",
    "mu_data_stat": "Data statistics: part of the total (arXiv:2307.04007)",
}

ENOUGH = 2
"""Decimals from which on a group of uncertainties may read as zero."""


def summary_page(mu_fit: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the summary of a fit.

    Parameters
    ----------
    mu_fit
        Contents of ``mu_fit.json``.
    """
    labels = settings.labels
    name = f"{labels.experiment} {labels.status}".strip()
    parts = [
        note(
            f"{escape(name)}, √s = {to_html(labels.energy)}, {to_html(labels.luminosity)}. "
            f"{to_html(fitted_title(mu_fit, settings))}, observable "
            f"<code>{escape(mu_fit['observable'])}</code>."
        ),
        heading("Signal strength"),
        _uncertainties(mu_fit),
        heading("Significance"),
        _listing(mu_fit["significance"].items(), digits=3),
        heading("Free parameters"),
        _free_parameters(mu_fit, settings),
        heading("Gates"),
        gates_table(mu_fit["gates"]),
        heading("Fit"),
        _listing((key, value) for key, value in mu_fit["fit"].items() if key != "seconds"),
    ]
    if check := mu_fit.get("check"):
        parts += [heading("Cross-check with pyhf and MINUIT"), _listing(check.items())]
    return page(f"Fit {mu_fit['fit']['name']} of {mu_fit['analysis']}", *parts)


def _uncertainties(mu_fit: Mapping[str, Any]) -> str:
    value = mu_fit["mu"]["value"]
    named = [(key, text, mu_fit[key]) for key, text in DEFINITIONS.items()]
    if "interval_95" in mu_fit["mu"]:
        named.insert(1, ("mu", "Total, profile likelihood, 95.4 %", mu_fit["mu"]["interval_95"]))
    if (hessian := mu_fit["mu"].get("hessian_error")) is not None:
        sides_of = {"up": hessian, "down": hessian}
        named.insert(1, ("mu", "Total, from the Hessian", sides_of))
    named += [
        ("breakdown", f"Group {group.replace('_', ' ')}", interval)
        for group, interval in mu_fit["breakdown"].items()
    ]
    digits = decomposition_digits(mu_fit)
    rows = []
    for _, text, interval in named:
        up, down = sides(interval, text)
        rows.append(
            [
                escape(text),
                plain(value, digits) if interval is mu_fit["mu"] else "",
                "none" if up is None else signed(up, digits),
                "none" if down is None else signed(-down, digits),
                escape(_remarks(interval)),
            ]
        )
    return table(["Uncertainty", "μ", "Up", "Down", "Remark"], rows, numbers=(1, 2, 3))


def decomposition_digits(mu_fit: Mapping[str, Any]) -> int:
    """Return the decimals of uncertainties that are compared with each other.

    They are those of the total and its statistical parts; one more where these have less than two
    and a group would read as zero.
    """
    errors = [error for key in DEFINITIONS for error in sides(mu_fit[key], key) if error]
    digits = decimals(errors)
    groups = [error for part in mu_fit["breakdown"].values() for error in sides(part, "breakdown")]
    small = any(error and error < 0.5 * 10**-digits for error in groups)
    return digits + 1 if small and digits < ENOUGH else digits


def _free_parameters(mu_fit: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the parameters that nothing but the data constrains."""
    rows: list[list[str]] = []
    for parameter in sorted(mu_fit["parameters"], key=lambda p: is_numbered(str(p["name"]))):
        if group(parameter) == FREE:
            value, error = parameter["value"], parameter["uncertainty"]
            digits = decimals([] if error is None else [error])
            shown = "none" if error is None else plain(error, digits)
            rows.append(
                [
                    title(parameter, settings),
                    plain(value, digits),
                    shown,
                ]
            )
    return Tabular(["Parameter", "Value", "Uncertainty"], rows, numbers=(1, 2)).html()


def _remarks(interval: Mapping[str, Any]) -> str:
    """Return whatever else the product says of an interval, such as why a side has no error."""
    remarks = []
    for key, entry in interval.items():
        if key not in ("value", "up", "down", "hessian_error", "interval_95"):
            told = entry.items() if isinstance(entry, dict) else [("", entry)]
            remarks += [f"{key} {side}".strip() + f": {text}" for side, text in told]
    return "; ".join(remarks)


def gates_table(gates: Iterable[Mapping[str, Any]]) -> str:
    """Return the gates of a fit as an HTML table.

    Parameters
    ----------
    gates
        ``gates`` of ``mu_fit.json``.
    """
    rows = [
        [
            escape(str(gate["name"])),
            "passed" if gate["passed"] else '<span class="failed">FAILED</span>',
            escape(str(gate["detail"])),
        ]
        for gate in gates
    ]
    return table(["Gate", "Result", "Detail"], rows)


def _listing(items: Iterable[tuple[str, Any]], digits: int = 9) -> str:
    rows = []
    for key, value in items:
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [
            [escape(f"{key} {part}".strip().replace("_", " ")), _shown(v, digits)]
            for part, v in parts
        ]
    return table(["", ""], rows, numbers=(1,))


def _shown(value: Any, digits: int) -> str:
    if isinstance(value, float):
        return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(map(str, value)) or None
    return "none" if value is None else escape(str(value))
