"""What figures and tables say about the fit that they show."""

from collections.abc import Mapping, Sequence
from typing import Any

from n2mu.errors import ProductError, nearest
from n2mu.plots.numbers import decimals
from n2mu.plots.panel import region_title
from n2mu.plots.settings import PlotSettings

_DATA = {
    "asimov": "Asimov data",
    "data": "Data",
    "mixed": "Data and Asimov data",
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


def fitted_title(product: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return what a fit has as data, in the mathematical text of matplotlib.

    Of observed data the blinded bins hold Asimov data; of mixed data some regions hold observed
    data and all bins of the others Asimov data.

    Parameters
    ----------
    product
        Contents of ``mu_fit.json``, or of a product of a fit that says its ``dataset`` and
        ``blinding`` as well.
    """
    dataset = str(product["dataset"])
    blinded = _blinded(product)
    if dataset == "data" and any(map(any, blinded.values())):
        return "Data, Asimov where blinded"
    observed = _observed(product)
    if dataset != "mixed" or not observed:
        return data_title(dataset)
    hidden = any(any(blinded.get(region, ())) for region in observed)
    where = "where blinded and " if hidden else ""
    observed = [region for region in observed if region in blinded] or observed
    return (
        f"Data in {_regions(observed, product, settings)}, Asimov data {where}"
        f"{asimov_regions(product, settings)}"
    )


def title_lines(product: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    """Return `fitted_title` in lines: of mixed data it is too long for one."""
    first, *rest = fitted_title(product, settings).split(", Asimov data ")
    return [f"{first},", f"Asimov data {rest[0]}"] if rest else [first]


def asimov_regions(product: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return where a fit of mixed data has Asimov data, such as "in SR"."""
    observed = _observed(product)
    rest = [region for region in _blinded(product) if region not in observed]
    return f"in {_regions(rest, product, settings)}" if rest else "in the other regions"


def region_dataset(mu_fit: Mapping[str, Any], region: str) -> str:
    """Return what the points of one region are: of mixed data each region holds one kind."""
    dataset = str(mu_fit["dataset"])
    observed = _observed(mu_fit)
    if dataset != "mixed" or not observed:
        return dataset
    return "data" if region in observed else "asimov"


def failed_gates(mu_fit: Mapping[str, Any]) -> list[str]:
    """Return the names of the gates that failed without stopping the fit."""
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


def fit_lines(mu_fit: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    """Return the lines below the experiment's label: the data, mu, and gates that failed."""
    lines = title_lines(mu_fit, settings)
    lines[-1] += f", {mu_text(mu_fit['mu'])}"
    if failed := failed_gates(mu_fit):
        lines.append("Failed gates:")
        lines += [f"  {name}" for name in failed]
    return lines


def _blinded(product: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return which bins are blinded, of all regions of the fit where the product says so."""
    found: Mapping[str, Any] = product.get("blinding", {}).get("bins", {})
    return found


def _observed(product: Mapping[str, Any]) -> list[str]:
    """Return the regions whose data are observed, if not all of them."""
    told = product.get("data", product.get("provenance", {}))
    return list(told.get("data_regions", []))


def _regions(regions: Sequence[str], product: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return regions of a fit by title, or what their role is called if they are all of it."""
    roles = {n: style.role for n, style in settings.regions.items() if n in _blinded(product)}
    alike = {roles.get(region) for region in regions}
    role = alike.pop() if len(regions) > 1 and len(alike) == 1 else None
    if role and set(regions) >= {region for region, other in roles.items() if other == role}:
        return f"{role} regions"
    return ", ".join(region_title(region, settings) for region in regions)
