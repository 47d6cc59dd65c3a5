"""The configuration of one analysis as it stands in memory, and the scores that it names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from n2mu.config.comparison import comparison_fits
from n2mu.config.features import Features
from n2mu.config.fits import Fits
from n2mu.config.inputs import Inputs
from n2mu.config.main import Main
from n2mu.config.models import Models
from n2mu.config.regions import Regions
from n2mu.config.samples import Samples
from n2mu.config.studies import Study
from n2mu.config.systematics import Systematics


@dataclass(frozen=True)
class Configuration:
    """The configuration of one analysis: one attribute per YAML file, and its folder.

    The models of studies are among those of ``models``.
    """

    main: Main
    inputs: Inputs
    samples: Samples
    regions: Regions
    features: Features
    systematics: Systematics
    models: Models
    fits: Fits
    directory: Path
    studies: dict[str, Study] = field(default_factory=dict)

    @property
    def compared(self) -> dict[str, str]:
        """The fit of each model that is compared as far as the signal strength."""
        return self._comparison(self.fits.compare_models, self.main.models)

    def study_fits(self, study: str) -> dict[str, str]:
        """Return the fit of each model of a study that goes as far as the signal strength."""
        told = self.studies[study]
        return self._comparison(told.fit, told.models(study))

    def _comparison(self, compared: str | None, models: Sequence[str]) -> dict[str, str]:
        return comparison_fits(self.fits, compared, self.models, models, self.main.fits)

    @cached_property
    def scored_apart(self) -> dict[str, list[str]]:
        """Models that are scored for one fit alone, by fit: those of studies.

        They are the variant, and what regions of the fit name.
        """
        found = {}
        owners = score_names(self, self.models.models)
        for study in self.studies:
            for model, fit in self.study_fits(study).items():
                if model not in self.main.models:
                    inside = self.fits.fits[fit].all_regions
                    named = {name for r in inside for name in self.regions.regions[r].names}
                    others = [owners[name] for name in sorted(named & owners.keys())]
                    found[fit] = list(dict.fromkeys([model, *others]))
        return found

    def scored(self, fit: str | None) -> list[str]:
        """Return the models whose scores a fit reads; without a fit, those that are trained."""
        return self.main.models if fit is None else self.scored_apart.get(fit, self.main.models)


def scores_of(configuration: Configuration, model: str) -> list[str]:
    """Return what a model gives scores of: its classes, or the labels of each object."""
    labels = configuration.models.models[model].labels
    if labels is None:
        return configuration.models.classes_of(model)
    collection = configuration.features.features.get(labels.collection)
    return [] if collection is None else labels.scores(collection.length)


def score_names(configuration: Configuration, chosen: Collection[str]) -> dict[str, str]:
    """Return the names of all score columns of the chosen models, with their model."""
    known = [model for model in chosen if model in configuration.models.models]
    return {f"{m}_{score}": m for m in known for score in scores_of(configuration, m)}
