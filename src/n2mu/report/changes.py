"""What was done to the templates, in a short table: like changes are counted together."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from n2mu.plots.tabular import Tabular

EXAMPLES = 3
LONGEST = 90
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
_GAP = "\N{HORIZONTAL ELLIPSIS}"


def changes_summary(report: Mapping[str, Any]) -> Tabular:
    """Return what was done to the templates, how often, and where first.

    Changes whose texts differ in numbers only are one line; numbers that differ are left out.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    """
    together: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for change in report["changes"]:
        kind = _pattern(str(change["what"])), _pattern(str(change["why"]))
        together.setdefault(kind, []).append(change)
    lines = [
        [
            _common([str(change["what"]) for change in alike]),
            _common([str(change["why"]) for change in alike]),
            f"{len(alike):,}",
            _places(alike),
        ]
        for alike in sorted(together.values(), key=len, reverse=True)
    ]
    return Tabular(["What", "Why", "Times", "Region, sample, variation"], lines, numbers=(2,))


def _pattern(text: str) -> str:
    """Return a text with a mark for every number, or row of numbers."""
    marked = _NUMBER.sub(_GAP, text)
    return re.sub(rf"{_GAP}(?: \({_GAP}\))?(?:, {_GAP}(?: \({_GAP}\))?)*", _GAP, marked)


def _common(texts: Sequence[str]) -> str:
    """Return the text that some texts share."""
    numbers = [_NUMBER.findall(text) for text in texts]
    same = len({len(found) for found in numbers}) == 1
    text = _pattern(texts[0])
    if same and text.count(_GAP) == len(numbers[0]):
        for values in zip(*numbers, strict=True):
            value = values[0] if len(set(values)) == 1 else "\0"
            text = text.replace(_GAP, value, 1)
        text = text.replace("\0", _GAP)
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rsplit(" ", 1)[0] + f" {_GAP}"
    return text


def _places(changes: Sequence[Mapping[str, Any]]) -> str:
    found = dict.fromkeys(f"{c['region']}, {c['sample']}, {c['variation']}" for c in changes)
    shown = list(found)[:EXAMPLES]
    return "; ".join(shown) + (f"; {_GAP}" if len(found) > len(shown) else "")
