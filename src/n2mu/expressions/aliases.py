"""Names that stand for expressions, written out before anything is computed."""

from collections.abc import Collection, Mapping
from itertools import pairwise

from n2mu.errors import ExpressionError, nearest
from n2mu.expressions.expression import parse
from n2mu.expressions.nodes import ALIASES, ARITIES, POWERS
from n2mu.expressions.tokens import Token, excerpt, tokenize

_RESERVED = frozenset({*ARITIES, *ALIASES, *POWERS, "pi", "true", "false"})
_OWN = "n2mu_"
REPLACEMENT = "XXX_"
"""How the names of TRExFitter's replacements begin."""


class Aliases:
    """Expressions by the names that stand for them, as in ``TTree::SetAlias``.

    Where a name is used, its expression takes its place in parentheses.  TRExFitter
    puts its ``XXX_`` replacements into the text without any; where that would
    mean something else it is refused.

    Parameters
    ----------
    definitions
        Expressions by name; they may use one another.

    Raises
    ------
    ExpressionError
        Naming the alias, if its expression cannot be parsed, it is defined by
        itself, or its name has a meaning already.

    Examples
    --------
    >>> Aliases({"tight": "pt > 25e3 || veto"}).expand("tight && b")
    '(pt > 25e3 || veto) && b'
    """

    def __init__(self, definitions: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._expanded: dict[str, str] = {}
        for name in definitions:
            if name in _RESERVED or name.startswith(_OWN):
                raise ExpressionError(f"alias '{name}': this name has a meaning already, rename it")
        for name in definitions:
            self._define(name, ())

    def expand(self, text: str) -> str:
        """Return the expression with all aliases written out; one without any as it is.

        Raises
        ------
        ExpressionError
            If it cannot be parsed or uses a name ``XXX_...`` that is not defined.
        """
        return self._write_out(text, ())

    def _define(self, name: str, users: tuple[str, ...]) -> str:
        if name in users:
            circle = " -> ".join([*users[users.index(name) :], name])
            raise ExpressionError(f"alias '{name}' is defined by itself: {circle}")
        if name not in self._expanded:
            try:
                self._expanded[name] = self._write_out(self._definitions[name], (*users, name))
            except ExpressionError as error:
                if str(error).startswith("alias "):
                    raise
                raise ExpressionError(f"alias '{name}': {error}", excerpt=error.excerpt) from None
        return self._expanded[name]

    def _write_out(self, text: str, users: tuple[str, ...]) -> str:
        parse(text)
        tokens = tokenize(text)
        used = []
        for token, following in pairwise(tokens):
            if token.kind == "name" and self._is_alias(token, following, text):
                self._define(token.text, users)
                used.append(token)
        if not used:
            return text
        written = self._substituted(text, used, ())
        try:
            tree = parse(written).tree
        except ExpressionError as error:
            raise ExpressionError(f"with its aliases written out, {error}") from None
        for token in used:
            if token.text.startswith(REPLACEMENT):
                self._require_same(tree, self._substituted(text, used, (token.text,)), token, text)
        return written

    def _is_alias(self, token: Token, following: Token, text: str) -> bool:
        name = token.text
        if name in self._definitions:
            if following.text in ("[", "("):
                raise _failure(token, text, f"alias {token} takes no '{following.text}'")
            return True
        if name.split(".")[0] in self._definitions and name.endswith(".size"):
            raise _failure(token, text, f"'{name.split('.')[0]}' is an alias, no branch")
        if REPLACEMENT in name:
            known = [n for n in self._definitions if n.startswith(REPLACEMENT)]
            raise _failure(token, text, f"no alias {token}{nearest(name, known)}")
        return False

    def _substituted(self, text: str, used: list[Token], bare: Collection[str]) -> str:
        parts = []
        end = 0
        for token in used:
            expanded = self._expanded[token.text]
            parts += [text[end : token.start], expanded if token.text in bare else f"({expanded})"]
            end = token.start + len(token.text)
        return "".join([*parts, text[end:]])

    def _require_same(self, tree: object, bare: str, token: Token, text: str) -> None:
        try:
            same = parse(bare).tree == tree
        except ExpressionError:
            same = False
        if not same:
            raise _failure(
                token,
                text,
                f"TRExFitter would put {token} here without parentheses, which means something "
                "else; write parentheses around its definition",
            )


def _failure(token: Token, text: str, reason: str) -> ExpressionError:
    lines = excerpt(text, token.start)
    shown = " ".join(lines.split("\n")[0].split())
    return ExpressionError(f"in '{shown}' {reason}", excerpt=lines)
