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


def fitted_title(product: Mapping[str, Any]) -> str:
    """Return what a fit has as data; of observed data the blinded bins hold Asimov data.

    Parameters
    ----------
    product
        Contents of ``mu_fit.json``, or of a product of a fit that says its ``dataset`` and
        ``blinding`` as well.
    """
    dataset = str(product["dataset"])
    blinded = product.get("blinding", {}).get("bins", {}).values()
    hidden = dataset == "data" and any(map(any, blinded))
    return data_title("mixed" if hidden else dataset)


def region_dataset(mu_fit: Mapping[str, Any], region: str) -> str:
    """Return what the points of one region are: of mixed data each region holds one kind."""
    dataset = str(mu_fit["dataset"])
    observed = mu_fit.get("provenance", {}).get("data_regions", [])
    if dataset != "mixed" or not observed:
        return dataset
    return "data" if region in observed else "asimov"


def allowed_failures(mu_fit: Mapping[str, Any]) -> list[str]:
    """Return the names of the gates that failed and were allowed to."""
    return [str(gate["name"]) for gate in mu_fit["gates"] if not gate["passed"]]


def sides(interval: Mapping[str, Any], what: str) -> tuple[float | None, float | None]:
    """Return the errors up and down, both positive; None where there is none.

    Raises
    ------
    ProductError
        If one is negative: it would be read with the wrong sign.
    """
    for side in ("up", "down"):
        if interval[side] is not None and interval[side] < 0:
            raise ProductError(
                f"mu_fit.json, {what}: the error {side} is {interval[side]:g}, expected a "
                "positive number; run the fit again"
            )
    return interval["up"], interval["down"]


def mu_text(interval: Mapping[str, Any]) -> str:
    r"""Return :math:`\hat\mu` with its signed errors; a side at a bound has none and says so."""
    errors = sides(interval, "mu")
    digits = decimals(error for error in errors if error is not None)
    up, down = (r"\mathrm{bound}" if error is None else f"{error:.{digits}f}" for error in errors)
    return rf"$\hat{{\mu}} = {interval['value']:.{digits}f}^{{+{up}}}_{{-{down}}}$"


def fit_lines(mu_fit: Mapping[str, Any]) -> list[str]:
    """Return the lines below the experiment's label: the data, mu, and gates that failed."""
    lines = [f"{fitted_title(mu_fit)}, {mu_text(mu_fit['mu'])}"]
    if failed := allowed_failures(mu_fit):
        lines.append("Failed gates (allowed):")
        lines += [f"  {name}" for name in failed]
    return lines
