"""What one skim job is told."""

from typing import Literal

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.inputs import SumOfWeights
from n2mu.inputs.identity import NtupleFile


class WeightVariation(Model):
    """One side of a weight systematic: another expression for one factor.

    Attributes
    ----------
    name
        ``<np>_up`` or ``<np>_down``.
    sum
        Branch or histogram with its own sum of weights, of the kind that the
        nominal one has; without it the nominal sum normalises it.
    """

    name: str
    factor: str
    expression: Expression
    sum: str | None


class SkimDataSet(Model):
    """The files of one data set that belong to the chunk, and its variations.

    Attributes
    ----------
    data
        Observed events: of weight one, without sum of weights and variations, and
        not for training.
    weight
        Expressions of its own for factors of the event weight.
    columns
        Branches that later stages need.
    """

    name: str
    tree: str
    files: list[NtupleFile]
    data: bool = False
    weight: dict[str, Expression] = {}
    columns: list[str]
    weight_variations: list[WeightVariation]
    tree_variations: list[str]


class SkimSettings(Model):
    """What one skim job is told.

    Attributes
    ----------
    run, event
        Branches with run and event number; without ``event`` the entry number
        stands for it, without ``run`` zero does.
    weight
        Factors of the event weight by name.
    preselection, training
        What is kept for the fit, and what more is kept for training.
    """

    chunk: str
    run: str | None
    event: str | None
    sum_of_weights: SumOfWeights
    damaged_files: Literal["stop", "skip"] = "stop"
    weight: dict[str, Expression]
    preselection: Expression
    training: Expression
    data_sets: list[SkimDataSet]


class IdentitySettings(Model):
    """Where an event stands once.

    Attributes
    ----------
    origins
        By data set the DSID and campaign, within which an event number may
        stand once per tree; the data set itself where no DSID is given.
    observed
        Data sets of observed events, in all of which an event stands once.
    """

    origins: dict[str, str] = {}
    observed: list[str] = []


class OnceSettings(IdentitySettings):
    """Where an event stands once, and whether simulated ones that do not are kept."""

    repeated_events: Literal["stop", "keep"] = "stop"


class CutflowSettings(IdentitySettings):
    """What the cutflow table is told.

    Attributes
    ----------
    expected
        Luminosity x cross-section [events] by data set.
    """

    expected: dict[str, float]
