"""``systematics.yaml``: what is uncertain, and how it is varied."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name
from n2mu.expressions import parse

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


def _relative(shift: float) -> float:
    if abs(shift) >= 1:
        raise ValueError(
            f"{shift:g} is no relative shift between -1 and 1; write 0.08 for 8 %, not 1.08 or 8"
        )
    return shift


Shift = Annotated[float, AfterValidator(_relative)]


class NormSystematic(_Systematic):
    """A rate uncertainty given by number: ``up: 0.1`` is +10 %, ``down: -0.1`` is -10 %."""

    kind: Literal["norm"]
    up: Shift
    down: Shift

    @model_validator(mode="after")
    def _opposite(self) -> "NormSystematic":
        if self.up * self.down > 0:
            raise ValueError(
                f"up {self.up:g} and down {self.down:g} shift the rate to the same side; "
                "give them opposite signs"
            )
        return self


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

    @model_validator(mode="after")
    def _two_sides(self) -> "WeightSystematic":
        if self.down is not None and parse(self.up).canonical() == parse(self.down).canonical():
            raise ValueError(
                f"up and down are the same expression '{self.up}'; correct one, or leave out "
                "'down' if it is one-sided"
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

    @model_validator(mode="after")
    def _two_sides(self) -> "TreeSystematic":
        if self.up == self.down:
            raise ValueError(
                f"up and down are the same tree '{self.up}'; correct one, or leave out 'down' "
                "if it is one-sided"
            )
        return self


Systematic = Annotated[
    NormSystematic | WeightSystematic | TreeSystematic, Field(discriminator="kind")
]


class Systematics(Model):
    """The whole of ``systematics.yaml``."""

    systematics: dict[Name, Systematic] = {}
