"""From text to tokens, and errors that point into the text."""

import re
from dataclasses import dataclass
from typing import Literal

from n2mu.errors import ExpressionError

Kind = Literal["number", "name", "operator", "end"]

_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>0[xX][0-9a-fA-F]+ | (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>(?:TMath::|std::)?[A-Za-z_][A-Za-z0-9_.]*\$?)
  | (?P<operator>&& | \|\| | == | != | <= | >= | << | >> | \*\* | @\. | [-+*/%^!<>&|?:()\[\],@])
    """,
    re.VERBOSE,
)
_KINDS: tuple[Kind, ...] = ("number", "name", "operator")
_RUNS_ON = re.compile(r"[A-Za-z0-9_.]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SHOWN = 80
_SIGNS = {
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "∧": "&&",
    "\N{LOGICAL OR}": "||",
    "¬": "!",
    "\N{MULTIPLICATION SIGN}": "*",
    "·": "*",
    "⋅": "*",
    "÷": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "²": "^2",
    "³": "^3",
    "√": "sqrt(...)",
    "π": "TMath::Pi()",
}
"""What stands in texts for what TTreeFormula has."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it starts in the text (0 is the first character)."""

    kind: Kind
    text: str
    start: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"'{self.text}'"


def excerpt(text: str, start: int) -> str:
    """Return two lines: the expression around a character, and a caret under it."""
    first = max(0, min(start - _SHOWN // 2, len(text) - _SHOWN))
    last = first + _SHOWN
    # every character keeps its place: a line break is one space
    shown = re.sub(r"\s", " ", text[first:last])
    before, after = "..." if first else "", "..." if last < len(text) else ""
    return f"{before}{shown}{after}\n{' ' * (len(before) + start - first)}^"


def failure(text: str, start: int, reason: str) -> ExpressionError:
    """Return the error that points at character ``start`` of ``text``.

    A long expression is shown around that character only.
    """
    lines = excerpt(text, start)
    shown = " ".join(lines.split("\n")[0].split())
    message = f"cannot parse '{shown}' at character {start + 1}: {reason}"
    return ExpressionError(message, excerpt=lines)


def tokenize(text: str) -> list[Token]:
    """Split an expression into tokens; the last one is the end.

    Raises
    ------
    ExpressionError
        At a character that begins no token.
    """
    tokens: list[Token] = []
    start = 0
    while start < len(text):
        match = _PATTERN.match(text, start)
        if match is None:
            raise failure(text, start, _unknown(text, start))
        if match["number"] and _RUNS_ON.match(text, match.end()):
            raise failure(text, start, "a number runs into what follows it")
        tokens.extend(
            Token(kind, match.group(), start) for kind in _KINDS if match[kind] is not None
        )
        start = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _unknown(text: str, start: int) -> str:
    character = text[start]
    if character == "=":
        turned = text[start : start + 2] in ("=>", "=<")
        meant = text[start + 1] + "=" if turned else "=="
        return f"'{text[start : start + 1 + turned]}' is not a comparison, write '{meant}'"
    if character in "\"'":
        quoted = text[start + 1 :].partition(character)[0]
        hint = f"write {quoted} without quotes" if _NUMBER.fullmatch(quoted) else "compare numbers"
        return f"strings are not supported; {hint}"
    if character == "~":
        return "operator '~' is not supported"
    signs = _SIGNS.get(character)
    hint = f"; write '{signs}'" if signs else ""
    return f"'{character}' has no meaning here{hint}"
