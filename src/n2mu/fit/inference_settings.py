"""What scans, limits, significances, goodness of fit and pseudo-experiments are told."""

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.fit.settings import FitSettings

Range = tuple[float, float]


class ToySettings(Model):
    """How pseudo-experiments are made.

    Attributes
    ----------
    count
        Number of pseudo-experiments; 0 makes none.
    seed
        The same seed gives the same pseudo-experiments on any number of processes.
    workers
        Processes; None takes every core that this process may use.
    """

    count: Annotated[int, Field(ge=0)] = 0
    seed: Annotated[int, Field(ge=0)] = 0
    workers: PositiveInt | None = None


class ScanSettings(Model):
    """Settings of a scan of -2 ln L.

    Attributes
    ----------
    fit
        As given to the fit.
    parameter
        What is scanned; the signal strength if None.
    second
        Makes the scan two-dimensional.
    points
        Number of points per axis; the best fit is added to those of a one-dimensional scan.
    range, second_range
        Of the parameters; to where -2 ln L rises by 9 (three standard deviations) if None.
    """

    fit: FitSettings = FitSettings()
    parameter: str | None = None
    second: str | None = None
    points: Annotated[int, Field(ge=3)] = 41
    range: Range | None = None
    second_range: Range | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "ScanSettings":
        for pair in (self.range, self.second_range):
            if pair is not None and not pair[0] < pair[1]:
                raise ValueError(f"a range must be two rising numbers, got {pair[0]} {pair[1]}")
        return self


class LimitSettings(Model):
    """Settings of an upper limit; toys are per signal strength."""

    fit: FitSettings = FitSettings()
    toys: ToySettings = ToySettings()
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class SignificanceSettings(Model):
    """Settings of a discovery significance; ``mu`` is the strength of the expected signal."""

    fit: FitSettings = FitSettings()
    toys: ToySettings = ToySettings()
    mu: float | None = None


class GoodnessSettings(Model):
    """Settings of a goodness of fit."""

    fit: FitSettings = FitSettings()
    toys: ToySettings = ToySettings()


class ComparisonSettings(Model):
    """Settings of a comparison of fits; ``labels`` are their names where they are told apart."""

    labels: list[str] = []


class EnsembleSettings(Model):
    """Settings of pseudo-experiments; ``mu`` is their true signal strength, None the fitted one."""

    fit: FitSettings = FitSettings()
    toys: ToySettings = ToySettings(count=1000)
    mu: float | None = None
