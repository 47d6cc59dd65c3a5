"""The TTreeFormula language: parse, check, evaluate on columns.

Importing this package loads the parser only; NumPy comes with the first
evaluation and awkward with the first list column.
"""

from n2mu.expressions.aliases import Aliases
from n2mu.expressions.expression import Expression, parse
from n2mu.expressions.implication import conjuncts, unimplied
from n2mu.expressions.limits import Limit, far, limits
from n2mu.expressions.nodes import ENTRY

__all__ = [
    "ENTRY",
    "Aliases",
    "Expression",
    "Limit",
    "conjuncts",
    "far",
    "limits",
    "parse",
    "unimplied",
]
