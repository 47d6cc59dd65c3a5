"""``regions.yaml``: selections, observables and binnings."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression, ExpressionText
from n2mu.config.names import Name


class Binning(Model):
    """How a region's observable is binned: explicit edges or quantiles.

    Attributes
    ----------
    edges
        Strictly increasing; events outside are counted in the first and the
        last bin, so that a template holds every event of its selection.
    quantiles
        Number of bins that hold equal shares of the total expected yield.
    """

    edges: Annotated[list[float], Field(min_length=2)] | None = None
    quantiles: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Binning":
        if (self.edges is None) == (self.quantiles is None):
            raise ValueError("give either 'edges' or 'quantiles'")
        if self.edges is not None and any(
            low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)
        ):
            raise ValueError(f"edges must increase, got {self.edges}")
        return self


class Region(Model):
    """A selection with a role, an observable and a binning.

    Attributes
    ----------
    observable
        Expression over skim columns and scores; without it, the fit's.
    axis
        Axis title of the observable (LaTeX, with unit).
    """

    role: Literal["signal", "control", "validation"]
    selection: Expression
    observable: Expression | None = None
    binning: Binning
    title: str | None = None
    axis: str | None = None


class Regions(Model):
    """The whole of ``regions.yaml``.

    Attributes
    ----------
    preselection
        The loosest cut that any fit needs; what the skim keeps.
    training
        The cut of the extended training set, from which the classifiers learn;
        without it they learn from the events that pass the preselection.
    aliases
        Expressions by the names that stand for them in every expression of the
        analysis; they are written out when the configuration is loaded.
    """

    preselection: Expression
    training: Expression | None = None
    aliases: dict[Name, ExpressionText] = {}
    regions: Annotated[dict[Name, Region], Field(min_length=1)]

    @property
    def training_selection(self) -> str:
        """The cut of the training set."""
        return self.preselection if self.training is None else self.training
