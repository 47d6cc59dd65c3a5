"""What one scoring job is told."""

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.inputs.identity import NtupleFile


class ScoredDataSet(Model):
    """The files of one data set in the chunk and the trees that get friends."""

    name: str
    tree: str
    tree_variations: list[str]
    files: list[NtupleFile]


class ScoreSettings(Model):
    """What one scoring job is told.

    Attributes
    ----------
    event
        Branch with the event number; without it the entry number stands for it.
    models
        Names of the models, in the order of the score columns.
    selections
        Events that pass none of them are not scored, their scores are NaN; none: all are.
    """

    chunk: str
    event: str | None
    models: list[str]
    selections: list[Expression] | None = None
    data_sets: list[ScoredDataSet]
