"""What the figures and tables of models are told."""

from n2mu.config.base import Model
from n2mu.plots.settings import PlotSettings


class PlotModelsSettings(Model):
    """What the figures and tables of models are told.

    Attributes
    ----------
    style
        As of all figures.
    architectures
        Of each model that is compared.
    features
        Titles of the features that have one.
    fits
        The fit of each model with one, all alike but for the score.
    """

    style: PlotSettings
    architectures: dict[str, str]
    features: dict[str, str] = {}
    fits: dict[str, str] = {}
