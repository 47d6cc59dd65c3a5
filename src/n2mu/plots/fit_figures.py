"""The figures of a fit by name; `n2mu.plots.fit_subjects` says where each lies.

Those written here have their caption in ``workflow/report``, others in their docstring.
"""

from collections.abc import Callable

from matplotlib.figure import Figure

from n2mu.plots.composition import composition_figure
from n2mu.plots.correlation import correlation_figure
from n2mu.plots.fit_lines import region_dataset, title_lines
from n2mu.plots.fit_products import FitProducts, TemplateProducts
from n2mu.plots.fit_subjects import Stage
from n2mu.plots.ordered import ordered_figure
from n2mu.plots.pruning import pruning_figure
from n2mu.plots.pulls import pulls_figure
from n2mu.plots.ranking import ranking_figure
from n2mu.plots.region import region_figure
from n2mu.plots.regions import regions_figure
from n2mu.plots.sensitivity import sensitivity_figure
from n2mu.plots.separation import separation_figure
from n2mu.plots.systematic import systematic_figure


def _points(of: FitProducts) -> str:
    """Return what the points of figures of several regions are, as an entry of a legend."""
    return "\n".join(title_lines(of.mu_fit, of.settings))


FIT_FIGURES: dict[str, Callable[[FitProducts], Figure]] = {
    "ranking": lambda of: ranking_figure(of.mu_fit, of.ranking, of.settings),
    "pulls": lambda of: pulls_figure(of.mu_fit, of.settings),
    "correlation": lambda of: correlation_figure(
        of.mu_fit, of.postfit, of.settings, of.correlation_threshold
    ),
    "sensitivity": lambda of: sensitivity_figure(of.report, of.postfit, of.settings),
}
"""Of which a fit has one each."""

STAGE_FIGURES: dict[str, Callable[[FitProducts, Stage], Figure]] = {
    "regions": lambda of, which: regions_figure(
        which, of.report, of.postfit, of.settings, data=_points(of)
    ),
    "ordered": lambda of, which: ordered_figure(
        which, of.report, of.postfit, of.settings, data=_points(of)
    ),
    "composition": lambda of, which: composition_figure(which, of.report, of.postfit, of.settings),
}
"""One before and one after the fit."""

REGION_FIGURES: dict[str, Callable[[FitProducts, str], Figure | None]] = {
    "separation": lambda of, region: separation_figure(region, of.report, of.postfit, of.settings),
    "pruning": lambda of, region: pruning_figure(region, of.report, of.settings),
}
"""One of each region; None where there is nothing to draw."""

REGION_STAGE_FIGURES: dict[str, Callable[[FitProducts, str, Stage], Figure | None]] = {
    "regions": lambda of, region, which: region_figure(
        region,
        which,
        of.report,
        of.postfit,
        of.settings,
        dataset=region_dataset(of.mu_fit, region),
    ),
}
"""One of each region before and one after the fit; None where there is nothing to draw."""

SYSTEMATIC_FIGURES: dict[str, Callable[[TemplateProducts, str, str, str], Figure | None]] = {
    "systematics": lambda of, region, sample, systematic: systematic_figure(
        region, sample, systematic, of.report, of.templates, of.unsmoothed, of.settings
    ),
}
"""One of a systematic on a sample in a region: of the largest, and of those asked for."""
