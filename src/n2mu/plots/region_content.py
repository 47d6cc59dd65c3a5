"""What a region holds, taken from the products and checked before it is drawn."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ProductError, counted, nearest
from n2mu.plots.fit_subjects import Stage
from n2mu.plots.settings import SampleStyle

Floats = NDArray[np.float64]

RELATIVE_TOLERANCE = 1e-6


class RegionContent(NamedTuple):
    """Yields of one region, all ``[bin]`` but the edges ``[bin + 1]``.

    Samples are in stacking order; ``error`` is the total's.  The chi2 compares observed and
    total in the bins that are not blinded.
    """

    edges: Floats
    blinded: NDArray[np.bool_]
    observed: Floats
    samples: dict[str, Floats]
    total: Floats
    error: Floats
    chi2: Mapping[str, Any]


def region_content(
    region: str,
    which: Stage,
    report: Mapping[str, Any],
    postfit: Mapping[str, Any],
    styles: Mapping[str, SampleStyle],
) -> RegionContent:
    """Return what a region holds before or after the fit.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``: edges and blinded bins.
    postfit
        Contents of ``postfit.json``: observed events, yields per sample, total, its error, chi2.
    styles
        Every sample that may occur, in stacking order.

    Raises
    ------
    ProductError
        If the region is missing, its parts have different numbers of bins, a sample has no
        style, or the samples do not add up to the total.
    """
    for name, product in (("templates_report.json", report), ("postfit.json", postfit)):
        if region not in product["regions"]:
            hint = nearest(region, product["regions"])
            raise ProductError(f"{name}: no region '{region}'{hint}")
    fitted = postfit["regions"][region]
    for sample in fitted["samples"]:
        if sample not in styles:
            hint = nearest(sample, styles)
            raise ProductError(f"postfit.json, {region}: sample '{sample}' has no style{hint}")
    content = RegionContent(
        edges=np.asarray(report["regions"][region]["edges"], dtype=np.float64),
        blinded=np.asarray(report["regions"][region]["blinded"], dtype=np.bool_),
        observed=np.asarray(fitted["observed"], dtype=np.float64),
        samples={
            sample: np.asarray(fitted["samples"][sample][which], dtype=np.float64)
            for sample in styles
            if sample in fitted["samples"]
        },
        total=np.asarray(fitted["total"][which]["value"], dtype=np.float64),
        error=np.asarray(fitted["total"][which]["error"], dtype=np.float64),
        chi2=fitted["chi2"][which],
    )
    _check(region, which, content)
    return content


def _check(region: str, which: str, content: RegionContent) -> None:
    bins = len(content.edges) - 1
    parts = {
        "blinded": content.blinded,
        "observed": content.observed,
        "total": content.total,
        "error of total": content.error,
    } | {f"sample '{sample}'": values for sample, values in content.samples.items()}
    for part, values in parts.items():
        if len(values) != bins:
            raise ProductError(
                f"postfit.json, {region}: {part} has {counted(len(values), 'bin')}, the edges in "
                f"templates_report.json make {bins}; run templates and fit again"
            )
    summed = np.sum(list(content.samples.values()), axis=0)
    if not np.allclose(summed, content.total, rtol=RELATIVE_TOLERANCE, atol=1e-9):
        worst = int(np.argmax(np.abs(summed - content.total)))
        raise ProductError(
            f"postfit.json, {region}, {which}: samples add up to {summed[worst]:.6g} in bin "
            f"{worst}, the total is {content.total[worst]:.6g}; run the fit again"
        )
