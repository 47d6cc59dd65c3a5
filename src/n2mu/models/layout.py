"""What a model is told of its inputs and outputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Names and numbers of inputs and outputs.

    Attributes
    ----------
    continuous
        Names of the continuous features.
    categorical
        Number of classes of each categorical feature, the one for missing
        included, by name.
    classes
        Names of the classes that are told apart.
    signal
        Index of the signal class.
    outputs
        Number of outputs: one per class, or one, the logit of the signal.
    """

    continuous: list[str]
    categorical: dict[str, int]
    classes: list[str]
    signal: int
    outputs: int
