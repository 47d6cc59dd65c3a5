"""What the templates job and the workspace job are told."""

from typing import Literal

from pydantic import model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.fits import Pruning
from n2mu.config.regions import Binning
from n2mu.config.systematics import AnyVaried
from n2mu.expressions import parse
from n2mu.skim.settings import OnceSettings

Kind = Literal["signal", "background", "data", "ghost"]


class TemplateSplit(Model):
    """Which part of a region by bins of a quantity is meant.

    Attributes
    ----------
    whole
        Name of the region that is split.
    by
        Expression over skim columns and scores.
    number
        Of the part, from 1.
    bins
        How many parts there are.
    of
        Samples whose yield is the same in all parts, where no edges are given.
    edges
        Of all parts [bins + 1]; empty until events have chosen them.
    """

    whole: str
    by: Expression
    number: int
    bins: int
    of: list[str] = []
    edges: list[float] = []

    @property
    def cut(self) -> str:
        """The part as a selection; the outermost parts are open."""
        low, high = self.edges[self.number - 1 : self.number + 1]
        above = [] if self.number == 1 else [f"({self.by}) >= {low!r}"]
        below = [] if self.number == self.bins else [f"({self.by}) < {high!r}"]
        return " && ".join(above + below)


class TemplateRegion(Model):
    """A region of one fit, its observable resolved; of a part of a region the whole's selection."""

    role: Literal["signal", "control", "validation"]
    selection: Expression
    observable: Expression
    binning: Binning
    split: TemplateSplit | None = None

    @property
    def names(self) -> set[str]:
        """Columns and scores that selection, observable and split need."""
        texts = [self.selection, self.observable, *([self.split.by] if self.split else [])]
        return {name for text in texts for name in parse(text).names}


class TemplateSample(Model):
    """A sample: its data sets, its truth selection, and whether it may have no event at all."""

    kind: Kind
    may_be_empty: bool = False
    selection: Expression
    data_sets: list[str]

    @property
    def expected(self) -> bool:
        """Whether it is a part of the expectation."""
        return self.kind in ("signal", "background")


class Normalisation(Model):
    """What one generated event of a data set is worth: luminosity [pb^-1] x cross-section [pb]."""

    luminosity: float
    cross_section: float


class Filled(Model):
    """What one variation of a systematic is filled from.

    Attributes
    ----------
    table
        The varied tree in the skim; None: the nominal one.
    column
        The column with its weights; None: that of the nominal weight.
    data_sets
        Other data sets that take the place of the sample's own, if they do.
    """

    table: str | None = None
    column: str | None = None
    data_sets: list[str] | None = None


class TemplateSystematic(Model):
    """A systematic that needs templates.

    Attributes
    ----------
    definition
        As configured, without what is said here.
    samples, regions
        What it acts on.
    parameters
        Name of its nuisance parameter by region and sample.
    filled
        The variations that are filled for it, by what their names end with.
    nominal_data_sets
        By sample, the data sets that have no varied trees and stay as they are.
    """

    definition: AnyVaried
    samples: list[str]
    regions: list[str]
    parameters: dict[str, dict[str, str]]
    filled: dict[str, Filled] = {}
    nominal_data_sets: dict[str, list[str]] = {}


class NumberSystematic(Model):
    """A systematic given by relative numbers.

    Attributes
    ----------
    per_bin
        Whether they are independent in every bin; or else they are of the rate.
    """

    kind: str
    per_bin: bool
    samples: list[str]
    regions: list[str]
    parameters: dict[str, dict[str, str]]
    up: float
    down: float


