"""``samples.yaml``: the processes as the fit sees them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name
from n2mu.config.texts import Text


class Sample(Model):
    """One process: inputs, a truth selection and a kind.

    Attributes
    ----------
    kind
        ``signal`` and ``background`` make up the expectation; ``data`` are the
        observed events; ``ghost`` samples are there for systematics only, they
        are in no expectation, workspace or figure.
    inputs
        Names of inputs in ``inputs.yaml``; a trailing ``*`` matches several.
    selection
        Truth selection on top of each region's.
    training_class
        Class of a classifier that these events train; none: not trained on.
    title, colour
        How plots show it (LaTeX, any matplotlib colour).
    may_be_empty
        Whether a fit goes on without it if no event of it is in any of its
        regions; else that is an error.
    group
        Samples of one group are drawn and tabulated together, under this title.
    """

    kind: Literal["signal", "background", "data", "ghost"]
    inputs: Annotated[list[str], Field(min_length=1)]
    selection: Expression = "1"
    training_class: str | None = None
    title: Text | None = None
    colour: str | None = None
    group: Text | None = None
    may_be_empty: bool = False

    @model_validator(mode="after")
    def _learnt_from(self) -> "Sample":
        if self.kind in ("data", "ghost") and self.training_class is not None:
            raise ValueError(
                f"kind '{self.kind}' with training_class '{self.training_class}': classifiers "
                "learn from signal and background only; leave out training_class"
            )
        return self

    @property
    def expected(self) -> bool:
        """Whether it is a part of the expectation."""
        return self.kind in ("signal", "background")


class Samples(Model):
    """The whole of ``samples.yaml``.

    Attributes
    ----------
    samples
        The processes by name, in the order of tables.
    """

    samples: Annotated[dict[Name, Sample], Field(min_length=1)]

    @property
    def expected(self) -> list[str]:
        """Names of the samples that make up the expectation."""
        return [name for name, sample in self.samples.items() if sample.expected]

    @property
    def data(self) -> str | None:
        """Name of the sample with the observed events."""
        return next((n for n, sample in self.samples.items() if sample.kind == "data"), None)

    @model_validator(mode="after")
    def _one_data_sample(self) -> "Samples":
        data = [name for name, sample in self.samples.items() if sample.kind == "data"]
        if len(data) > 1:
            raise ValueError(
                f"samples '{data[0]}' and '{data[1]}' are both data; make them one with the "
                "inputs of both"
            )
        return self
