"""What one training job is told."""

from pydantic import model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.features import Feature
from n2mu.config.models import Classifier, classes_told_apart
from n2mu.config.object_labels import ObjectLabels


class TrainingSample(Model):
    """Events of one data set that train one class.

    Attributes
    ----------
    selection
        Truth selection of the sample.
    luminosity
        In pb^-1.
    cross_section
        In pb, k-factors included.
    """

    data_set: str
    sample: str
    training_class: str
    selection: Expression
    luminosity: float
    cross_section: float


class TrainSettings(Model):
    """What one training job is told: one model, one fold.

    Attributes
    ----------
    fold
        The fold that the model will score and never sees in training.
    classes
        The classes in the order of the outputs.
    training_selection
        Cut on the extended training set.
    validation_selection
        Cut of the region whose events choose the best epoch.
    """

    model: str
    fold: int
    folds: int
    classes: list[str]
    signal_class: str
    classifier: Classifier
    features: dict[str, Feature]
    training_selection: Expression
    validation_selection: Expression
    samples: list[TrainingSample]

    @model_validator(mode="after")
    def _consistent(self) -> "TrainSettings":
        if self.labels is not None and self.labels.collection not in self.features:
            raise ValueError(f"labels: '{self.labels.collection}' is no feature of the model")
        for what, name in [
            ("signal_class", self.signal_class),
            *((f"training_class of sample {s.sample}", s.training_class) for s in self.samples),
        ]:
            if name not in self.classes:
                raise ValueError(f"{what} is '{name}', expected one of {self.classes}")
        if not 0 <= self.fold < self.folds:
            raise ValueError(f"fold is {self.fold}, expected 0 to {self.folds - 1}")
        return self

    @property
    def labels(self) -> ObjectLabels | None:
        """What the model tells of objects; none: it tells the class of the event."""
        return self.classifier.labels

    @property
    def expressions(self) -> list[str]:
        """What is computed from columns besides features and samples."""
        return [self.training_selection, self.validation_selection, *self.classifier.expressions]

    @property
    def targets(self) -> list[str]:
        """The classes of events, or labels of objects, that the model tells apart."""
        if self.labels is not None:
            return list(self.labels.values)
        return classes_told_apart(self.classifier, self.classes, self.signal_class)

    @property
    def scores(self) -> list[str]:
        """What the scores of an event are called, in their order."""
        if self.labels is None:
            return self.targets
        return self.labels.scores(self.features[self.labels.collection].length)

    @property
    def signal(self) -> int:
        """Index of the signal class among the targets, which are classes."""
        return self.targets.index(self.signal_class)

    @property
    def weighted_classes(self) -> list[str]:
        """The classes of events that are weighted against each other."""
        return self.targets if self.labels is None else ["all"]

    @property
    def target_of_class(self) -> list[int]:
        """Index among the weighted classes, for each class."""
        if self.labels is not None:
            return [0] * len(self.classes)
        if self.classifier.formulation != "binary":
            return list(range(len(self.classes)))
        return [0 if name == self.signal_class else 1 for name in self.classes]
