"""What the templates job and the workspace job are told."""

from typing import Literal

from pydantic import model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.regions import Binning


class TemplateRegion(Model):
    """A region of one fit, its observable resolved."""

    role: Literal["signal", "control", "validation"]
    selection: Expression
    observable: Expression
    binning: Binning


class TemplateSample(Model):
    """A sample: its data sets and its truth selection."""

    kind: Literal["signal", "background", "data", "ghost"]
    selection: Expression
    data_sets: list[str]


class Normalisation(Model):
    """What one generated event of a data set is worth: luminosity [pb^-1] x cross-section [pb]."""

    luminosity: float
    cross_section: float


class TemplateSystematic(Model):
    """A systematic that needs templates.

    Attributes
    ----------
    kind
        ``weight``: ``up`` and ``down`` are weight columns of the nominal skim;
        ``tree``: they are varied trees.
    down
        None if the systematic is one-sided.
    """

    kind: Literal["weight", "tree"]
    samples: list[str]
    up: str
    down: str | None


class TemplateSettings(Model):
    """What the templates job of one fit is told.

    Attributes
    ----------
    scores
        Score columns that the observables use.
    blinding_threshold
        A bin is blinded where S/B of the nominal templates exceeds it.
    """

    fit: str
    regions: dict[str, TemplateRegion]
    samples: dict[str, TemplateSample]
    data_sets: dict[str, Normalisation]
    systematics: dict[str, TemplateSystematic]
    scores: list[str]
    blinding_threshold: float

    @model_validator(mode="after")
    def _complete(self) -> "TemplateSettings":
        for name, sample in self.samples.items():
            for data_set in sample.data_sets:
                if data_set not in self.data_sets:
                    raise ValueError(f"sample '{name}': data set '{data_set}' has no normalisation")
        for name, systematic in self.systematics.items():
            for sample_name in systematic.samples:
                if sample_name not in self.samples:
                    raise ValueError(f"systematic '{name}': there is no sample '{sample_name}'")
        return self


class NormEffect(Model):
    """A rate uncertainty by number on some samples; relative shifts."""

    samples: list[str]
    up: float
    down: float


class FreeFactor(Model):
    """A free norm factor on some samples."""

    samples: list[str]
    nominal: float
    bounds: tuple[float, float]


class WorkspaceSettings(Model):
    """What the workspace job of one fit is told.

    Attributes
    ----------
    regions, samples
        Names in order; samples with their kind.
    shapes
        Systematics with templates and the samples they act on.
    asimov_mu
        Signal strength of the stored Asimov observations.
    mc_statistics_threshold
        Relative MC error of a bin's total below which it has no gamma.
    """

    fit: str
    regions: list[str]
    samples: dict[str, Literal["signal", "background"]]
    norms: dict[str, NormEffect]
    shapes: dict[str, list[str]]
    norm_factors: dict[str, FreeFactor]
    poi: str
    asimov_mu: float
    mc_statistics_threshold: float
