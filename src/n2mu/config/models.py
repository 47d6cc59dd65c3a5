"""``models.yaml``: the classifiers and how they are trained."""

from typing import Annotated, Any

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from n2mu.config.base import Model
from n2mu.config.names import Name, Unique


class Classifier(Model):
    """One classifier: architecture, features, training set.

    Attributes
    ----------
    architecture
        Name in the registry of architectures.
    parameters
        Keyword arguments of the architecture.
    features
        Names in ``features.yaml``; ``*`` at the end matches several.
    validation_region
        The region whose events choose the best epoch.
    max_events
        Cap on the number of training events, taken evenly; none: all of them.
    """

    architecture: str
    parameters: dict[str, Any] = {}
    features: Annotated[list[str], Field(min_length=1)] = ["*"]
    validation_region: str
    epochs: PositiveInt
    batch_size: PositiveInt = 1024
    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.01
    max_events: PositiveInt | None = None
    seed: int = 1


class Models(Model):
    """The whole of ``models.yaml``.

    Attributes
    ----------
    folds
        Number of folds: one scores, one validates, the others train.
    classes
        The classes in the order of the outputs.
    signal_class
        The class whose score separates signal from background.
    evaluation_region
        The region in which all models are compared.
    """

    folds: Annotated[int, Field(ge=3)] = 5
    classes: Annotated[list[Name], Field(min_length=2), Unique]
    signal_class: str
    evaluation_region: str
    models: Annotated[dict[Name, Classifier], Field(min_length=1)]
