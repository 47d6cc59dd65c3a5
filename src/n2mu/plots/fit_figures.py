"""The figures of which a fit has one each, by name."""

from collections.abc import Callable

from matplotlib.figure import Figure

from n2mu.plots.correlation import correlation_figure
from n2mu.plots.fit_products import FitProducts
from n2mu.plots.pulls import pulls_figure
from n2mu.plots.ranking import ranking_figure

FIT_FIGURES: dict[str, Callable[[FitProducts], Figure]] = {
    "ranking": lambda of: ranking_figure(of.mu_fit, of.ranking, of.settings),
    "pulls": lambda of: pulls_figure(of.mu_fit, of.settings),
    "correlation": lambda of: correlation_figure(
        of.mu_fit, of.postfit, of.settings, of.correlation_threshold
    ),
}
"""Those written here have their caption in ``workflow/report``, others in their docstring."""
