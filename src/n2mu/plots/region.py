"""Stacked histogram of one region before or after the fit, with the data and their ratio."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.fit_lines import data_title
from n2mu.plots.fit_subjects import Stage
from n2mu.plots.names import verbatim
from n2mu.plots.panel import region_title
from n2mu.plots.region_content import region_content
from n2mu.plots.settings import PlotSettings
from n2mu.plots.stack import Stack, stack_figure


def region_figure(
    region: str,
    which: Stage,
    report: Mapping[str, Any],
    postfit: Mapping[str, Any],
    settings: PlotSettings,
    *,
    dataset: str,
) -> Figure:
    """Draw a region's samples as a stack with total uncertainty, data, and data / total.

    Data are missing and a hatch lies over the bin where it is blinded. Where bins are of very
    unequal width (quantiles of a score) they are drawn equally wide, their edges written below.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`.
    dataset
        ``dataset`` of ``mu_fit.json``: what the points are.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ProductError
        If a product lacks the region or contradicts itself.
    """
    content = region_content(region, which, report, postfit, settings.samples)
    lines = [region_title(region, settings), "Post-fit" if which == "postfit" else "Pre-fit"]
    # of Asimov data it is no number of a measurement
    if content.chi2["value"] is not None and dataset != "asimov":
        lines.append(chi2_text(content.chi2))
    told = Stack(
        lines=lines,
        axis=axis_title(region, report, settings),
        data=data_title(dataset),
        threshold=float(report["blinding_threshold"]),
    )
    return stack_figure(content, told, settings)


def axis_title(region: str, report: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the axis title of a region, or its observable."""
    style = settings.regions.get(region)
    return (style and style.axis) or verbatim(str(report["regions"][region]["observable"]))


def chi2_text(chi2: Mapping[str, Any]) -> str:
    """Return a chi2 with its degrees of freedom and p-value as one line."""
    p_value = chi2["p_value"]
    probability = f"{p_value:.2f}" if p_value >= 0.01 else f"{p_value:.1g}"
    return rf"$\chi^2$/ndf = {chi2['value']:.1f}/{chi2['ndof']}, p = {probability}"
