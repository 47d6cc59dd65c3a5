"""``features.yaml``: what a model may look at."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Code, Name, Unique
from n2mu.config.texts import Text

OBJECTS = 10
"""How many objects of a collection a model sees where ``features.yaml`` does not say."""


class Feature(Model):
    """A model input.

    Attributes
    ----------
    kind
        ``continuous``, ``categorical`` or ``collection`` (a list per event).
    expression
        What is computed; without it, the branch with the feature's name.
    missing
        The values that mean "not there".
    values
        Of a categorical feature: the values that occur; each is a class.
    branches
        Of a collection: the list branches that belong together.
    objects
        Of a collection: how many of its objects a model sees, from the first on.
    title
        How figures call it (LaTeX), without the unit.
    unit, scale
        The unit that figures show it in, and what they multiply it by: a
        momentum in MeV is shown in GeV with 0.001.
    """

    kind: Literal["continuous", "categorical", "collection"] = "continuous"
    expression: Expression | None = None
    missing: list[Annotated[float, Field(allow_inf_nan=True)]] = []
    values: Annotated[list[Code], Field(min_length=1), Unique] | None = None
    branches: Annotated[list[str], Field(min_length=1), Unique] | None = None
    objects: PositiveInt | None = None
    title: Text | None = None
    unit: Text | None = None
    scale: PositiveFloat = 1.0

    @property
    def length(self) -> int:
        """How many objects of a collection a model sees."""
        return self.objects or OBJECTS

    @property
    def axis(self) -> str | None:
        """Title of an axis that shows it; None without a title."""
        if self.title is None or self.unit is None:
            return self.title
        return f"{self.title} [{self.unit}]"

    @model_validator(mode="after")
    def _by_kind(self) -> "Feature":
        for kind, key, given, meaning in (
            ("categorical", "values", self.values, "the codes that occur, such as [0, 1, 2]"),
            ("collection", "branches", self.branches, "the lists that belong together"),
        ):
            if self.kind == kind and given is None:
                raise ValueError(f"kind '{kind}' needs '{key}': {meaning}")
            if self.kind != kind and given is not None:
                raise ValueError(f"'{key}' belong to kind '{kind}', but kind is '{self.kind}'")
        if self.objects is not None and self.kind != "collection":
            raise ValueError("'objects' belongs to a collection")
        if self.kind == "collection" and (self.expression is not None or self.missing):
            raise ValueError("a collection has no 'expression' and no 'missing' codes")
        for value in self.values or []:
            if value in self.missing:
                raise ValueError(f"{value} is in 'values' and in 'missing'; keep one")
        return self


class Features(Model):
    """The whole of ``features.yaml``.

    Attributes
    ----------
    features
        The inputs of models by name.
    """

    features: Annotated[dict[Name, Feature], Field(min_length=1)]
