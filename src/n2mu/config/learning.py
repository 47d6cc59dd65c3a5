"""What a classifier learns from: a part of ``models.yaml``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.losses import losses
from n2mu.errors import nearest


class Decorrelation(Model):
    """A term of the loss that keeps the signal score of background independent of a quantity.

    Attributes
    ----------
    observable
        The quantity, such as a mass.
    strength
        Factor of the squared distance correlation.
    selection
        The background events that the term sees.
    """

    observable: Expression
    strength: PositiveFloat
    selection: Expression = "1"


def _known_loss(name: str) -> str:
    if name not in losses():
        raise ValueError(f"unknown loss '{name}'{nearest(name, losses())}")
    return name


class Loss(Model):
    """What is made small.

    Attributes
    ----------
    kind
        ``cross_entropy``; ``extreme`` as in its paper, or ``extreme_linear``,
        which goes on where the paper's has no gradient.
    selection
        The events that the classification term sees, in training and validation.
    decorrelation
        A further term that keeps the score independent of a quantity.
    """

    kind: Annotated[str, AfterValidator(_known_loss)] = "cross_entropy"
    selection: Expression = "1"
    decorrelation: Decorrelation | None = None


class Schedule(Model):
    """The learning rate over the training, as a factor of ``learning_rate``.

    Attributes
    ----------
    kind
        ``constant``; ``cosine`` or ``exponential``: from 1 to ``final``.
    warmup_epochs
        The rate rises linearly from zero at first.
    final
        Factor at the end.
    """

    kind: Literal["constant", "cosine", "exponential"] = "constant"
    warmup_epochs: NonNegativeFloat = 0.0
    final: Annotated[float, Field(gt=0, le=1)] = 0.01


class Later(Model):
    """How often a long training is validated after its first epochs.

    Attributes
    ----------
    after
        The epochs before.
    every
        Epochs from one validation to the next from there.
    """

    after: PositiveInt
    every: PositiveInt
