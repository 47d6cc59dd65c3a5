"""``regions.yaml``: selections, observables and binnings."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression, ExpressionText
from n2mu.config.names import Name, Unique
from n2mu.config.texts import Text
from n2mu.expressions import parse


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


def _require_increasing(edges: list[float]) -> None:
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"edges must increase, got {edges}")


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
        if self.edges is not None:
            _require_increasing(self.edges)
        return self

    @property
    def kind(self) -> str:
        """Which of the ways it is."""
        return next(kind for kind in KINDS_OF_BINNING if getattr(self, kind) is not None)


class SplitQuantiles(Model):
    """Parts of a region that hold equal shares of some samples.

    Attributes
    ----------
    bins
        Their number.
    of
        Names of the signals and backgrounds whose expected yield is shared out.
    """

    bins: Annotated[int, Field(ge=2)]
    of: Annotated[list[str], Field(min_length=1), Unique]


class Split(Model):
    """Parts of a region, by bins of a score or of any other quantity.

    Attributes
    ----------
    by
        Expression over skim columns and scores.
    quantiles, edges
        Its bins, one of both.  Events outside of the outer edges are in the
        first and the last part, so that the parts hold every event of the region.
    title
        How figures call the quantity (LaTeX).
    """

    by: Expression
    quantiles: SplitQuantiles | None = None
    edges: Annotated[list[float], Field(min_length=3)] | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Split":
        if (self.quantiles is None) == (self.edges is None):
            raise ValueError("give either 'quantiles' or 'edges'")
        if self.edges is not None:
            _require_increasing(self.edges)
        return self

    @property
    def bins(self) -> int:
        """Number of parts."""
        if self.quantiles is not None:
            return self.quantiles.bins
        assert self.edges is not None
        return len(self.edges) - 1


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
    split
        The region is split into parts by a score: ``<name>_1``, ``<name>_2`` ...
        are regions as well, and a fit that names the region has its parts.
    title
        How figures and tables call it (LaTeX).
    axis
        Axis title of the observable (LaTeX, with unit).
    """

    role: Literal["signal", "control", "validation"]
    selection: Expression
    observable: Expression | None = None
    binning: Binning
    split: Split | None = None
    title: Text | None = None
    axis: Text | None = None

    @property
    def described(self) -> str:
        """What is selected, for people."""
        return self.selection

    @property
    def names(self) -> frozenset[str]:
        """Columns that the selection and the observable name."""
        return parse(self.selection).names | parse(self.observable or "1").names


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
    def given(self) -> dict[str, Region]:
        """The regions as the file names them, without parts of others."""
        split = [name for name, region in self.regions.items() if region.split is not None]
        parts = {part for name in split for part in self.parts(name)}
        return {name: region for name, region in self.regions.items() if name not in parts}

    def parts(self, name: str) -> list[str]:
        """Return the names of the parts of a region, or its own if it is not split."""
        region = self.regions.get(name)
        if region is None or region.split is None:
            return [name]
        return [part_name(name, number) for number in range(1, region.split.bins + 1)]

    def reached(self, patterns: list[str]) -> list[str]:
        """Return patterns of regions and, where they name a region that is split, its parts."""
        return list(dict.fromkeys([*patterns, *(p for n in patterns for p in self.parts(n))]))

    @property
    def training_selection(self) -> str:
        """The cut of the training set."""
        return self.preselection if self.training is None else self.training


def part_name(region: str, number: int) -> str:
    """Return the name of a part of a region."""
    return f"{region}_{number}"
