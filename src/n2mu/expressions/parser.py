"""From tokens to a syntax tree: operator-precedence parsing.

Where TTreeFormula and C++ group an expression differently, nothing is guessed:
the expression is refused and parentheses are asked for.
"""

import math

from n2mu.errors import ExpressionError, nearest, without_comma
from n2mu.expressions.nodes import (
    AGGREGATES,
    ALIASES,
    ARITIES,
    COMPARISONS,
    CONDITIONAL_LEVEL,
    CONSTANTS,
    FROM_THE_RIGHT,
    LEVELS,
    MINUS_LEVEL,
    NOT_LEVEL,
    POWERS,
    SHIFTS,
    Aggregate,
    Alternative,
    Binary,
    Call,
    Column,
    Conditional,
    Element,
    Entry,
    Negative,
    Node,
    Not,
    Number,
    Size,
    grouping_differs,
    logical,
    walk,
)
from n2mu.expressions.tokens import Token, failure, tokenize

_LITERALS = {"true": 1.0, "false": 0.0}
_TYPES = frozenset(
    {"bool", "char", "short", "int", "long", "float", "double", "Int_t", "Float_t", "Double_t"}
)
_FUNCTIONS = sorted({*ARITIES, *ALIASES, *POWERS, *CONSTANTS})
_SPECIAL = sorted({*AGGREGATES, "Alt$", "Entry$"})
_ENTRIES = frozenset({"Entry$", "LocalEntry$"})
_DEEPEST = 100
_LONGEST_NUMBER = 200  # characters
_HIGHEST_INDEX = 10**6


def parse_tree(text: str) -> tuple[Node, dict[Node, int]]:
    """Return the syntax tree of an expression, and where its parts stand in the text.

    Raises
    ------
    ExpressionError
        Where the text is no expression or uses something that is not supported.
    """
    parser = _Parser(text)
    node, _ = parser.expression(0)
    end = parser.next
    if end.kind != "end":
        raise parser.failure(end, f"expected an operator or the end, found {end}{parser.hint()}")
    if max(depth for _, depth in walk(node)) > 2 * _DEEPEST:
        raise parser.failure(end, f"more than {2 * _DEEPEST} operators follow from one another")
    return node, parser.places


_WORDS = {"and": "&&", "or": "||", "not": "!"}
"""What Python and C++ have in words and TTreeFormula in signs."""

_UNITS = frozenset({"keV", "MeV", "GeV", "TeV", "mm", "cm"})


