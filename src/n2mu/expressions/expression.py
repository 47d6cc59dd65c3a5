"""What the rest of n2mu holds in hand: a parsed expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from n2mu.expressions.nodes import ENTRY, Column, Entry, Node, walk, write
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
        The columns that it reads: branches, and `ENTRY` if it holds ``Entry$``.
    places
        Where parts of the tree stand in the text, counted from 0.
    """

    text: str
    tree: Node
    names: frozenset[str]
    places: Mapping[Node, int] = field(compare=False, repr=False)

    def evaluate(self, columns: Mapping[str, Any], size: int) -> NDArray[np.float64]:
        """Return the value for every event, as TTreeFormula computes it.

        Parameters
        ----------
        columns
            By branch name: a NumPy array [events] or [events, n], or an awkward
            array [events] or [events, var].  Only `names` are read, each once.
            ``n2mu_entry`` holds the entry numbers [events]; whoever reads events
            from a tree puts them there, skims have the column.
        size
            Number of events.

        Returns
        -------
        numpy.ndarray
            float64 [events]; NaN where ``x[i]`` does not exist.  Never shares
            memory with a column.  Events are computed in blocks, so that the
            memory for what lies between does not grow with their number.

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
    tree, places = parse_tree(text)
    nodes = [node for node, _ in walk(tree)]
    names = {node.name for node in nodes if isinstance(node, Column)}
    if Entry() in nodes:
        names.add(ENTRY)
    return Expression(text, tree, frozenset(names), places)
