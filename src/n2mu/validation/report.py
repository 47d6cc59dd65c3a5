"""The one list of all problems."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from n2mu.errors import counted

_SHOWN = 3
_ONE = {
    "data sets": "data set",
    "files opened": "file opened",
    "entries read": "entry read",
    "seconds": "second",
}


@dataclass
class Problem:
    """Something that has to be changed before jobs are started.

    Attributes
    ----------
    text
        What is wrong, and what to do.
    keys
        Files and keys that it concerns; a mistake of the configuration names its own.
    data_sets
        Where it was seen.
    example
        A file in which it can be seen.
    excerpt
        What is shown below the line: an expression and a caret under the place.
    detail
        What was found in the example; other places of the same problem have other numbers.
    """

    text: str
    keys: list[str] = field(default_factory=list)
    data_sets: list[str] = field(default_factory=list)
    example: str | None = None
    excerpt: str = ""
    detail: str = ""

    def line(self) -> str:
        """Return it as one line."""
        where = f"{_several(self.keys, 'key')}: " if self.keys else ""
        seen = f" [{_several(self.data_sets, 'data set')}" if self.data_sets else ""
        if self.data_sets:
            seen += f"; {self.example}]" if self.example else "]"
        return " ".join(f"{where}{self.text}{self.detail}{seen}".split())


@dataclass
class Report:
    """What was found.

    Attributes
    ----------
    problems
        All that is wrong.
    notes
        What may be meant, but should be known.
    unchecked
        What could not be looked at, and why.
    looked_at
        How much was: data sets, files, events.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    looked_at: dict[str, float] = field(default_factory=dict)

    def add(
        self,
        text: str,
        *,
        key: str = "",
        data_set: str = "",
        example: str | None = None,
        excerpt: str = "",
        detail: str = "",
    ) -> None:
        """Add a problem, or a place to one that is known."""
        problem = next((p for p in self.problems if p.text == text), None)
        if problem is None:
            problem = Problem(text, example=example, excerpt=excerpt, detail=detail)
            self.problems.append(problem)
        if key and key not in problem.keys:
            problem.keys.append(key)
        if data_set and data_set not in problem.data_sets:
            problem.data_sets.append(data_set)

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it as text."""
        looked = ", ".join(
            f"{number:g} {_ONE.get(what, what) if number == 1 else what}"
            for what, number in self.looked_at.items()
        )
        lines = []
        for problem in self.problems:
            shown = (f"  {line}" for line in problem.excerpt.splitlines())
            lines += [f"problem: {problem.line()}", *shown]
        return [
            *lines,
            *(f"note: {note}" for note in self.notes),
            *(f"not checked: {text}" for text in self.unchecked),
            counted(len(self.problems), "problem") + (f" ({looked})" if looked else ""),
        ]


def _several(names: Sequence[str], what: str) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return shown if more <= 0 else f"{shown} and {counted(more, f'more {what}')}"
