"""What the figures and tables of one fit are told."""

from n2mu.config.base import Model
from n2mu.fit.settings import FitSettings
from n2mu.plots.settings import PlotSettings
from n2mu.templates.settings import WorkspaceSettings


class ValidationSettings(Model):
    """What predictions in the validation regions of a fit are told.

    Attributes
    ----------
    regions
        The validation regions.
    workspace
        Of a workspace with these regions beside those of the fit.
    fit
        As told to the fit.
    """

    regions: list[str]
    workspace: WorkspaceSettings
    fit: FitSettings


class PlotFitSettings(Model):
    """What the figures and tables of one fit are told."""

    style: PlotSettings
    validation: ValidationSettings | None = None
