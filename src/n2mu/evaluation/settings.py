"""What the evaluation of the models is told."""

from n2mu.config.base import Expression, Model


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
        The region in which each model is evaluated, by model.
    selections
        Selection of each of these regions.
    """

    models: dict[str, str]
    selections: dict[str, Expression]
    classes: list[str]
    signal_class: str
    samples: list[EvaluationSample]
