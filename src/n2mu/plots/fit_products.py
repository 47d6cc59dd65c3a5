"""What figures of a fit are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from n2mu.plots.settings import PlotSettings
from n2mu.templates.histogram import Templates


@dataclass(frozen=True)
class TemplateProducts:
    """The templates of one fit, as read.

    Attributes
    ----------
    report
        Contents of ``templates_report.json``.
    templates, unsmoothed
        Templates by region, sample and variation, and those before smoothing.
    settings
        Style, titles and colours.
    """

    report: Mapping[str, Any]
    templates: Templates
    unsmoothed: Templates
    settings: PlotSettings


@dataclass(frozen=True)
class FitProducts(TemplateProducts):
    """The products of one fit, as read, with the validation regions among the others.

    Attributes
    ----------
    mu_fit, ranking, postfit
        Contents of ``mu_fit.json``, ``ranking.json`` and ``postfit.json``.
    correlation_threshold
        See `n2mu.plots.correlation.correlation_figure`.
    """

    mu_fit: Mapping[str, Any]
    ranking: Mapping[str, Any]
    postfit: Mapping[str, Any]
    correlation_threshold: float
