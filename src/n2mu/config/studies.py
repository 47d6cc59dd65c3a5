"""``studies/<study>.yaml``: variants of one model that are trained to be compared."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from n2mu.config.base import Model
from n2mu.config.names import Name, Unique
from n2mu.config.variants import varied


class Study(Model):
    """Variants of one classifier, each trained on all folds, and with several seeds.

    Attributes
    ----------
    title
        What is compared, for figures and tables.
    model
        The classifier of ``models.yaml`` that is varied.
    change
        What all variants have other than it: values by key of the classifier, of which
        ``parameters.width`` is one too.
    seeds
        Each variant is trained with every one of them; none: with that of the classifier.
    variants
        What each has other than the rest, in the same way. The first is the one that others
        are compared to.
    """

    title: str
    model: str
    change: dict[str, Any] = {}
    seeds: Annotated[list[int], Field(min_length=1), Unique] | None = None
    variants: Annotated[dict[Name, dict[str, Any]], Field(min_length=2)]

    def trainings(self, study: str) -> dict[str, list[str]]:
        """Return the names of the models of each variant, one per seed."""
        return {
            variant: [f"{study}_{variant}_seed{seed}" for seed in self.seeds]
            if self.seeds
            else [f"{study}_{variant}"]
            for variant in self.variants
        }

    def classifiers(
        self, study: str, variant: str, models: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield name and content of the models of a variant, as they would be in models.yaml.

        Raises
        ------
        ValueError
            If a change cannot be made, or there is a model of this name already.
        """
        for key in (*self.change, *self.variants[variant]):
            if key in ("seed", "seeds"):
                raise ValueError(f"'{key}' belongs to the study as a whole; set its 'seeds'")
        content = varied(varied(models[self.model], self.change), self.variants[variant])
        content.pop("seeds", None)
        seeds = [{"seed": seed} for seed in self.seeds] if self.seeds else [{}]
        for name, seed in zip(self.trainings(study)[variant], seeds, strict=True):
            if name in models:
                raise ValueError(f"would make a model '{name}', which is there already")
            yield name, content | seed
