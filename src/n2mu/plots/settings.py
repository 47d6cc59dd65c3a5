"""What figures and tables are told besides their data."""

from typing import Literal

from n2mu.config.base import Model
from n2mu.config.main import Labels


class RegionStyle(Model):
    """How a region is named; without titles its name and its observable are shown."""

    title: str | None = None
    axis: str | None = None
    role: Literal["signal", "control", "validation"]


class SampleStyle(Model):
    """How a sample is drawn.

    Attributes
    ----------
    colour
        Without one it takes the next of the palette.
    group
        Title under which it is drawn and tabulated together with others.
    training_class
        The class of models that it trains, which takes its colour.
    """

    title: str | None = None
    colour: str | None = None
    group: str | None = None
    training_class: str | None = None
    kind: Literal["signal", "background"]


class PlotSettings(Model):
    """What figures and tables are told besides their data.

    Attributes
    ----------
    labels
        What every figure says about itself.
    regions
        In the order in which tables list them.
    samples
        In stacking order, the first at the bottom.
    parameters
        Titles of nuisance parameters and norm factors by name; another is shown by its name.
    groups
        Names of nuisance parameters by group; pulls are shown group by group.
    """

    labels: Labels
    regions: dict[str, RegionStyle]
    samples: dict[str, SampleStyle]
    parameters: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
