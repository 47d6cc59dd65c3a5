"""What the evaluation of a model is told."""

from n2mu.config.base import Model
from n2mu.config.evaluation import Evaluation
from n2mu.config.expression import Expression


class EvaluationSample(Model):
    """Events of one data set that are of one class."""

    data_set: str
    training_class: str
    selection: Expression
    luminosity: float
    cross_section: float


class EvaluateSettings(Model):
    """What the evaluation of one model is told.

    Attributes
    ----------
    model
        Its name.
    folds
        How many trainings it is made of.
    region, selection
        The region in which all models are compared.
    classes
        The classes that the model tells apart.
    all_classes
        The classes of the samples.
    options
        What is measured, and how finely.
    """

    model: str
    folds: int
    region: str
    selection: Expression
    classes: list[str]
    all_classes: list[str]
    signal_class: str
    options: Evaluation
    samples: list[EvaluationSample]

    @property
    def signal(self) -> int:
        """Index of the signal class among those told apart."""
        return self.classes.index(self.signal_class)

    @property
    def target_of_class(self) -> list[int]:
        """Index of the class told apart, for each class of the samples."""
        # a class that the model does not tell apart is background to it
        return [self.classes.index(c) if c in self.classes else 1 for c in self.all_classes]
