"""The syntax tree of an expression, and its normal form as text.

Nodes are frozen and hashable, so that equal subexpressions are one key.
"""

from collections.abc import Iterator
from dataclasses import dataclass

ARITIES = {
    "abs": 1,
    "int": 1,
    "sqrt": 1,
    "exp": 1,
    "log": 1,
    "log10": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "asin": 1,
    "acos": 1,
    "atan": 1,
    "sinh": 1,
    "cosh": 1,
    "tanh": 1,
    "atan2": 2,
    "min": 2,
    "max": 2,
    "TMath::Sqrt": 1,
    "TMath::Exp": 1,
    "TMath::Log": 1,
    "TMath::Log10": 1,
    "TMath::ASin": 1,
    "TMath::ACos": 1,
    "TMath::Min": 2,
    "TMath::Max": 2,
}
"""Functions of the syntax tree and their number of arguments."""

ALIASES = {
    "fabs": "abs",
    "TMath::Abs": "abs",
    "TMath::Sin": "sin",
    "TMath::Cos": "cos",
    "TMath::Tan": "tan",
    "TMath::ATan": "atan",
    "TMath::ATan2": "atan2",
    "TMath::SinH": "sinh",
    "TMath::CosH": "cosh",
    "TMath::TanH": "tanh",
}
"""Other spellings of functions that mean exactly the same."""

POWERS = frozenset({"pow", "TMath::Power"})
AGGREGATES = frozenset({"Length$", "Sum$", "Max$", "Min$"})

LEVELS = {
    "||": 2,
    "&&": 3,
    "|": 4,
    "&": 5,
    "==": 6,
    "!=": 6,
    "<": 6,
    ">": 6,
    "<=": 6,
    ">=": 6,
    "<<": 7,
    ">>": 7,
    "+": 8,
    "-": 8,
    "*": 9,
    "/": 9,
    "%": 9,
    "^": 11,
}
"""How tightly the binary operators bind; all of them group from the left."""

CONDITIONAL_LEVEL = 1
MINUS_LEVEL = 10
NOT_LEVEL = 12
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SHIFTS = frozenset({"<<", ">>"})


def grouping_differs(outer: str, inner: str) -> bool:
    """Tell whether C++ and TTreeFormula group ``inner`` beside ``outer`` differently.

    Such a pair has one meaning in a C++ compiler and another in TTreeFormula,
    so it needs parentheses here.  ``-`` alone stands for the sign, too.
    """
    if outer in COMPARISONS:
        return inner in COMPARISONS or inner in SHIFTS
    if outer in SHIFTS:
        return inner in LEVELS and LEVELS[inner] in (7, 8, 9, 11)
    return outer in {"*", "/", "%"} and inner == "%"


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Column:
    """A branch; per event one value or a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list branch: ``name[index]``."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Size:
    """The length of a list branch: ``@name.size()``."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """The sign: ``-operand``."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """``!operand``."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """An arithmetic, bit or comparison operator with its two operands."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Logical:
    """``&&`` or ``||`` of two or more operands, none of them the same operator."""

    operator: str
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? yes : no``."""

    condition: "Node"
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value per event from a list: ``Sum$(operand)`` and the like."""

    function: str
    operand: "Node"


Node = (
    Number
    | Column
    | Element
    | Size
    | Negative
    | Not
    | Binary
    | Logical
    | Conditional
    | Call
    | Aggregate
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct operands of a node."""
    match node:
        case Negative() | Not() | Aggregate():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Logical():
            return node.operands
        case Conditional():
            return (node.condition, node.yes, node.no)
        case Call():
            return node.arguments
        case _:
            return ()


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Yield every node of a tree with its depth (the root has 1), without recursion."""
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        yield current, depth
        waiting.extend((child, depth + 1) for child in children(current))


def logical(operator: str, operands: tuple[Node, ...]) -> Node:
    """Join conditions by ``&&`` or ``||``, merging nested ones of the same operator."""
    flat: list[Node] = []
    for operand in operands:
        if isinstance(operand, Logical) and operand.operator == operator:
            flat.extend(operand.operands)
        else:
            flat.append(operand)
    return flat[0] if len(flat) == 1 else Logical(operator, tuple(flat))


def write(node: Node) -> str:
    """Return the normal form: single spaces, parentheses only where they are needed."""
    match node:
        case Number():
            whole = node.value.is_integer() and abs(node.value) < 1e15
            return str(int(node.value)) if whole else repr(node.value)
        case Column():
            return node.name
        case Element():
            return f"{node.name}[{node.index}]"
        case Size():
            return f"@{node.name}.size()"
        case Negative():
            return f"-{_operand(node.operand, MINUS_LEVEL)}"
        case Not():
            return f"!{_operand(node.operand, NOT_LEVEL)}"
        case Binary():
            level = LEVELS[node.operator]
            left = _operand(node.left, level, node.operator)
            return f"{left} {node.operator} {_operand(node.right, level + 1, node.operator)}"
        case Logical():
            level = LEVELS[node.operator] + 1
            return f" {node.operator} ".join(_operand(item, level) for item in node.operands)
        case Conditional():
            condition = _operand(node.condition, CONDITIONAL_LEVEL + 1)
            yes = _operand(node.yes, CONDITIONAL_LEVEL + 1)
            return f"{condition} ? {yes} : {_operand(node.no, CONDITIONAL_LEVEL)}"
        case Call():
            return f"{node.function}({', '.join(map(write, node.arguments))})"
        case Aggregate():
            return f"{node.function}({write(node.operand)})"


def _operand(node: Node, level: int, outer: str = "") -> str:
    bare = True
    match node:
        case Negative():
            # a sign inside another operand reads badly and groups differently beside shifts
            bare = level < MINUS_LEVEL and outer not in SHIFTS
        case Binary():
            bare = LEVELS[node.operator] >= level and not grouping_differs(outer, node.operator)
        case Logical():
            bare = LEVELS[node.operator] >= level
        case Conditional():
            bare = level <= CONDITIONAL_LEVEL
        case _:
            bare = True
    return write(node) if bare else f"({write(node)})"
