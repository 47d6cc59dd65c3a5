"""``studies/<study>.yaml``: variants of one model that are trained to be compared."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.measures import DEFAULT, Measure, Published
from n2mu.config.names import Name, Unique
from n2mu.config.texts import Text
from n2mu.config.variants import varied
from n2mu.errors import nearest

RANDOM = "random"
"""The row of scores that are drawn at random."""


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
    trials
        Number of trials of random subsampling: in each the events are dealt to folds anew, and
        one fold tests, one chooses the best epoch, the others train; of 3 ``folds`` a third each.
        None: each variant is trained once for every fold.
    fit
        A fit of Asimov data in ``fits.yaml``, repeated with the score of each variant, so that
        they compare by the expected uncertainty on the signal strength as well.
    variants
        What each has other than the rest, in the same way. The first is the one that others
        are compared to.
    random
        Whether the first row is of scores drawn at random, called ``random``.
    measures
        What they are compared by, by name; none: ``auc``, ``mean_auc`` and ``significance``,
        and with a ``fit`` ``mu``.
    published
        Numbers of somebody else, which stand in the table beside ours.
    """

    title: Text
    model: str
    change: dict[str, Any] = {}
    seeds: Annotated[list[int], Field(min_length=1), Unique] | None = None
    trials: PositiveInt | None = None
    fit: str | None = None
    variants: Annotated[dict[Name, dict[str, Any]], Field(min_length=2)]
    random: bool = False
    measures: Annotated[dict[Name, Measure], Field(min_length=1)] | None = None
    published: Published | None = None

    @model_validator(mode="after")
    def _of_one_mind(self) -> "Study":
        if self.seeds and self.trials:
            raise ValueError("each of the 'trials' has a seed of its own; leave out 'seeds'")
        if self.fit and self.trials:
            raise ValueError("a 'fit' needs a score of every event, of which 'trials' test a part")
        if (self.fit is None) == any(m.kind == "mu" for m in self.compared_by.values()):
            raise ValueError("a 'fit' and a measure of kind 'mu' belong together")
        if self.random and RANDOM in self.variants:
            raise ValueError(f"variants.{RANDOM}: is what 'random' is called; rename it")
        rows = [*([RANDOM] if self.random else []), *self.variants]
        for variant, values in (self.published.values if self.published else {}).items():
            place = f"published.values.{variant}"
            if variant not in rows:
                raise ValueError(f"{place}: no such variant{nearest(variant, rows)}")
            for measure in values:
                if measure not in self.compared_by:
                    hint = nearest(measure, self.compared_by)
                    raise ValueError(f"{place}.{measure}: is none of the 'measures'{hint}")
        return self

    def folds(self, folds: int) -> range:
        """Return the folds for which a model of the study is trained, of those there are."""
        return range(1 if self.trials else folds)

    @property
    def compared_by(self) -> dict[str, Measure]:
        """What the variants are compared by."""
        if self.measures is not None:
            return self.measures
        return DEFAULT if self.fit is None else DEFAULT | {"mu": Measure(kind="mu")}

    @property
    def expressions(self) -> dict[str, str]:
        """What is computed from columns, by the key under which it stands."""
        return {f"measures.{name}": measure.selection for name, measure in self.compared_by.items()}

    @property
    def _repetitions(self) -> list[tuple[str, dict[str, int]]]:
        """The ending of a model's name and what it sets, for each seed or trial."""
        if self.trials:
            # initial weights, their order and the folds all change
            numbers = range(1, self.trials + 1)
            return [(f"_trial{n}", {"seed": n, "fold_seed": n}) for n in numbers]
        return [(f"_seed{seed}", {"seed": seed}) for seed in self.seeds or []] or [("", {})]

    def trainings(self, study: str) -> dict[str, list[str]]:
        """Return the names of the models of each variant, one per seed or trial."""
        return {
            variant: [f"{study}_{variant}{ending}" for ending, _ in self._repetitions]
            for variant in self.variants
        }

    def models(self, study: str) -> list[str]:
        """Return the names of the models of all variants."""
        return [name for names in self.trainings(study).values() for name in names]

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
            if key in ("seed", "seeds", "fold_seed"):
                instead = "trials" if key == "fold_seed" else "seeds"
                raise ValueError(f"'{key}' belongs to the study as a whole; set its '{instead}'")
        content = varied(varied(models[self.model], self.change), self.variants[variant])
        content.pop("seeds", None)
        names = self.trainings(study)[variant]
        for name, (_, changed) in zip(names, self._repetitions, strict=True):
            if name in models:
                raise ValueError(f"would make a model '{name}', which is there already")
            yield name, content | changed
