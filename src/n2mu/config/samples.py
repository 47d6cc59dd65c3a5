"""``samples.yaml``: the processes as the fit sees them."""

from typing import Annotated, Literal

from pydantic import Field

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name


class Sample(Model):
    """One process: inputs, a truth selection and a kind.

    Attributes
    ----------
    inputs
        Names of inputs in ``inputs.yaml``; a trailing ``*`` matches several.
    selection
        Truth selection on top of each region's.
    training_class
        Class of a classifier that these events train; none: not trained on.
    title, colour
        How plots show it (LaTeX, any matplotlib colour).
    """

    kind: Literal["signal", "background", "data"]
    inputs: Annotated[list[str], Field(min_length=1)]
    selection: Expression = "1"
    training_class: str | None = None
    title: str | None = None
    colour: str | None = None


class Samples(Model):
    """The whole of ``samples.yaml``."""

    samples: Annotated[dict[Name, Sample], Field(min_length=1)]
