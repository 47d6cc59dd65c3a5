"""What a model is told of its inputs and outputs."""

from dataclasses import dataclass, field


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
    collections
        First column, number of objects and numbers per object of each
        collection, whose columns come last among the continuous ones.
    outputs
        Number of outputs: one per class, or one, the logit of the signal.
    """

    continuous: list[str]
    categorical: dict[str, int]
    classes: list[str]
    signal: int
    outputs: int
    collections: list[tuple[int, int, int]] = field(default_factory=list)
