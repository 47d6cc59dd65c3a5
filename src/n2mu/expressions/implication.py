"""Whether a region provably lies inside a preselection.

The prover is sound, not complete: what it cannot show it reports.  It knows
`&&`, `||`, `!`, comparisons of one expression with constants, and comparisons
of two expressions with one another.  Values are doubles that may be NaN, never
assumed to be whole, so that ``!(x < 3)`` does not imply ``x >= 3``.
"""

from __future__ import annotations

from dataclasses import dataclass

from n2mu.expressions.expression import parse
from n2mu.expressions.nodes import (
    COMPARISONS,
    Aggregate,
    Alternative,
    Binary,
    Element,
    Logical,
    Negative,
    Node,
    Not,
    Number,
    children,
    write,
)

_ACCEPTED = {
    "<": frozenset("<"),
    ">": frozenset(">"),
    "==": frozenset("="),
    "<=": frozenset("<="),
    ">=": frozenset(">="),
    "!=": frozenset("<>?"),
}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_RELATIONS = frozenset("<=>?")
_MOST_STEPS = 5_000


@dataclass(frozen=True)
class Comparison:
    """``subject`` stands to ``constant``, or to ``other``, in one of the relations.

    The relations are ``<``, ``=``, ``>`` and ``?``: unordered, one is NaN.
    """

    subject: Node
    other: Node | None
    constant: float
    accepted: frozenset[str]

    @property
    def key(self) -> _Key:
        """What is compared."""
        return self.subject, self.other


@dataclass(frozen=True)
class _All:
    parts: tuple[_Condition, ...]


@dataclass(frozen=True)
class _Any:
    parts: tuple[_Condition, ...]


_Condition = Comparison | _All | _Any
_Key = tuple[Node, Node | None]
_TRUE = _All(())
_FALSE = _Any(())


def conjuncts(text: str) -> list[str]:
    """Return the top-level conditions of a selection, in normal form.

    Raises
    ------
    ExpressionError
        If it cannot be parsed.

    Examples
    --------
    >>> conjuncts("(nJets>=4 && nTaus==1) && b")
    ['nJets >= 4', 'nTaus == 1', 'b']
    """
    return [write(part) for part in parts_of(parse(text).tree)]


