"""What figures of features are told."""

from typing import Annotated, Literal

from pydantic import Field

from n2mu.config.base import Model
from n2mu.config.expression import Expression


class DrawnFeature(Model):
    """A quantity that is drawn.

    Attributes
    ----------
    missing
        Values that mean "not there"; such events are left out.
    values
        Values of a categorical feature; a bin for each.
    axis
        Title of the axis, with the unit.
    scale
        What values are multiplied by before they are drawn.
    """

    expression: Expression
    missing: list[Annotated[float, Field(allow_inf_nan=True)]] = []
    values: list[int] | None = None
    axis: str | None = None
    scale: float = 1.0


class DrawnSample(Model):
    """A sample with the data sets that it is selected from; a ghost is not drawn, but blinds."""

    kind: Literal["signal", "background", "data", "ghost"]
    selection: Expression
    data_sets: list[str]


class FeatureSettings(Model):
    """What is drawn of the events of one region.

    Attributes
    ----------
    samples
        Signals, backgrounds and, if there are observed events, the data.  Ghosts are the
        signals that the fit leaves out: they are not drawn, data are hidden where they are.
    worth
        Luminosity times cross-section of every data set; 1 for data.
    scores
        Score columns that features or the selection use.
    blinding_threshold
        Bins of the figure are blinded where S/B exceeds it.
    blinded_by
        Fits that have the region; data are hidden if one of them blinds any bin of it.
        None without observed events.
    """

    region: str
    selection: Expression
    features: dict[str, DrawnFeature]
    samples: dict[str, DrawnSample]
    worth: dict[str, float]
    scores: list[str]
    blinding_threshold: float
    blinded_by: list[str] = []