class _Parser:
    """Reads tokens from the left.

    ``expression`` returns beside the node the operator that was applied last
    without parentheses around it: that is what grouping depends on.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0
        self.nesting = 0
        self.places: dict[Node, int] = {}

    def at(self, token: Token, node: Node) -> Node:
        """Note where a node stands; equal nodes keep the first place."""
        self.places.setdefault(node, token.start)
        return node

    def failure(self, token: Token, reason: str) -> ExpressionError:
        return failure(self.text, token.start, reason)

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.next
        if token.kind != "end":
            self.position += 1
        return token

    def take_if(self, text: str) -> bool:
        found = self.next.kind == "operator" and self.next.text == text
        if found:
            self.position += 1
        return found

    def expect(self, text: str, purpose: str) -> None:
        if not self.take_if(text):
            found = f"found {self.next}{self.hint() if text != ']' else ''}"
            raise self.failure(self.next, f"expected '{text}' {purpose}, {found}")

    def hint(self) -> str:
        """Return what to write where the next token cannot follow the one before it."""
        before, after = self.tokens[max(self.position - 1, 0)], self.next
        if after.text == "," and self.position + 1 < len(self.tokens):
            decimals = self.tokens[self.position + 1]
            if before.kind == decimals.kind == "number":
                return f"; write {without_comma(before.text, decimals.text)}"
            return "; write '&&' or '||' between conditions"
        if before.kind == "number" and after.text in _UNITS:
            return "; write the number alone, in the unit of the branch"
        if after.text.lower() in _WORDS:
            return f"; write '{_WORDS[after.text.lower()]}'"
        return f"; write '!' for '{before.text}'" if before.text.lower() == "not" else ""

    def expression(self, level: int) -> tuple[Node, str]:
        self.nesting += 1
        if self.nesting > _DEEPEST:
            raise self.failure(self.next, f"nested more than {_DEEPEST} deep")
        signed = self.next.text == "-"
        node, applied = self.prefix(max(level, MINUS_LEVEL))
        while self.next.kind == "operator":
            token = self.next
            if token.text == "?" and level <= CONDITIONAL_LEVEL:
                node, applied = self.conditional(node), "?"
                continue
            operator = "^" if token.text == "**" else token.text
            if LEVELS.get(operator, -1) < level:
                break
            self.take()
            self.check_grouping(token, operator, applied)
            above = 0 if operator in FROM_THE_RIGHT else 1
            right, inner = self.expression(LEVELS[operator] + above)
            self.check_grouping(token, operator, inner)
            if operator in ("&&", "||"):
                node = logical(operator, (node, right))
            elif operator == "%" and signed:
                # the sign takes the whole term, which shows where no integer holds it
                node = Negative(self.at(token, Binary(operator, _without_sign(node), right)))
            else:
                node = self.at(token, Binary(operator, node, right))
            applied = operator
            signed &= LEVELS[operator] >= LEVELS["%"]
        self.nesting -= 1
        return node, applied

    def check_grouping(self, token: Token, outer: str, inner: str) -> None:
        signed_shift = outer in SHIFTS and inner == "sign"
        if signed_shift or grouping_differs(outer, inner):
            beside = "a sign" if signed_shift else f"'{inner}'"
            raise self.failure(
                token,
                f"TTreeFormula and C++ group '{token.text}' beside {beside} differently; "
                + ("write a < b && b < c" if inner in COMPARISONS else "write parentheses"),
            )

    def conditional(self, condition: Node) -> Node:
        self.expect("?", "")
        yes, _ = self.expression(CONDITIONAL_LEVEL + 1)
        if self.next.text == "?":
            raise self.failure(self.next, "TTreeFormula needs parentheses around this '?:'")
        self.expect(":", "of '?:'")
        no, _ = self.expression(CONDITIONAL_LEVEL)
        return Conditional(condition, yes, no)

    def prefix(self, level: int) -> tuple[Node, str]:
        token = self.take()
        if token.kind == "number":
            return self.number(token), ""
        if token.kind == "name":
            return self.at(token, self.named(token)), ""
        if token.kind == "operator":
            match token.text:
                case "(":
                    return self.parenthesised(token), ""
                case "-":
                    operand, _ = self.expression(level)
                    return Negative(operand), "sign"
                case "+":
                    operand, _ = self.expression(level)
                    return operand, "sign"
                case "!":
                    operand, _ = self.expression(NOT_LEVEL)
                    return Not(operand), ""
                case "@":
                    return self.size(token), ""
        before = self.tokens[max(self.position - 2, 0)].text
        hint = "; write '!='" if before + token.text == "<>" else ""
        if token.text == "|" and (token.start == 0 or "|" not in before):
            hint = "; write 'abs(...)'"
        raise self.failure(token, f"expected a value, found {token}{hint}")

    def number(self, token: Token) -> Node:
        text = token.text
        hexadecimal = text[:2] in ("0x", "0X")
        if len(text) > _LONGEST_NUMBER or (not hexadecimal and math.isinf(float(text))):
            raise self.failure(token, "the number is too large for a double")
        if not hexadecimal and not text.isdigit():
            return Number(float(text))
        exact = int(text, 16 if hexadecimal else 10)
        if float(exact) != exact:
            raise self.failure(token, f"no double is equal to {token}")
        return Number(float(exact))

    def parenthesised(self, token: Token) -> Node:
        closing = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if self.next.text in _TYPES and closing.text == ")":
            raise self.failure(
                token,
                f"TTreeFormula ignores the cast '({self.next.text})'; leave it out, "
                "or write int(...) to truncate",
            )
        node, _ = self.expression(0)
        self.expect(")", f"to close '(' of character {token.start + 1}")
        return node

    def size(self, at: Token) -> Node:
        name = self.take()
        if name.kind != "name" or not name.text.endswith(".size"):
            raise self.failure(at, "'@' is supported only as @name.size()")
        self.expect("(", "of @name.size()")
        self.expect(")", "of @name.size()")
        column = name.text.removesuffix(".size")
        self.at(name, Column(column))
        return self.at(at, Size(column))

    def named(self, token: Token) -> Node:
        name = token.text
        if self.take_if("("):
            return self.call(token)
        if name.endswith("$"):
            if name in _ENTRIES:
                return Entry()
            if name in _SPECIAL:
                raise self.failure(self.next, f"{token} needs an argument in parentheses")
            raise self.failure(token, f"{token} is not supported{nearest(name, _SPECIAL)}")
        if "::" in name:
            raise self.failure(token, f"{token} needs its arguments in parentheses")
        if name == "pi":
            raise self.failure(
                token,
                "'pi' is a number to TTreeFormula unless a branch has this name; write TMath::Pi()",
            )
        if name in _LITERALS:
            return Number(_LITERALS[name])
        if self.take_if("["):
            return self.element(token)
        if self.next.text == "@.":
            raise self.failure(self.next, f"write @{name}.size()")
        return Column(name)

    def element(self, token: Token) -> Node:
        index = self.take()
        if index.kind != "number" or not index.text.isdigit():
            raise self.failure(
                index, f"an index must be a whole number, found {index}; for all use Sum$ or Max$"
            )
        if len(index.text) > len(str(_HIGHEST_INDEX)) or int(index.text) > _HIGHEST_INDEX:
            raise self.failure(index, f"an index must not exceed {_HIGHEST_INDEX}")
        self.expect("]", "after the index")
        if self.next.text == "[":
            raise self.failure(self.next, f"a second index of '{token.text}' is not supported")
        self.at(token, Column(token.text))
        return Element(token.text, int(index.text))

    def call(self, token: Token) -> Node:
        name = token.text
        arguments: list[Node] = []
        if not self.take_if(")"):
            arguments.append(self.expression(0)[0])
            while self.take_if(","):
                arguments.append(self.expression(0)[0])
            self.expect(")", f"to close {token}")
        canonical = ALIASES.get(name, name)
        arity = self.arity(token)
        if len(arguments) != arity:
            raise self.failure(
                token, f"{token} takes {arity} argument{'s'[: arity != 1]}, got {len(arguments)}"
            )
        if name == "Alt$":
            return Alternative(arguments[0], arguments[1])
        if name in AGGREGATES:
            return Aggregate(name, *arguments)
        if name in POWERS:
            return Binary("^", arguments[0], arguments[1])
        if name in CONSTANTS:
            return Number(CONSTANTS[name])
        return Call(canonical, tuple(arguments))

    def arity(self, token: Token) -> int:
        name = token.text
        canonical = ALIASES.get(name, name)
        if name in AGGREGATES:
            return AGGREGATES[name]
        if name in POWERS or name == "Alt$":
            return 2
        if name in CONSTANTS:
            return 0
        if canonical in ARITIES:
            return ARITIES[canonical]
        base, _, method = name.rpartition(".")
        known = _SPECIAL if name.endswith("$") else _FUNCTIONS
        hint = f"; write @{base}.size()" if method == "size" else nearest(name, known)
        if name.lower() == "not":
            hint = "; write '!'"
        raise self.failure(token, f"function {token} is not supported{hint}")


def _without_sign(term: Node) -> Node:
    """Return a term that begins with a sign without it."""
    if isinstance(term, Binary):
        return Binary(term.operator, _without_sign(term.left), term.right)
    assert isinstance(term, Negative)
    return term.operand
