"""Limits and significances in numbers."""

from collections.abc import Callable, Mapping
from typing import Any

from n2mu.plots.numbers import MINUS
from n2mu.plots.tabular import Cell, Tabular

BANDS = ("-2", "-1", "0", "+1", "+2")
NONE = "none"


def limits_table(limit: Mapping[str, Any]) -> Tabular:
    """Return the observed limit and the expected ones with their bands.

    Parameters
    ----------
    limit
        Contents of the product of ``n2mu limit``.
    """
    asymptotic, toys = limit["asymptotic"], limit.get("toys")
    lines: list[tuple[str, Any, Any]] = [
        ("Observed", asymptotic["observed"], toys and toys["observed"])
    ]
    for band in BANDS:
        title = "Expected, median" if band == "0" else rf"Expected, {_signed(band)}$\sigma$"
        lines.append((title, asymptotic["expected"][band], toys and toys["expected"][band]))
    columns = [f"Upper limit at {100 * limit['confidence']:.4g} % CL", "Asymptotic"]
    rows: list[list[Cell]] = [[title, _number(value)] for title, value, _ in lines]
    if toys is not None:
        columns.append("Pseudo-experiments")
        for row, (_, _, found) in zip(rows, lines, strict=True):
            row.append(_by_toys(found, "value"))
    return Tabular(columns, rows, numbers=range(1, len(columns)))


def significances_table(significance: Mapping[str, Any]) -> Tabular:
    """Return observed and expected significance with their p-values.

    Parameters
    ----------
    significance
        Contents of the product of ``n2mu significance``.
    """
    asymptotic, toys = significance["asymptotic"], significance.get("toys")
    columns = ["Discovery", r"Significance [$\sigma$]", "p-value"]
    if toys is not None:
        columns.append("p-value, pseudo-experiments")
    rows: list[list[Cell]] = []
    for key, title in (("observed", "Observed"), ("expected", "Expected")):
        found = asymptotic[key]
        row: list[Cell] = [
            title,
            NONE if found is None else f"{found['significance']:.2f}",
            NONE if found is None else f"{found['p_value']:.3g}",
        ]
        if toys is not None:
            row.append(_by_toys(toys[key], "p_value"))
        rows.append(row)
    return Tabular(columns, rows, numbers=range(1, len(columns)))


REQUEST_TABLES: dict[str, Callable[[Mapping[str, Any]], Tabular]] = {
    "limit": limits_table,
    "significance": significances_table,
}
"""By the kind of the product."""


def _signed(band: str) -> str:
    return band.replace("-", MINUS)


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3g}".replace("-", MINUS)


def _by_toys(found: Mapping[str, Any] | None, key: str) -> str:
    if found is None or found[key] is None:
        return NONE
    return f"{found[key]:.3g} ± {found['error']:.1g}"
