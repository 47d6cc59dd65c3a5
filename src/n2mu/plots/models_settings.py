"""What the figures and tables of models are told."""

from n2mu.config.base import Model
from n2mu.plots.settings import PlotSettings


class DrawnCorrelation(Model):
    """How the quantity of a correlation is drawn.

    Attributes
    ----------
    axis
        Title of the axis, with the unit.
    scale
        What its values are multiplied by before they are drawn.
    """

    axis: str
    scale: float = 1.0


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
    correlations
        Axes of quantities that have one; another is drawn as its expression.
    fits
        The fit of each model with one, all alike but for the score.
    """

    style: PlotSettings
    architectures: dict[str, str]
    features: dict[str, str] = {}
    correlations: dict[str, DrawnCorrelation] = {}
    fits: dict[str, str] = {}
