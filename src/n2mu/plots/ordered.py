"""All bins of a fit, ordered by their expected signal over background."""

from collections.abc import Mapping
from math import ceil, floor
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from n2mu.errors import ProductError
from n2mu.plots.fit_subjects import Stage
from n2mu.plots.panel import panels
from n2mu.plots.region_content import RegionContent, region_content
from n2mu.plots.sensitivity import signal_and_background
from n2mu.plots.settings import PlotSettings
from n2mu.plots.stack import Stack, stack_figure
from n2mu.plots.style import house_style, panel_length

Floats = NDArray[np.float64]

STEPS = (0.25, 0.5, 1.0)
"""Widths of the classes in log10(S/B), of which the first is taken that makes few of them."""
MOST = 12
EMPTY = 1.0


def ordered_figure(
    which: Stage,
    report: Mapping[str, Any],
    postfit: Mapping[str, Any],
    settings: PlotSettings,
    *,
    data: str,
) -> Figure:
    """Draw all bins of the likelihood in classes of log10(S/B), the purest at the right.

    S/B is that before the fit; a bin without signal is in the first class, one without background
    in the last.  A class with a blinded bin shows no data.
    Where no bin has both signal and background, the figure says so.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`. Errors
        of sums of bins come from ``covariance`` of the latter.
    data
        What the points are.

    Raises
    ------
    ProductError
        If the covariance has another number of bins than the regions.
    """
    regions = postfit["covariance"]["regions"]
    contents = [region_content(r, which, report, postfit, settings.samples) for r in regions]
    covariance = np.asarray(postfit["covariance"][which], dtype=np.float64)
    bins = sum(len(content.total) for content in contents)
    if covariance.shape != (bins, bins):
        raise ProductError(
            f"postfit.json: the covariance is of {len(covariance)} bins, the regions have {bins}; "
            "run the fit again"
        )
    expected = [signal_and_background(r, report, postfit, settings) for r in regions]
    ratio = log_ratio(*(np.concatenate(values) for values in zip(*expected, strict=True)))
    finite = ratio[np.isfinite(ratio)]
    if not len(finite):
        return _without_classes(settings)
    edges = class_edges(finite)
    place = np.clip(np.searchsorted(edges, ratio, side="right") - 1, 0, len(edges) - 2)
    into = np.zeros((len(edges) - 1, bins))
    into[place, np.arange(bins)] = 1.0

    def summed(values: list[Any]) -> Floats:
        sums: Floats = into @ np.concatenate(values)
        return sums

    shown = [n for n in settings.samples if any(n in content.samples for content in contents)]
    content = RegionContent(
        edges=edges,
        blinded=summed([content.blinded for content in contents]) > 0,
        observed=summed([content.observed for content in contents]),
        samples={
            n: summed([c.samples.get(n, np.zeros_like(c.total)) for c in contents]) for n in shown
        },
        total=summed([content.total for content in contents]),
        error=np.sqrt(np.maximum(np.diag(into @ covariance @ into.T), 0.0)),
        chi2={"value": None},
    )
    told = Stack(
        lines=["All bins of the fit", "Post-fit" if which == "postfit" else "Pre-fit"],
        axis=r"$\log_{10}$(S/B), pre-fit",
        data=data,
        threshold=float(report["blinding_threshold"]),
        logarithmic=True,
    )
    return stack_figure(content, told, settings)


def _without_classes(settings: PlotSettings) -> Figure:
    """Return the figure of a fit without a bin that has both signal and background."""
    lines = ["All bins of the fit", "No bin has both signal and background"]
    with house_style():
        figure, (axes,) = panels(settings, lines, [], [panel_length(EMPTY, settings.labels)])
        axes.set_xticks([])
        axes.set_yticks([])
    return figure


def log_ratio(signal: Floats, background: Floats) -> Floats:
    """Return log10(S/B) of bins: minus infinity without signal, else infinity without background.

    Examples
    --------
    >>> log_ratio(np.array([1.0, 0.0, 2.0]), np.array([10.0, 5.0, -1.0])).tolist()
    [-1.0, -inf, inf]
    """
    ratio = np.full(len(signal), -np.inf)
    ratio[(signal > 0) & (background <= 0)] = np.inf
    both = (signal > 0) & (background > 0)
    ratio[both] = np.log10(signal[both] / background[both])
    return ratio


def class_edges(ratio: Floats) -> Floats:
    """Return edges of classes of equal width that hold some values of log10(S/B)."""
    step = next(
        (step for step in STEPS if (np.max(ratio) - np.min(ratio)) / step < MOST - 1), STEPS[-1]
    )
    low, high = floor(np.min(ratio) / step), ceil(np.max(ratio) / step)
    return step * np.arange(low, max(high, low + 1) + 1, dtype=np.float64)
