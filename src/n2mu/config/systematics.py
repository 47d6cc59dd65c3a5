"""``systematics.yaml``: what is uncertain, and how it is varied."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name

RESERVED = ("nominal", "training", "columns")
"""Tables of a skim that are not named by a varied tree."""


class _Systematic(Model):
    """What all kinds of systematics have.

    Attributes
    ----------
    samples
        Names of the samples it acts on; ``*`` at the end matches several.
    group
        The family whose share of the uncertainty is reported together.
    """

    samples: Annotated[list[str], Field(min_length=1)] = ["*"]
    group: str
    title: str | None = None


class NormSystematic(_Systematic):
    """A rate uncertainty given by number: ``up: 0.1`` is +10 %, ``down`` its negative."""

    kind: Literal["norm"]
    up: Annotated[float, Field(gt=-1)]
    down: Annotated[float, Field(gt=-1)]


class WeightSystematic(_Systematic):
    """Another value of one factor of the event weight.

    Attributes
    ----------
    factor
        Name of the factor in ``inputs.yaml`` that is replaced.
    up, down
        The expressions that take its place; without ``down`` it is one-sided
        and mirrored.
    sum_up, sum_down
        Branches of the metadata tree with the variation's own sum of weights;
        without them the nominal sum is used and the rate may change.
    """

    kind: Literal["weight"]
    factor: str
    up: Expression
    down: Expression | None = None
    sum_up: str | None = None
    sum_down: str | None = None

    @model_validator(mode="after")
    def _sums_of_sides(self) -> "WeightSystematic":
        if self.down is None and self.sum_down is not None:
            raise ValueError("'sum_down' without 'down'")
        if self.down is not None and (self.sum_up is None) != (self.sum_down is None):
            raise ValueError(
                "'sum_up' and 'sum_down' belong together, or one side changes the rate "
                "and the other does not"
            )
        return self


def _tree_name(name: str) -> str:
    if "/" in name:
        raise ValueError(f"'{name}': trees in a directory of the file are not supported")
    if name in RESERVED:
        raise ValueError(f"'{name}' is the name of another table of the skim, rename the tree")
    return name


TreeName = Annotated[str, AfterValidator(_tree_name)]


class TreeSystematic(_Systematic):
    """A sibling tree with the varied events; without ``down`` it is mirrored."""

    kind: Literal["tree"]
    up: TreeName
    down: TreeName | None = None


Systematic = Annotated[
    NormSystematic | WeightSystematic | TreeSystematic, Field(discriminator="kind")
]


class Systematics(Model):
    """The whole of ``systematics.yaml``."""

    systematics: dict[Name, Systematic] = {}
