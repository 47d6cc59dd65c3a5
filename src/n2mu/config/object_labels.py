"""Labels per object: what a model tells of each jet and not of the event."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from n2mu.config.base import Model
from n2mu.config.names import Code, Name


class ObjectLabels(Model):
    """The truth about each object of a collection, which a model learns.

    Attributes
    ----------
    collection
        The feature whose objects are told apart.
    branch
        Of the simulation: a list with one number per object, as long as those of
        the collection.
    values
        The number that stands for each label, by the label's name.
    missing
        Numbers of objects without a label.
    softmax
        ``labels``: each object has one label, and its probabilities of all labels
        sum to one; ``objects``: each label belongs to one object, and its
        probabilities for all objects of the event sum to one.
    """

    collection: str
    branch: str
    values: Annotated[dict[Name, Code], Field(min_length=1)]
    missing: list[Code] = []
    softmax: Literal["labels", "objects"] = "labels"

    @model_validator(mode="after")
    def _told_apart(self) -> "ObjectLabels":
        numbers = [*self.values.values(), *self.missing]
        for number in numbers:
            if numbers.count(number) > 1:
                raise ValueError(f"the number {number} stands twice; keep one")
        if self.softmax == "labels" and len(self.values) < 2:
            raise ValueError("softmax: labels needs two labels or more; add one, or say objects")
        return self

    def scores(self, objects: int) -> list[str]:
        """Return the names of the scores of an event: the labels of its first object, ..."""
        return [f"{label}_{i}" for i in range(objects) for label in self.values]
