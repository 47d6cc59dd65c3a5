"""Whether figures can show a text: in LaTeX that matplotlib knows, with glyphs that fonts have."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.cbook import is_math_text
from matplotlib.mathtext import MathTextParser

_DUMMY = 0xA4
"""The code of the sign of currency, which matplotlib draws where fonts lack a glyph."""

_ALWAYS = frozenset(map(chr, range(0x20, 0x7F)))


def refusal(text: str) -> str:
    r"""Return why figures cannot show a text, and what to write; empty if they can.

    Every text counts as one with a formula: labels put formulae beside texts, and fewer glyphs are
    at hand then.  To be called inside `n2mu.plots.style.house_style`, whose fonts count.

    Examples
    --------
    >>> from n2mu.plots.style import house_style
    >>> with house_style():
    ...     refusal("⌘ of $p_T$")[:29]
    "'⌘' (U+2318) has no glyph in "
    """
    with _silence():
        try:
            lines = [line for line in text.splitlines() if _has_dummy(line) or _lacking(line)]
        except ValueError as error:
            unknown = re.search(r"Unknown symbol: (\S+?),", str(error))
            what = f" (no {unknown[1]})" if unknown else ""
            return f"cannot be typeset{what}; use the LaTeX that matplotlib knows"
        if not lines:
            return ""
        refused = (c for c in lines[0] if c not in _ALWAYS and (_lacking(c) or _has_dummy(c)))
        lacking = next(refused, "?")
    return (
        f"'{lacking}' (U+{ord(lacking):04X}) has no glyph in the fonts of figures; write it in "
        r"LaTeX between dollars, such as $\gamma$"
    )


def _has_dummy(line: str) -> bool:
    """Tell whether matplotlib would draw a dummy where a formula stands beside a text."""
    if not is_math_text(line):
        line = line.replace(r"\$", "$").replace("$", r"\$") + r"$\,$"
    parsed = MathTextParser("path").parse(line)
    return _DUMMY in {code for _, _, code, *_ in parsed.glyphs} and chr(_DUMMY) not in line


def _lacking(line: str) -> set[str]:
    """Return the characters that no font has for a text without a formula."""
    return {c for c in line if ord(c) not in _characters(*mpl.rcParams["font.family"])}


@cache
def _characters(*fonts: str) -> frozenset[int]:
    paths = map(font_manager.findfont, fonts)
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what matplotlib logs of lacking glyphs from the terminal, as it is said otherwise."""

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger = logging.getLogger("matplotlib.mathtext")
    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)
