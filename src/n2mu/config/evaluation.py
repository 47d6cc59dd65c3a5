"""How models are judged: a part of ``models.yaml``."""

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name
from n2mu.config.texts import Text


class Significance(Model):
    """The expected significance of a bump hunt in bins of the signal score.

    Attributes
    ----------
    bins
        Number of bins, each with the same expected signal.
    mass
        The quantity whose window between ``quantiles`` of the signal is counted;
        none: all events of a bin count.
    quantiles
        Shares of the signal below the two edges of the window.
    """

    bins: PositiveInt = 8
    mass: Expression | None = None
    quantiles: tuple[float, float] = (0.05, 0.95)

    @model_validator(mode="after")
    def _increasing(self) -> "Significance":
        low, high = self.quantiles
        if not 0 <= low < high <= 1:
            raise ValueError(f"quantiles must increase between 0 and 1, got {low:g} and {high:g}")
        return self


class Correlation(Model):
    """How far the shape of a quantity of background changes with the signal score.

    Attributes
    ----------
    observable
        The quantity, such as a mass.
    bins, low, high
        Its bins, of equal width; events outside are left out.
    score_bins
        Number of bins of the score, each with the same expected signal.
    selection
        The events that count.
    title, unit
        How the figure calls it (LaTeX), and its unit. Without both, a feature has its own
        title and unit, and another quantity stands as it is written.
    """

    observable: Expression
    bins: PositiveInt
    low: float
    high: float
    score_bins: Annotated[int, Field(ge=2)] = 8
    selection: Expression = "1"
    title: Text | None = None
    unit: Text | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Correlation":
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self


class Evaluation(Model):
    """How all models are judged on events that none of their decisions has seen.

    Attributes
    ----------
    bootstrap
        Number of replicas of the events from which the errors follow.
    significance
        Bins of the score for the expected significance, the same for all models.
    correlations
        Quantities whose shape should not depend on the score, by name.
    importance_events
        Number of events on which the importance of features is measured.
    integration_steps
        Points on the path of Integrated Gradients.
    """

    bootstrap: Annotated[int, Field(ge=10)] = 100
    significance: Significance = Significance()
    correlations: dict[Name, Correlation] = {}
    importance_events: PositiveInt = 1000
    integration_steps: PositiveInt = 32

    @property
    def measured(self) -> "Evaluation":
        """Without what only figures show, so that a title alone measures nothing again."""
        unnamed = {"title": None, "unit": None}
        return self.model_copy(
            update={
                "correlations": {
                    name: correlation.model_copy(update=unnamed)
                    for name, correlation in self.correlations.items()
                }
            }
        )

    @property
    def quantities(self) -> list[str]:
        """What is measured of events besides scores, as expressions."""
        masses = [] if self.significance.mass is None else [self.significance.mass]
        return [*masses, *(c.observable for c in self.correlations.values())]

    @property
    def selections(self) -> list[str]:
        """The selections of the correlations."""
        return [c.selection for c in self.correlations.values()]

    @property
    def expressions(self) -> dict[str, str]:
        """What is computed from columns, by the key under which it stands."""
        texts = {} if self.significance.mass is None else {"significance": self.significance.mass}
        for name, correlation in self.correlations.items():
            texts[f"correlations.{name}.observable"] = correlation.observable
            texts[f"correlations.{name}.selection"] = correlation.selection
        return texts
