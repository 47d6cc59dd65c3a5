"""Where the events of a variation come from: all that a skim can give.

A kind of systematic names its sources; what follows from them (columns and tables of the skim, sums
of weights, checks, what ``n2mu validate`` asks of ntuples) is the same for all kinds.
"""

from typing import NamedTuple


class WeightSource(NamedTuple):
    """Events of the nominal tree, with another value of one factor of the event weight.

    Attributes
    ----------
    key
        The key of the systematic that holds the expression.
    factor
        Name of the factor in ``inputs.yaml``.
    expression
        What takes its place.
    sum_key, sum
        The key with a branch that holds the variation's own sum of weights, and the branch.
    """

    key: str
    factor: str
    expression: str
    sum_key: str = ""
    sum: str | None = None


class TreeSource(NamedTuple):
    """Events of a sibling tree.

    Attributes
    ----------
    key
        The key of the systematic that holds its name.
    tree
        Its name.
    inputs
        Patterns of the inputs that have it; events of others stay as they are.  None: all.
    """

    key: str
    tree: str
    inputs: list[str] | None = None


class InputSource(NamedTuple):
    """Events of other inputs, in place of the sample's own, with its truth selection.

    Attributes
    ----------
    key
        The key of the systematic that holds the patterns.
    inputs
        Patterns of inputs.
    """

    key: str
    inputs: list[str]


Source = WeightSource | TreeSource | InputSource
