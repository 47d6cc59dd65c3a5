"""From a syntax tree to steps: every subexpression once, operands before operators."""

from dataclasses import dataclass
from functools import lru_cache

from n2mu.expressions.nodes import Node, children, walk


@dataclass(frozen=True, slots=True)
class Step:
    """One subexpression.

    Attributes
    ----------
    node
        What is computed.
    operands
        Numbers of the steps that compute its operands.
    finished
        Numbers of the steps whose values no later step needs.
    """

    node: Node
    operands: tuple[int, ...]
    finished: tuple[int, ...]


@lru_cache(maxsize=1024)
def program(tree: Node) -> tuple[Step, ...]:
    """Return the steps of a tree; the last one gives its value."""
    numbers: dict[Node, int] = {}
    # operands come after their operator in a walk; from the back nothing recurses deeply
    for node, _ in reversed(list(walk(tree))):
        numbers.setdefault(node, len(numbers))
    operands = [tuple(numbers[child] for child in children(node)) for node in numbers]
    last = {i: number for number, used in enumerate(operands) for i in used}
    finished: dict[int, list[int]] = {}
    for i, number in last.items():
        finished.setdefault(number, []).append(i)
    return tuple(
        Step(node, operands[number], tuple(finished.get(number, ())))
        for node, number in numbers.items()
    )
