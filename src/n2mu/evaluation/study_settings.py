"""What the comparison of a study is told."""

from typing import Any

from n2mu.config.base import Model
from n2mu.config.evaluation import Evaluation
from n2mu.config.expression import Expression
from n2mu.config.measures import DEFAULT, Measure, Published
from n2mu.evaluation.settings import EvaluationSample


class StudySettings(Model):
    """What the comparison of a study is told.

    Attributes
    ----------
    trainings
        The models of each variant, one per seed or trial; the first variant is the
        one that others are compared to.
    trials
        Number of trials of random subsampling; none: every event is tested.
    fits
        The fit of each model, which gives the expected uncertainty on the signal strength;
        none where the study has no fit.
    random
        Whether scores drawn at random come first.
    measures
        What the variants are compared by.
    published
        Numbers of somebody else.
    changes
        What each variant sets.
    region, selection
        Whose events they are compared on.
    classes
        The classes that the models of each variant tell apart.
    all_classes
        The classes of the samples.
    options
        What is measured, and how finely.
    """

    study: str
    title: str
    trainings: dict[str, list[str]]
    trials: int | None = None
    fits: dict[str, str] = {}
    random: bool = False
    measures: dict[str, Measure] = DEFAULT
    published: Published | None = None
    changes: dict[str, dict[str, Any]]
    folds: int
    region: str
    selection: Expression
    classes: dict[str, list[str]]
    all_classes: list[str]
    signal_class: str
    options: Evaluation
    samples: list[EvaluationSample]

    @property
    def tested_folds(self) -> range:
        """The folds that have a model, which tests their events."""
        return range(1 if self.trials else self.folds)

    def fold_seed(self, repetition: int) -> int:
        """Return what deals the events to folds in a repetition, counted from 0."""
        return repetition + 1 if self.trials else 0