class TemplateSettings(Model):
    """What the templates job of one fit is told.

    Attributes
    ----------
    samples
        Of the fit, with its data, and the ghosts that its systematics use.
    once
        In which data sets every event stands once.
    scores
        Score columns that the observables use.
    numbers
        Systematics without templates, which are pruned all the same.
    scaling
        By region and sample, what the Asimov data that take the place of blinded
        counts are scaled by; 1 if not there.
    blinding_threshold
        A bin is blinded where S/B of the nominal templates exceeds it.
    other_signals
        Ghosts that are signal elsewhere: this fit does without them, blinding does not.
    smooth
        Degree of the polynomial that describes a template, by region and sample.
    """

    fit: str
    regions: dict[str, TemplateRegion]
    samples: dict[str, TemplateSample]
    data_sets: dict[str, Normalisation]
    once: OnceSettings = OnceSettings()
    systematics: dict[str, TemplateSystematic]
    numbers: dict[str, NumberSystematic] = {}
    scores: list[str]
    pruning: Pruning = Pruning()
    scaling: dict[str, dict[str, float]] = {}
    blinding_threshold: float
    other_signals: list[str] = []
    smooth: dict[str, dict[str, int]] = {}

    @property
    def expected(self) -> list[str]:
        """Names of the samples that make up the expectation."""
        return [name for name, sample in self.samples.items() if sample.expected]

    @property
    def data(self) -> str | None:
        """Name of the sample with the observed events."""
        return next((n for n, sample in self.samples.items() if sample.kind == "data"), None)

    @model_validator(mode="after")
    def _complete(self) -> "TemplateSettings":
        for name, sample in self.samples.items():
            for data_set in sample.data_sets:
                if data_set not in self.data_sets:
                    raise ValueError(f"sample '{name}': data set '{data_set}' has no normalisation")
        for name, systematic in self.systematics.items():
            for sample_name in [*systematic.samples, *systematic.definition.compared.values()]:
                if sample_name not in self.samples:
                    raise ValueError(f"systematic '{name}': there is no sample '{sample_name}'")
        return self


class FreeFactor(Model):
    """A free norm factor."""

    nominal: float
    bounds: tuple[float, float]


class FreeShapeFactors(Model):
    """A polynomial of the observable with free factors.

    Attributes
    ----------
    components
        What its terms are called in the workspace.
    factors
        Their parameters, by number of the Bernstein polynomial.
    smooth
        The template is a smooth one, without MC statistics.
    """

    components: list[str]
    factors: list[str]
    smooth: bool = False


class Scaling(Model):
    """What multiplies a sample in a region.

    Attributes
    ----------
    polynomial
        Of free factors, as pairs of the names multiplied and the coefficient.
    shape_factors
        Names of the free factors on every bin.
    free_shape
        The shape that data choose, if there is one.
    """

    polynomial: list[tuple[tuple[str, ...], float]]
    shape_factors: list[str] = []
    free_shape: FreeShapeFactors | None = None


class ShapeFactorBounds(Model):
    """A free factor on every bin."""

    bounds: tuple[float, float]


class WorkspaceSettings(Model):
    """What the workspace job of one fit is told.

    Attributes
    ----------
    regions, samples
        Names in order.
    may_be_empty
        Samples that may have no template.
    data
        What the observations are; ``mixed``: those of ``data_regions`` are
        observed.
    data_sample
        Name of the sample with the observed events.
    scaling
        What multiplies each sample, by region and sample; nothing if not there.
    asimov_mu
        Signal strength of Asimov observations.
    luminosity
        In pb^-1, if the expectation was scaled to another one than that of the inputs.
    mc_statistics_threshold
        Relative MC error of a bin's total below which it has no gamma.
    """

    fit: str
    regions: list[str]
    samples: list[str]
    may_be_empty: list[str] = []
    data: Literal["asimov", "data", "mixed"] = "asimov"
    data_regions: list[str] = []
    data_sample: str | None = None
    norm_factors: dict[str, FreeFactor]
    shape_factors: dict[str, ShapeFactorBounds] = {}
    scaling: dict[str, dict[str, Scaling]]
    poi: str
    asimov_mu: float
    luminosity: float | None = None
    mc_statistics_threshold: float
