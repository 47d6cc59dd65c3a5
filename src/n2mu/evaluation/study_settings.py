"""What the comparison of a study is told."""

from typing import Any

from n2mu.config.base import Model
from n2mu.config.evaluation import Evaluation
from n2mu.config.expression import Expression
from n2mu.evaluation.settings import EvaluationSample


class StudySettings(Model):
    """What the comparison of a study is told.

    Attributes
    ----------
    trainings
        The models of each variant, one per seed; the first variant is the
        one that others are compared to.
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
    changes: dict[str, dict[str, Any]]
    folds: int
    region: str
    selection: Expression
    classes: dict[str, list[str]]
    all_classes: list[str]
    signal_class: str
    options: Evaluation
    samples: list[EvaluationSample]
