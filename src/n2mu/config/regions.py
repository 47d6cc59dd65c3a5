"""``regions.yaml``: selections, observables and binnings."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression, ExpressionText
from n2mu.config.names import Name


class Uniform(Model):
    """Bins of equal width.

    Attributes
    ----------
    bins
        Their number.
    low, high
        The outer edges.
    """

    bins: PositiveInt
    low: float
    high: float

    @model_validator(mode="after")
    def _not_empty(self) -> "Uniform":
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self


class Transformation(Model):
    """How finely TransfoD or TransfoF bins signal and background.

    Attributes
    ----------
    signal, background
        ``z_s`` and ``z_b``: about how many bins each of them asks for.
    """

    signal: NonNegativeFloat
    background: NonNegativeFloat

    @model_validator(mode="after")
    def _any(self) -> "Transformation":
        if not self.signal + self.background > 0:
            raise ValueError("signal and background are both 0; give at least one bin")
        return self


KINDS_OF_BINNING = ("edges", "uniform", "quantiles", "transfo_d", "transfo_f")


class Binning(Model):
    """How a region's observable is binned: exactly one of five ways.

    Attributes
    ----------
    edges
        Strictly increasing; events outside are counted in the first and the
        last bin, so that a template holds every event of its selection.
    uniform
        Bins of equal width.
    quantiles
        Number of bins that hold equal shares of the total expected yield.
    transfo_d, transfo_f
        Fine bins merged from high to low values until signal and background
        fill a bin.
    least_effective_events
        Bins in which the expected background has fewer effective MC events,
        (sum w)^2 / sum w^2, are merged with a neighbour if the edges were
        chosen, and refused if they were given.
    """

    edges: Annotated[list[float], Field(min_length=2)] | None = None
    uniform: Uniform | None = None
    quantiles: PositiveInt | None = None
    transfo_d: Transformation | None = None
    transfo_f: Transformation | None = None
    least_effective_events: PositiveFloat | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Binning":
        given = [kind for kind in KINDS_OF_BINNING if getattr(self, kind) is not None]
        if len(given) != 1:
            found = f", got {' and '.join(given)}" if given else ""
            raise ValueError(f"give exactly one of {', '.join(KINDS_OF_BINNING)}{found}")
        if self.edges is not None and any(
            low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)
        ):
            raise ValueError(f"edges must increase, got {self.edges}")
        return self

    @property
    def kind(self) -> str:
        """Which of the ways it is."""
        return next(kind for kind in KINDS_OF_BINNING if getattr(self, kind) is not None)


class Region(Model):
    """A selection with a role, an observable and a binning.

    Attributes
    ----------
    role
        ``signal`` and ``control`` regions enter the likelihood, ``validation``
        regions are compared with its prediction.
    selection
        Its cut; it must imply the preselection.
    observable
        Expression over skim columns and scores; without it, the fit's.
    binning
        How the observable is binned.
    title
        How figures and tables call it (LaTeX).
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
    regions
        The regions by name.
    """

    preselection: Expression
    training: Expression | None = None
    aliases: dict[Name, ExpressionText] = {}
    regions: Annotated[dict[Name, Region], Field(min_length=1)]

    @property
    def training_selection(self) -> str:
        """The cut of the training set."""
        return self.preselection if self.training is None else self.training
