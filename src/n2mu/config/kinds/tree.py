"""Varied events in sibling trees."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from n2mu.config.kinds.sources import TreeSource
from n2mu.config.kinds.varied import Varied
from n2mu.config.names import Unique

RESERVED = ("nominal", "training", "columns")
"""Tables of a skim that are not named by a varied tree."""


def _tree_name(name: str) -> str:
    if "/" in name:
        raise ValueError(f"'{name}': trees in a directory of the file are not supported")
    if name in RESERVED:
        raise ValueError(f"'{name}' is the name of another table of the skim, rename the tree")
    return name


TreeName = Annotated[str, AfterValidator(_tree_name)]


class TreeSystematic(Varied):
    """A sibling tree with the varied events.

    Attributes
    ----------
    up, down
        Names of the trees; without ``down`` it is one-sided and mirrored.
    inputs
        Names of the inputs that have the trees, ``*`` at the end matches several;
        events of other inputs stay as they are.  Without it all have them.
    """

    kind: Literal["tree"]
    up: TreeName
    down: TreeName | None = None
    inputs: Annotated[list[str], Field(min_length=1), Unique] | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> "TreeSystematic":
        if self.up == self.down:
            raise ValueError(
                f"up and down are the same tree '{self.up}'; correct one, or leave out 'down' "
                "if it is one-sided"
            )
        return self

    @property
    def sources(self) -> dict[str, TreeSource]:
        """What is filled for it."""
        sides = {"up": self.up, "down": self.down}
        return {
            s: TreeSource(s, tree, self.inputs) for s, tree in sides.items() if tree is not None
        }