def unimplied(region: str, preselection: str) -> list[str]:
    """Return the conditions of a preselection that a region is not shown to imply.

    Parameters
    ----------
    region, preselection
        Selections.

    Returns
    -------
    list of str
        The top-level conjuncts of ``preselection``, in normal form, that some
        event of ``region`` might fail; empty if the region is contained.

    Raises
    ------
    ExpressionError
        If one of them cannot be parsed.

    Examples
    --------
    >>> unimplied("nJets >= 4 && nTaus == 1", "nJets >= 2 && nTaus >= 1")
    []
    >>> unimplied("nJets >= 4", "nJets >= 2 && nTaus >= 1")
    ['nTaus >= 1']
    """
    given = parse(region).tree
    wanted = parse(preselection).tree
    facts = _flat([condition_of(given, True)])
    elements = _elements(given)
    return [
        write(part)
        for part in parts_of(wanted)
        if not (
            _covers(elements, _elements(part))
            and _Prover().implies(facts, condition_of(part, True), facts)
        )
    ]


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the top-level conditions of a node."""
    if isinstance(node, Logical) and node.operator == "&&":
        return node.operands
    return (node,)


def _elements(node: Node) -> dict[str, int]:
    """Return the highest index read of each list; without it there is no value."""
    found: dict[str, int] = {}
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Element):
            found[current.name] = max(found.get(current.name, 0), current.index)
        elif not isinstance(current, Aggregate | Alternative):
            waiting.extend(children(current))
    return found


def _covers(given: dict[str, int], wanted: dict[str, int]) -> bool:
    return all(given.get(name, -1) >= index for name, index in wanted.items())


def condition_of(node: Node, truth: bool) -> _Condition:
    """Return the condition that ``node`` is true (or false), negations pushed inwards."""
    if isinstance(node, Not):
        return condition_of(node.operand, not truth)
    if isinstance(node, Logical):
        parts = tuple(condition_of(operand, truth) for operand in node.operands)
        return _All(parts) if (node.operator == "&&") == truth else _Any(parts)
    if isinstance(node, Binary) and node.operator in COMPARISONS:
        return _comparison(node, truth)
    return _relation(node, "!=", Number(0.0), truth)


def _comparison(node: Binary, truth: bool) -> _Condition:
    left, right, operator = _folded(node.left), _folded(node.right), node.operator
    swap = isinstance(left, Number) or (
        not isinstance(right, Number) and write(right) < write(left)
    )
    if swap:
        left, right, operator = right, left, _MIRRORED[operator]
    return _relation(left, operator, right, truth)


def _relation(left: Node, operator: str, right: Node, truth: bool) -> _Condition:
    accepted = _ACCEPTED[operator]
    if not truth:
        accepted = _RELATIONS - accepted
    left = _folded(left)
    if isinstance(right, Number):
        if isinstance(left, Number):
            order = "<" if left.value < right.value else ">" if left.value > right.value else "="
            return _TRUE if order in accepted else _FALSE
        return Comparison(left, None, right.value, accepted)
    return Comparison(left, right, 0.0, accepted)


def _folded(node: Node) -> Node:
    """Turn a signed constant into a constant."""
    if isinstance(node, Negative) and isinstance(node.operand, Number):
        return Number(-node.operand.value)
    return node


def _flat(conditions: list[_Condition]) -> list[_Condition]:
    flat: list[_Condition] = []
    for condition in conditions:
        if isinstance(condition, _All):
            flat.extend(_flat(list(condition.parts)))
        else:
            flat.append(condition)
    return flat


def _comparisons(condition: _Condition) -> list[Comparison]:
    if isinstance(condition, Comparison):
        return [condition]
    return [item for part in condition.parts for item in _comparisons(part)]


class _Prover:
    """Counts its steps, because cases multiply."""

    def __init__(self) -> None:
        self.steps = 0

    def implies(self, facts: list[_Condition], wanted: _Condition, news: list[_Condition]) -> bool:
        """Tell whether ``facts`` imply ``wanted``; only ``news`` may contradict the rest."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return False
        if wanted in facts or any(_holds(facts, _FALSE, key) for key in _keys(news)):
            return True
        if isinstance(wanted, _All):
            return all(self.implies(facts, part, []) for part in wanted.parts)
        keys = _keys([wanted])
        if len(keys) == 1 and _holds(facts, wanted, *keys):
            return True
        if isinstance(wanted, _Any) and any(self.implies(facts, p, []) for p in wanted.parts):
            return True
        return self.implies_by_cases(facts, wanted, keys)

    def implies_by_cases(
        self, facts: list[_Condition], wanted: _Condition, keys: set[_Key]
    ) -> bool:
        for number, fact in enumerate(facts):
            if isinstance(fact, _Any) and (not fact.parts or keys & _keys([fact])):
                rest = facts[:number] + facts[number + 1 :]
                cases = (_flat([part]) for part in fact.parts)
                if all(self.implies(rest + case, wanted, case) for case in cases):
                    return True
        return False


def _keys(conditions: list[_Condition]) -> set[_Key]:
    return {item.key for condition in conditions for item in _comparisons(condition)}


def _holds(facts: list[_Condition], wanted: _Condition, key: _Key) -> bool:
    """Decide exactly whether the facts about one subject imply something about it.

    The constants cut the real line into points and gaps; with NaN these cells
    are all cases there are.
    """
    relevant = [fact for fact in facts if _keys([fact]) == {key}]
    comparisons = [item for part in (*relevant, wanted) for item in _comparisons(part)]
    constants = sorted({item.constant for item in comparisons})
    cells: list[int | None] = [*range(2 * len(constants) + 1), None]
    return all(
        _true_in(wanted, cell, constants)
        for cell in cells
        if all(_true_in(fact, cell, constants) for fact in relevant)
    )


def _true_in(condition: _Condition, cell: int | None, constants: list[float]) -> bool:
    """Tell whether a condition holds in a cell; cell 2 i + 1 is the i-th constant."""
    if isinstance(condition, _All):
        return all(_true_in(part, cell, constants) for part in condition.parts)
    if isinstance(condition, _Any):
        return any(_true_in(part, cell, constants) for part in condition.parts)
    if cell is None:
        return "?" in condition.accepted
    point = 2 * constants.index(condition.constant) + 1
    relation = "<" if cell < point else ">" if cell > point else "="
    return relation in condition.accepted
