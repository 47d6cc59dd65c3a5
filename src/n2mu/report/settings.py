"""What the report is told."""

from typing import Any

from n2mu.config.base import Model
from n2mu.config.configuration import Configuration
from n2mu.config.projection import projected
from n2mu.plots.settings import PlotSettings
from n2mu.workflow.slices import Slices


class ReportSettings(Model):
    """What the report is told besides the products.

    Attributes
    ----------
    analysis, publish
        The analysis, and the fit on the first page.
    fits
        Titles of all fits, the published one among them.
    models
        Names of the models that are compared.
    style
        What figures and tables are told.
    selections
        Selections of the regions, by name.
    preselection
        The loosest cut, which all regions contain.
    expected, observed
        Names of the data sets of signal and background, and of those of observed events.  One
        that is there for systematics only is in neither.
    evaluation_region
        Where the models are compared.
    main
        ``config.yaml``, for captions.
    luminosities
        What is said of the luminosity of each fit of ``fits.yaml``, drawn or not.
    """

    analysis: str
    publish: str
    fits: dict[str, str | None]
    models: list[str]
    style: PlotSettings
    selections: dict[str, str]
    preselection: str
    expected: list[str]
    observed: list[str]
    evaluation_region: str
    main: dict[str, Any]
    luminosities: dict[str, str]

    def of_fits(self, *fits: str) -> "ReportSettings":
        """Return the same with the luminosity of fits, which can be a projection.

        Fits of several luminosities have none together.
        """
        found = {self.luminosities[fit] for fit in fits if fit in self.luminosities}
        if not found:
            return self
        told = {"luminosity": found.pop() if len(found) == 1 else ""}
        labels = self.style.labels.model_copy(update=told)
        main = {**self.main, "labels": self.main["labels"] | told}
        style = self.style.model_copy(update={"labels": labels})
        return self.model_copy(update={"style": style, "main": main})


def report_settings(configuration: Configuration, slices: Slices) -> ReportSettings:
    """Return what the report of an analysis is told."""
    main = configuration.main
    return ReportSettings(
        analysis=main.analysis,
        publish=main.publish,
        fits={name: configuration.fits.fits[name].title for name in main.fits},
        models=configuration.models.judging_events(main.models),
        style=slices.plots(),
        selections={n: r.described for n, r in configuration.regions.regions.items()},
        preselection=configuration.regions.preselection,
        expected=slices.expected,
        observed=slices.cutflow().observed,
        evaluation_region=configuration.models.evaluation_region,
        main=main.model_dump(mode="json"),
        luminosities={
            name: projected(main.labels, fit.luminosity).luminosity
            for name, fit in configuration.fits.fits.items()
        },
    )
