"""Texts of figures and tables: LaTeX between dollars, and what of Unicode stands for LaTeX."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_SCRIPT = "[\u00b2\u00b3\u00b9\u1d62-\u1d6a\u2070-\u209c]"


def with_scripts(text: str) -> str:
    """Return a text with raised and lowered characters as LaTeX, for which fonts lack glyphs.

    Examples
    --------
    >>> with_scripts("140 fb⁻¹")
    '140 fb$^{-1}$'
    """
    parts = re.split(r"(?<!\\)\$", text)
    if len(parts) % 2 == 0:
        return text
    # every second part is a formula
    parts[::2] = [re.sub(f"{_SCRIPT}+", lambda m: f"${_script(m[0])}$", p) for p in parts[::2]]
    parts[1::2] = [re.sub(f"{_SCRIPT}+", lambda m: _script(m[0]), p) for p in parts[1::2]]
    return "$".join(parts)


def _script(run: str) -> str:
    written = ""
    before = ""
    for character in run:
        kind = unicodedata.decomposition(character).partition(" ")[0]
        plain = unicodedata.normalize("NFKC", character).replace("\N{MINUS SIGN}", "-")
        sign = {"<super>": "^", "<sub>": "_"}.get(kind)
        if sign is None:
            return run
        written = f"{written[:-1]}{plain}}}" if sign == before else f"{written}{sign}{{{plain}}}"
        before = sign
    return written


Text = Annotated[str, AfterValidator(with_scripts)]
"""A text that figures and tables show."""
