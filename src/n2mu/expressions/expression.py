"""What the rest of n2mu holds in hand: a parsed expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from n2mu.expressions.nodes import Column, Element, Node, Size, walk, write
from n2mu.expressions.parser import parse_tree

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Expression:
    """A parsed cut, weight or observable.

    Attributes
    ----------
    text
        As the user wrote it.
    tree
        Its syntax tree.
    names
        The branches that it reads.
    """

    text: str
    tree: Node
    names: frozenset[str]

    def evaluate(self, columns: Mapping[str, Any], size: int) -> NDArray[np.float64]:
        """Return the value for every event, as TTreeFormula computes it.

        Parameters
        ----------
        columns
            By branch name: a NumPy array [events] or [events, n], or an awkward
            array [events] or [events, var].  Only `names` are read.
        size
            Number of events.

        Returns
        -------
        numpy.ndarray
            float64 [events]; NaN where ``x[i]`` does not exist.  Never shares
            memory with a column.

        Raises
        ------
        ExpressionError
            If a branch is unknown, holds no numbers, has another number of events,
            or holds a list where one value per event is needed; also for a
            remainder by zero, and for a bit operator on what is no 64-bit integer.
        """
        from n2mu.expressions.evaluation import evaluate

        return evaluate(self, columns, size)

    def select(self, columns: Mapping[str, Any], size: int) -> NDArray[np.bool_]:
        """Tell which events pass: those whose value exists and is not zero.

        As in ROOT an event passes if its value is NaN, and fails if the
        expression reads any ``x[i]`` that does not exist.

        Parameters
        ----------
        columns, size
            As of `evaluate`.

        Returns
        -------
        numpy.ndarray
            bool [events].

        Raises
        ------
        ExpressionError
            As of `evaluate`.
        """
        from n2mu.expressions.evaluation import select

        return select(self, columns, size)

    def canonical(self) -> str:
        """Return the normal form: equal syntax trees have equal texts."""
        return write(self.tree)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse a TTreeFormula expression.

    Raises
    ------
    ExpressionError
        Where the text is no expression or uses something that is not supported.

    Examples
    --------
    >>> parse("nJets>=4 && (lep_Pt_0 > 10e3)").canonical()
    'nJets >= 4 && lep_Pt_0 > 10000'
    """
    tree = parse_tree(text)
    names = frozenset(
        node.name for node, _ in walk(tree) if isinstance(node, Column | Element | Size)
    )
    return Expression(text, tree, names)
