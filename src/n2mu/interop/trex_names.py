"""Names and titles: what TRExFitter writes and what n2mu can use."""

import fnmatch
import re
from collections.abc import Collection, Iterable

from n2mu.interop.trex_report import Reader

ROLES = {"signal": "SIGNAL", "control": "CONTROL", "validation": "VALIDATION"}
"""What TRExFitter calls the roles of regions."""

SYMMETRISATIONS = {
    "one_sided": "ONESIDED",
    "two_sided": "TWOSIDED",
    "abs_mean": "ABSMEAN",
    "maximum": "MAXIMUM",
}
"""What TRExFitter calls the symmetrisations."""

NO_GAMMAS = 1e9
"""A relative MC error that no bin has, so that no bin has a gamma."""

_NOT_IN_A_NAME = re.compile(r"\W+", re.ASCII)


def identifier(text: str) -> str:
    """Return a text as a name: letters, digits and underscores."""
    name = _NOT_IN_A_NAME.sub("_", text).strip("_") or "unnamed"
    return f"_{name}" if name[0].isdigit() else name


def unique(name: str, taken: Collection[str]) -> str:
    """Return a name, with a number behind it if it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


class Names:
    """What the blocks of one kind are called in n2mu."""

    def __init__(self, readers: Iterable[Reader]) -> None:
        self.of: dict[str, str] = {}
        for reader in readers:
            name = unique(identifier(reader.name), self.of.values())
            if name != reader.name:
                reader.report.add("note", reader.block, "", f"is called '{name}'")
            self.of[reader.name] = name

    def chosen(self, patterns: Collection[str]) -> list[str]:
        """Return the names that patterns of TRExFitter match, in the order of the file."""
        if any(pattern.lower() == "all" for pattern in patterns):
            return list(self.of.values())
        return [
            ours
            for theirs, ours in self.of.items()
            if any(fnmatch.fnmatchcase(theirs, pattern) for pattern in patterns)
        ]

    def unknown(self, patterns: Collection[str]) -> list[str]:
        """Return the patterns that match none."""
        words = ("all", "none")
        return [p for p in patterns if p.lower() not in words and not self.chosen([p])]


def latex(text: str) -> str:
    """Return a title of ROOT's TLatex as LaTeX, in which matplotlib draws it."""
    if not re.search(r"[#^_{}]", text):
        return text
    body = text.replace("#", "\\").replace(" ", r"\ ")
    return f"$\\mathrm{{{body}}}$"
