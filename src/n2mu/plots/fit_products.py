"""What a figure of a whole fit is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from n2mu.plots.settings import PlotSettings


@dataclass(frozen=True)
class FitProducts:
    """The products of one fit, as read.

    Attributes
    ----------
    mu_fit, ranking, postfit, report
        Contents of ``mu_fit.json``, ``ranking.json``, ``postfit.json`` and
        ``templates_report.json``.
    settings
        Style, titles and colours.
    correlation_threshold
        See `n2mu.plots.correlation.correlation_figure`.
    """

    mu_fit: Mapping[str, Any]
    ranking: Mapping[str, Any]
    postfit: Mapping[str, Any]
    report: Mapping[str, Any]
    settings: PlotSettings
    correlation_threshold: float
