"""What one skim job is told."""

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
        Branch of the metadata tree with its own sum of weights; without it
        the nominal sum of weights normalises it.
    """

    name: str
    factor: str
    expression: Expression
    sum: str | None


class SkimDataSet(Model):
    """The files of one data set that belong to the chunk, and its variations."""

    name: str
    tree: str
    files: list[NtupleFile]
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
    columns
        Branches that later stages need.
    """

    chunk: str
    run: str | None
    event: str | None
    sum_of_weights: SumOfWeights
    weight: dict[str, Expression]
    preselection: Expression
    training: Expression
    columns: list[str]
    data_sets: list[SkimDataSet]


class CutflowSettings(Model):
    """What the cutflow table is told: luminosity x cross-section [events] by data set."""

    expected: dict[str, float]
