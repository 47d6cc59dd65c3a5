"""``fits.yaml``: norm and shape factors, and fits."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression, ExpressionText
from n2mu.config.gates import Gate
from n2mu.config.names import Name, Unique
from n2mu.config.polynomial import polynomial
from n2mu.config.texts import Text
from n2mu.errors import ExpressionError

Bounds = tuple[float, float]


def _polynomial(text: str) -> str:
    try:
        polynomial(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return text


class NormFactor(Model):
    """A factor on the rate of samples: free, or a polynomial of others that are.

    Attributes
    ----------
    samples, regions
        Names of the samples and regions whose rate it scales; ``*`` at the end
        matches several.
    bounds, nominal
        Of a free factor.
    expression
        A polynomial of free factors, in place of ``bounds``.
    title
        How figures call it (LaTeX).
    """

    samples: Annotated[list[str], Field(min_length=1)]
    regions: Annotated[list[str], Field(min_length=1)] = ["*"]
    nominal: float = 1.0
    bounds: Bounds | None = None
    expression: Annotated[ExpressionText, AfterValidator(_polynomial)] | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _free_or_expression(self) -> "NormFactor":
        if (self.bounds is None) == (self.expression is None):
            raise ValueError("give either 'bounds' (a free factor) or 'expression'")
        if self.expression is not None and "nominal" in self.model_fields_set:
            raise ValueError("'nominal' follows from the 'expression', leave it out")
        if self.bounds is not None:
            _require_inside(self.nominal, self.bounds)
        return self


def _require_inside(nominal: float, bounds: Bounds) -> None:
    low, high = bounds
    if low > high:
        raise ValueError(f"bounds [{low:g}, {high:g}] are reversed; write [{high:g}, {low:g}]")
    if not low < nominal < high:
        raise ValueError(
            f"the nominal value {nominal:g} must lie inside the bounds [{low:g}, {high:g}]; "
            "change one of them"
        )


class ShapeFactor(Model):
    """A free factor on every bin of samples, the same one in all its regions.

    Attributes
    ----------
    samples, regions
        Names of the samples and regions; regions that share it have the same
        number of bins.
    bounds
        Of each factor; its nominal value is 1.
    title
        How figures call it (LaTeX).
    """

    samples: Annotated[list[str], Field(min_length=1)]
    regions: Annotated[list[str], Field(min_length=1)]
    bounds: Bounds = (0.0, 10.0)
    title: Text | None = None

    @model_validator(mode="after")
    def _inside(self) -> "ShapeFactor":
        _require_inside(1.0, self.bounds)
        return self


class FreeShape(Model):
    """A smooth shape of samples that data choose, together with their rate, in each region.

    What is expected is multiplied by a polynomial of the observable that is 1 before the fit: a
    sum of Bernstein polynomials, each with a free factor.

    Attributes
    ----------
    samples, regions
        Names of the samples, which are backgrounds and share the factors of a
        region, and of the regions, of which each has its own.
    degree
        Of the polynomial: there is one factor more in each region.
    smooth
        The simulated template is replaced by the exponential of a polynomial of
        this degree that is fitted to it.  To first order the free factors hold
        what its statistical error could be, so that it has no parameters of
        MC statistics.
    bounds
        Of each factor; its nominal value is 1.
    title
        How figures call it (LaTeX).
    """

    samples: Annotated[list[str], Field(min_length=1)]
    regions: Annotated[list[str], Field(min_length=1)] = ["*"]
    degree: Annotated[int, Field(ge=1, le=10)]
    smooth: bool = False
    bounds: Bounds = (0.0, 10.0)
    title: Text | None = None

    @model_validator(mode="after")
    def _inside(self) -> "FreeShape":
        _require_inside(1.0, self.bounds)
        return self

    @property
    def numbers(self) -> range:
        """Numbers of the factors of a region."""
        return range(self.degree + 1)


class Pruning(Model):
    """Below what a systematic is dropped from a sample in a region; relative to its yield.

    Attributes
    ----------
    norm
        The rate is dropped if both sides change it by less.
    shape
        The shape is dropped if no bin of either side deviates by more.
    """

    norm: NonNegativeFloat = 0.0
    shape: NonNegativeFloat = 0.0


class Fit(Model):
    """One choice of regions, observable and options.

    Attributes
    ----------
    regions
        Regions that enter the likelihood.
    validation_regions
        Regions that do not: their yields are predicted with the fitted parameters.
    samples, exclude_samples
        Names of the samples in it, and of those that are not; ``*`` at the end
        matches several.
    observable
        What is histogrammed in regions that name no observable of their own.
    poi
        The norm factor that is the signal strength.
    data
        What is fitted: ``asimov`` data, observed ``data``, or ``mixed``.
    data_regions
        In ``mixed``, the regions with observed data, by default the control
        regions; the others hold Asimov data from the fit to these.
    asimov_mu
        Signal strength of the Asimov data.
    luminosity
        In pb^-1, of a projection: all that is simulated is scaled to it from the
        luminosity of the inputs.  Only Asimov data can be projected.
    pruning
        Thresholds below which systematics are dropped.
    mc_statistics_threshold
        Relative MC error of a bin's total below which it has no gamma.
    blinding_threshold
        A bin is blinded where its S/B exceeds this.
    check
        Whether pyhf with MINUIT repeats the main fit.
    allowed_gates
        Gates that may fail without failing the fit.
    title
        How the report calls it.
    """

    regions: Annotated[list[str], Field(min_length=1), Unique]
    validation_regions: Annotated[list[str], Unique] = []
    samples: Annotated[list[str], Field(min_length=1)] = ["*"]
    exclude_samples: list[str] = []
    observable: Expression
    poi: str
    data: Literal["asimov", "data", "mixed"] = "asimov"
    data_regions: Annotated[list[str], Field(min_length=1), Unique] | None = None
    asimov_mu: float = 1.0
    luminosity: PositiveFloat | None = None
    pruning: Pruning = Pruning()
    mc_statistics_threshold: NonNegativeFloat = 0.0
    blinding_threshold: PositiveFloat = 0.3
    check: bool = True
    allowed_gates: list[Gate] = []
    title: Text | None = None

    @model_validator(mode="after")
    def _data_regions_of_a_mix(self) -> "Fit":
        if self.data_regions is not None and self.data != "mixed":
            raise ValueError(
                f"'data_regions' says which regions of mixed data are observed, but data is "
                f"'{self.data}'; set 'data: mixed' or leave it out"
            )
        for region in self.data_regions or []:
            if region not in self.regions:
                raise ValueError(f"data_regions: '{region}' is not among the regions of the fit")
        return self

    @model_validator(mode="after")
    def _projection_without_data(self) -> "Fit":
        if self.luminosity is not None and self.data != "asimov":
            raise ValueError(
                f"'luminosity' projects the expectation, but data is '{self.data}', and observed "
                "counts have the luminosity at which they were taken; set 'data: asimov' or leave "
                "it out"
            )
        return self

    @property
    def all_regions(self) -> list[str]:
        """Regions of the likelihood, then those that are predicted."""
        return [*self.regions, *self.validation_regions]


class Fits(Model):
    """The whole of ``fits.yaml``.

    Attributes
    ----------
    norm_factors, shape_factors
        Factors by name, which is that of the parameter.
    free_shapes
        Shapes by name; their parameters are ``<name>_<region>_<number>``.
    fits
        The fits by name: as given, and the repeated ones, ``<fit>_<model>``.
    compare_models
        The fit that is repeated with the score of every trained model, so that
        models compare by the expected uncertainty on the signal strength.
    """

    norm_factors: Annotated[dict[Name, NormFactor], Field(min_length=1)]
    shape_factors: dict[Name, ShapeFactor] = {}
    free_shapes: dict[Name, FreeShape] = {}
    fits: Annotated[dict[Name, Fit], Field(min_length=1)]
    compare_models: str | None = None
