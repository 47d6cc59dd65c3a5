"""The syntax tree of an expression, and its normal form as text.

Nodes are frozen and hashable, so that equal subexpressions are one key.
"""

import math
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
    "asinh": 1,
    "acosh": 1,
    "atanh": 1,
    "atan2": 2,
    "hypot": 2,
    "fmod": 2,
    "min": 2,
    "max": 2,
    "floor": 1,
    "ceil": 1,
    "round": 1,
    "rint": 1,
    "trunc": 1,
    "cbrt": 1,
    "exp2": 1,
    "log2": 1,
    "sq": 1,
    "sign": 1,
    "isnan": 1,
    "isinf": 1,
    "finite": 1,
    "TMath::Sqrt": 1,
    "TMath::Exp": 1,
    "TMath::Log": 1,
    "TMath::Log10": 1,
    "TMath::ASin": 1,
    "TMath::ACos": 1,
    "TMath::ACosH": 1,
    "TMath::ATanH": 1,
    "TMath::Min": 2,
    "TMath::Max": 2,
    "TMath::Sign": 2,
    "TMath::SignBit": 1,
    "TMath::Even": 1,
    "TMath::Odd": 1,
    "TMath::Range": 3,
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
    "TMath::ASinH": "asinh",
    "TMath::Hypot": "hypot",
    "TMath::Floor": "floor",
    "TMath::Ceil": "ceil",
    "TMath::Log2": "log2",
    "TMath::Sq": "sq",
    "TMath::IsNaN": "isnan",
    "TMath::Finite": "finite",
    "isfinite": "finite",
    "std::abs": "abs",
    "std::isnan": "isnan",
}
"""Other spellings of functions that mean exactly the same."""

POWERS = frozenset({"pow", "TMath::Power"})
CONSTANTS = {
    "TMath::Pi": math.pi,
    "TMath::TwoPi": 2 * math.pi,
    "TMath::PiOver2": math.pi / 2,
    "TMath::PiOver4": math.pi / 4,
    "TMath::InvPi": 1 / math.pi,
    "TMath::E": math.e,
    "TMath::Sqrt2": math.sqrt(2),
    "TMath::Ln10": math.log(10),
    "TMath::LogE": math.log10(math.e),
    "TMath::DegToRad": math.pi / 180,
    "TMath::RadToDeg": 180 / math.pi,
}
"""Functions without arguments."""

AGGREGATES = {"Length$": 1, "Sum$": 1, "Max$": 1, "Min$": 1, "MaxIf$": 2, "MinIf$": 2}
"""What makes one value per event of a list, and the number of arguments."""

ENTRY = "n2mu_entry"
"""The column with the entry number of an event in its tree, which ``Entry$`` reads."""

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
"""How tightly the binary operators bind; they group from the left, but for `FROM_THE_RIGHT`."""

# which shows, since TTreeFormula makes a double of every result: 2 & -2 & -2 is 0
FROM_THE_RIGHT = frozenset({"&"})

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
class Entry:
    """The number of the entry in its tree: ``Entry$``."""


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
    """One value per event from a list: ``Sum$(operand)``, ``MaxIf$(operand, condition)``."""

    function: str
    operand: "Node"
    condition: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """``Alt$(value, other)``: ``other`` where an element that ``value`` reads does not exist."""

    value: "Node"
    other: "Node"


Node = (
    Number
    | Column
    | Element
    | Size
    | Entry
    | Negative
    | Not
    | Binary
    | Logical
    | Conditional
    | Call
    | Aggregate
    | Alternative
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct operands of a node."""
    match node:
        case Element() | Size():
            return (Column(node.name),)
        case Negative() | Not():
            return (node.operand,)
        case Aggregate():
            return (node.operand,) if node.condition is None else (node.operand, node.condition)
        case Alternative():
            return (node.value, node.other)
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
            level, right = LEVELS[node.operator], node.operator in FROM_THE_RIGHT
            before = _operand(node.left, level + right, node.operator)
            if node.operator == "%" and before.startswith("-"):
                before = f"({before})"  # else the sign would take the remainder
            after = _operand(node.right, level + (not right), node.operator)
            return f"{before} {node.operator} {after}"
        case Logical():
            level = LEVELS[node.operator] + 1
            return f" {node.operator} ".join(_operand(item, level) for item in node.operands)
        case Conditional():
            condition = _operand(node.condition, CONDITIONAL_LEVEL + 1)
            yes = _operand(node.yes, CONDITIONAL_LEVEL + 1)
            return f"{condition} ? {yes} : {_operand(node.no, CONDITIONAL_LEVEL)}"
        case Call():
            return f"{node.function}({', '.join(map(write, node.arguments))})"
        case Entry():
            return "Entry$"
        case Aggregate():
            return f"{node.function}({', '.join(map(write, children(node)))})"
        case Alternative():
            return f"Alt$({write(node.value)}, {write(node.other)})"


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
