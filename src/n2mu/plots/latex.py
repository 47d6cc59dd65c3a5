"""Titles in HTML, of the small part of LaTeX that particles and regions need, and in LaTeX."""

import re
from html import escape
from html.entities import html5

# HTML names most symbols as LaTeX does; these it names otherwise
_ALIASES = {
    "to": "rarr",
    "infty": "infin",
    "cdot": "middot",
    "quad": "emsp",
    "ge": "geq",
    "le": "leq",
}
_MARKS = {"bar": "&#x304;", "overline": "&#x304;", "hat": "&#x302;", "tilde": "&#x303;"}
_FONTS = {"mathcal", "mathrm", "mathit", "mathbf", "mathsf", "text", "mathregular"}
_TOKEN = re.compile(r"\\([A-Za-z]+) ?|\\([^A-Za-z])|([{}^_])|(.)", re.DOTALL)

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "±": r"$\pm$",
    "\N{MINUS SIGN}": "$-$",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{EM DASH}": "---",
    "μ": r"$\mu$",
    **{sign: rf"\{sign}" for sign in "&%#_{}$"},
}

_Tokens = list[tuple[str | None, str | None, str | None, str | None]]


class _UnknownError(ValueError):
    """LaTeX that this module does not know."""


def to_html(text: str) -> str:
    r"""Return a title as HTML; one with unknown LaTeX is returned as it was written.

    Examples
    --------
    >>> to_html(r"$t\bar{t}H$ ($2\ell$SS)")
    'tt&#x304;H (2&ell;SS)'
    """
    parts = re.split(r"(?<!\\)\$", text)
    if len(parts) % 2 == 0:
        return escape(text)
    try:
        return "".join(
            _math(part) if index % 2 else escape(part.replace(r"\$", "$"))
            for index, part in enumerate(parts)
        )
    except _UnknownError:
        return escape(text)


def to_latex(text: str) -> str:
    r"""Return a title as LaTeX: what is no mathematics has its special characters escaped.

    Examples
    --------
    >>> to_latex(r"$t\bar{t}H$ & 5 % of CR_tau")
    '$t\\bar{t}H$ \\& 5 \\% of CR\\_tau'
    """
    parts = re.split(r"(?<!\\)(\$[^$]*\$)", text)
    return "".join(
        part
        if index % 2
        else "".join(_SPECIAL.get(character, character) for character in part.replace(r"\$", "$"))
        for index, part in enumerate(parts)
    )


def _math(source: str) -> str:
    tokens: _Tokens = [(m[1], m[2], m[3], m[4]) for m in _TOKEN.finditer(source)]
    text, rest = _sequence(tokens, inside=False)
    if rest:
        raise _UnknownError(source)
    return text


def _sequence(tokens: _Tokens, inside: bool) -> tuple[str, _Tokens]:
    text = ""
    while tokens:
        if tokens[0][2] == "}":
            if not inside:
                raise _UnknownError("}")
            return text, tokens[1:]
        part, tokens = _atom(tokens)
        text += part
    if inside:
        raise _UnknownError("{")
    return text, tokens


def _atom(tokens: _Tokens) -> tuple[str, _Tokens]:
    if not tokens:
        raise _UnknownError("nothing follows")
    (macro, sign, structure, character), tokens = tokens[0], tokens[1:]
    if structure == "{":
        return _sequence(tokens, inside=True)
    if structure in ("^", "_"):
        tag = "sup" if structure == "^" else "sub"
        part, tokens = _atom(tokens)
        return f"<{tag}>{part}</{tag}>", tokens
    if character is not None:
        return (
            "" if character == " " else escape(character.replace("-", "\N{MINUS SIGN}"))
        ), tokens
    if sign is not None:
        return (" " if sign in ",;: " else "" if sign == "!" else escape(sign)), tokens
    assert macro is not None
    if macro in _MARKS:
        part, tokens = _atom(tokens)
        return part + _MARKS[macro], tokens
    if macro == "sqrt":
        part, tokens = _atom(tokens)
        return f"&radic;{part}", tokens
    if macro in _FONTS:
        return _atom(tokens)
    entity = _ALIASES.get(macro, macro)
    if f"{entity};" in html5:
        return f"&{entity};", tokens
    raise _UnknownError(macro)
