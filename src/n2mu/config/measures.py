"""What the variants of a study are compared by: a part of ``studies/<study>.yaml``."""

from typing import Literal

from pydantic import FiniteFloat, PositiveFloat, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name
from n2mu.config.texts import Text


class Measure(Model):
    """A number by which the variants of a study are compared.

    Attributes
    ----------
    kind
        ``auc`` of the signal class; ``mean_auc`` over all classes; ``significance`` in bins of
        the score, as ``evaluation.significance`` in ``models.yaml`` has it; ``correlation`` of
        background, one of ``evaluation.correlations`` there; ``correlation_beyond_chance``, what
        it has more than independent quantities have with as many events; ``best_epoch``, counted
        from 1; ``mu``, half the width of the expected interval of the signal strength.
    selection
        The events of the region whose ``auc`` or ``mean_auc`` is taken.
    correlation
        Which one, of ``correlation`` and ``correlation_beyond_chance``.
    title
        How tables and figures call it.
    scale
        What they show is the number times this.
    """

    kind: Literal[
        "auc",
        "mean_auc",
        "significance",
        "correlation",
        "correlation_beyond_chance",
        "best_epoch",
        "mu",
    ]
    selection: Expression = "1"
    correlation: str | None = None
    title: Text | None = None
    scale: PositiveFloat = 1.0

    @model_validator(mode="after")
    def _of_one_mind(self) -> "Measure":
        if self.kind.startswith("correlation") != (self.correlation is not None):
            raise ValueError("'correlation' belongs to the kinds of correlation, which need it")
        if self.selection != "1" and not self.kind.endswith("auc"):
            raise ValueError(f"'selection' belongs to auc and mean_auc, not to {self.kind}")
        return self


class Published(Model):
    """What somebody else has measured, to stand beside ours.

    Attributes
    ----------
    source
        Where it is published.
    values
        By variant and measure, on the scale of the table.
    """

    source: str
    values: dict[Name, dict[Name, FiniteFloat]]


DEFAULT = {
    "auc": Measure(kind="auc"),
    "mean_auc": Measure(kind="mean_auc"),
    "significance": Measure(kind="significance"),
}
"""What a study compares that does not say what."""
