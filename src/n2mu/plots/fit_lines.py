"""What figures and tables say about the fit that they show."""

from collections.abc import Mapping
from typing import Any

from n2mu.errors import ProductError, nearest
from n2mu.plots.numbers import decimals

_DATA = {
    "asimov": "Asimov data",
    "data": "Data",
    "mixed": "Data, Asimov where blinded",
}


def data_title(dataset: str) -> str:
    """Return what the points of a figure are, from the ``dataset`` of ``mu_fit.json``.

    Raises
    ------
    ProductError
        If the data set is none of asimov, data and mixed.
    """
    if dataset not in _DATA:
        raise ProductError(f"mu_fit.json, dataset: unknown '{dataset}'{nearest(dataset, _DATA)}")
    return _DATA[dataset]


def allowed_failures(mu_fit: Mapping[str, Any]) -> list[str]:
    """Return the names of the gates that failed and were allowed to."""
    return [str(gate["name"]) for gate in mu_fit["gates"] if not gate["passed"]]


def mu_text(interval: Mapping[str, Any]) -> str:
    r"""Return :math:`\hat\mu` with its signed errors; a side at a bound has none and says so."""
    sides = [side for side in (interval["up"], interval["down"]) if side is not None]
    digits = decimals(sides)
    up, down = (
        r"\mathrm{bound}" if side is None else f"{abs(side):.{digits}f}"
        for side in (interval["up"], interval["down"])
    )
    return rf"$\hat{{\mu}} = {interval['value']:.{digits}f}^{{+{up}}}_{{-{down}}}$"


def fit_lines(mu_fit: Mapping[str, Any]) -> list[str]:
    """Return the lines below the experiment's label: the data, mu, and gates that failed."""
    lines = [f"{data_title(mu_fit['dataset'])}, {mu_text(mu_fit['mu'])}"]
    if failed := allowed_failures(mu_fit):
        lines.append("Failed gates (allowed):")
        lines += [f"  {name}" for name in failed]
    return lines
