"""``fits.yaml``: norm factors and fits."""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.gates import Gate
from n2mu.config.names import Name, Unique


class NormFactor(Model):
    """A free factor on the rate of samples."""

    samples: Annotated[list[str], Field(min_length=1)]
    nominal: float = 1.0
    bounds: tuple[float, float]
    title: str | None = None

    @model_validator(mode="after")
    def _inside(self) -> "NormFactor":
        if not self.bounds[0] < self.nominal < self.bounds[1]:
            raise ValueError(f"nominal {self.nominal} must lie inside the bounds {self.bounds}")
        return self


class Fit(Model):
    """One choice of regions, observable and options.

    Attributes
    ----------
    regions
        Regions that enter the likelihood.
    observable
        What is histogrammed in regions that name no observable of their own.
    poi
        The norm factor that is the signal strength.
    asimov_mu
        Signal strength of the Asimov data.
    mc_statistics_threshold
        Relative MC error of a bin's total below which it has no gamma.
    blinding_threshold
        A bin is blinded where its S/B exceeds this.
    check
        Whether pyhf with MINUIT repeats the main fit.
    allowed_gates
        Gates that may fail without failing the fit.
    """

    regions: Annotated[list[str], Field(min_length=1), Unique]
    observable: Expression
    poi: str
    asimov_mu: float = 1.0
    mc_statistics_threshold: NonNegativeFloat = 0.0
    blinding_threshold: PositiveFloat = 0.3
    check: bool = True
    allowed_gates: list[Gate] = []
    title: str | None = None


class Fits(Model):
    """The whole of ``fits.yaml``."""

    norm_factors: Annotated[dict[Name, NormFactor], Field(min_length=1)]
    fits: Annotated[dict[Name, Fit], Field(min_length=1)]
