"""What a TRExFitter configuration says and an analysis folder does not: nothing is lost unsaid."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from n2mu.errors import ConfigurationError
from n2mu.interop.trex_options import reason
from n2mu.interop.trex_text import Block, Option, items, unquoted

Severity = Literal["result", "fill_in", "unknown", "note", "presentation"]
TITLES: dict[Severity, str] = {
    "result": "Not carried over, and the result may change",
    "fill_in": "To be filled in: 'n2mu validate' names these until they are",
    "unknown": "Not known to n2mu",
    "note": "Carried over in another form",
    "presentation": "Not carried over: presentation, speed and files of TRExFitter",
}
T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One thing that a user must know of one option."""

    severity: Severity
    block: str
    option: str
    line: int
    text: str

    @property
    def sentence(self) -> str:
        """The finding as one line."""
        place = f"line {self.line}, " if self.line else ""
        option = f", {self.option}" if self.option else ""
        return f"{place}{self.block}{option}: {self.text}"


class Report:
    """Everything found while a configuration was turned into an analysis."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, severity: Severity, block: Block, option: str, text: str) -> None:
        """Remember a finding; the same one only once."""
        line = block.options[option].line if option in block.options else block.line
        place = f"{block.kind} {block.name}".strip()
        finding = Finding(severity, place, option, line, text)
        if finding not in self.findings:
            self.findings.append(finding)

    def of(self, severity: Severity) -> list[Finding]:
        """Return the findings of one severity, in the order of the file."""
        return sorted((f for f in self.findings if f.severity == severity), key=lambda f: f.line)

    def markdown(self, source: str) -> str:
        """Return the report as a page."""
        lines = [f"# What became of {source}", ""]
        for severity, title in TITLES.items():
            found = self.of(severity)
            if found:
                lines += [f"## {title}", "", "| line | block | option | what |", "| --- " * 4 + "|"]
                lines += [
                    f"| {f.line} | {f.block} | {f.option} | {f.text.replace('|', chr(92) + '|')} |"
                    for f in found
                ]
                lines.append("")
        if not self.findings:
            lines.append("Everything was carried over as it stands.")
        return "\n".join(lines).rstrip() + "\n"


class Reader:
    """The options of a block, which remembers those that nobody asked for."""

    def __init__(self, block: Block, report: Report, path: str) -> None:
        self.block = block
        self.report = report
        self._path = path
        self._asked: set[str] = set()

    @property
    def name(self) -> str:
        """Name of the block."""
        return self.block.name

    def has(self, *names: str) -> bool:
        """Tell whether one of the options is given; that is no reading of it."""
        return any(name in self.block.options for name in names)

    def text(self, *names: str) -> str | None:
        """Return the value of the first option that is given, without its quotes."""
        option = self._option(names)
        return None if option is None else unquoted(option.text)

    def list(self, *names: str) -> list[str]:
        """Return the members of the first option that is given; none of an absent one."""
        option = self._option(names)
        return [] if option is None else items(option.text)

    def number(self, *names: str) -> float | None:
        """Return the value of the first option that is given, a number."""
        return self._converted(names, float, "a number")

    def numbers(self, option: str, texts: Sequence[str]) -> Sequence[float]:
        """Return members of the list of an option as numbers."""
        try:
            return [float(text) for text in texts]
        except ValueError:
            raise ConfigurationError(
                f"{self._path}: line {self.block.options[option].line}: {option} must be numbers, "
                f"got '{', '.join(texts)}'"
            ) from None

    def flag(self, *names: str) -> bool | None:
        """Return the value of the first option that is given, TRUE or FALSE."""
        return self._converted(names, _truth, "TRUE or FALSE")

    def choice(self, name: str) -> str | None:
        """Return the value of an option that is a word, in capitals."""
        text = self.text(name)
        return None if text is None else text.upper()

    def _option(self, names: tuple[str, ...]) -> Option | None:
        self._asked |= set(names)
        return next((self.block.options[n] for n in names if n in self.block.options), None)

    def _converted(
        self, names: tuple[str, ...], convert: Callable[[str], T], expected: str
    ) -> T | None:
        option = self._option(names)
        if option is None:
            return None
        try:
            return convert(unquoted(option.text))
        except ValueError:
            raise ConfigurationError(
                f"{self._path}: line {option.line}: {names[0]} must be {expected}, got "
                f"'{option.text}'"
            ) from None

    def note(self, option: str, text: str) -> None:
        """Say in which other form an option was carried over."""
        self._asked.add(option)
        self.report.add("note", self.block, option, text)

    def lose(self, option: str, text: str) -> None:
        """Say that an option was not carried over and that the result may change."""
        self._asked.add(option)
        self.report.add("result", self.block, option, text)

    def fill_in(self, option: str, text: str) -> None:
        """Say what the user has to fill in."""
        self._asked.add(option)
        self.report.add("fill_in", self.block, option, text)

    def finish(self) -> None:
        """List every option that nobody asked for."""
        for name in self.unread():
            severity, text = reason(self.block.kind, name, unquoted(self.block.options[name].text))
            self.report.add(severity, self.block, name, text)

    def unread(self) -> Iterator[str]:
        """Yield the options that nobody asked for."""
        yield from (name for name in self.block.options if name not in self._asked)


def _truth(text: str) -> bool:
    if text.upper() not in ("TRUE", "FALSE"):
        raise ValueError(text)
    return text.upper() == "TRUE"
