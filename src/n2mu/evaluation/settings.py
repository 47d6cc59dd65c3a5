"""What the evaluation of the models is told."""

from n2mu.config.base import Model
from n2mu.config.expression import Expression


class EvaluationSample(Model):
    """Events of one data set that are of one class."""

    data_set: str
    training_class: str
    selection: Expression
    luminosity: float
    cross_section: float


class EvaluateSettings(Model):
    """What the evaluation of the models is told.

    Attributes
    ----------
    models
        Names of the models that are compared.
    region, selection
        The region in which they are compared.
    classes
        The classes that each model tells apart.
    all_classes
        The classes of the samples.
    """

    models: list[str]
    region: str
    selection: Expression
    classes: dict[str, list[str]]
    all_classes: list[str]
    signal_class: str
    samples: list[EvaluationSample]
