"""Tables in all their forms: HTML, LaTeX and Markdown."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from n2mu.plots.fit_lines import sides
from n2mu.plots.latex import to_html, to_latex
from n2mu.plots.numbers import MINUS, decimals, plain, signed
from n2mu.plots.page import table

_NUMBER = re.compile(rf"[+{MINUS}]?\d[\d.,]*(?: ± [\d.,]+)*")
_SIDES = re.compile(rf"([+{MINUS}][\d.]+) / ([+{MINUS}][\d.]+)")


@dataclass(frozen=True)
class Code:
    """A cell with text as it stands in a file."""

    text: str

    def html(self) -> str:
        """Return the cell as HTML."""
        return f"<code>{escape(self.text)}</code>"

    def latex(self) -> str:
        """Return the cell as LaTeX."""
        return rf"\texttt{{{to_latex(self.text)}}}"


@dataclass(frozen=True)
class Link:
    """A cell that leads to a part of the page."""

    text: str
    target: str
    bold: bool = False

    def html(self) -> str:
        """Return the cell as HTML."""
        text = to_html(self.text)
        return f'<a href="#{escape(self.target)}">{f"<b>{text}</b>" if self.bold else text}</a>'

    def latex(self) -> str:
        """Return the cell as LaTeX."""
        return rf"\textbf{{{to_latex(self.text)}}}" if self.bold else to_latex(self.text)


@dataclass(frozen=True)
class Errors:
    """A cell with errors up and down, and the value that they belong to.

    Attributes
    ----------
    interval
        As in ``mu_fit.json``; a side without error is null.
    what
        Where it stands there.
    value
        Whether its value is shown.
    """

    interval: Mapping[str, Any]
    what: str
    value: bool = False

    def html(self) -> str:
        """Return the cell as HTML."""
        value, up, down = self._texts()
        return (
            f'{value} <span class="errors"><span>+{up}</span><span>{MINUS}{down}</span></span>'
        ).strip()

    def latex(self) -> str:
        """Return the cell as LaTeX."""
        value, up, down = self._texts()
        up, down = (rf"\mathrm{{{s}}}" if s == "none" else s for s in (up, down))
        return f"${value}^{{+{up}}}_{{-{down}}}$".replace(MINUS, "-")

    def _texts(self) -> tuple[str, str, str]:
        errors = sides(self.interval, self.what)
        digits = decimals(error for error in errors if error is not None)
        up, down = ("none" if error is None else plain(error, digits) for error in errors)
        return plain(self.interval["value"], digits) if self.value else "", up, down


@dataclass(frozen=True)
class Bar:
    """A cell with a bar, on the page only."""

    share: float
    whole: bool

    def html(self) -> str:
        """Return the cell as HTML."""
        kind = "whole" if self.whole else "part"
        return f'<span class="bar {kind}" style="width:{100 * self.share:.1f}%"></span>'

    def latex(self) -> str:
        """Return nothing: LaTeX has the numbers beside it."""
        return ""


Cell = str | Code | Link | Errors | Bar


@dataclass(frozen=True)
class Tabular:
    """A table; texts may hold LaTeX between dollar signs.

    Attributes
    ----------
    numbers
        Indices of the columns that are aligned to the right.
    rules
        Indices of rows that have a line above, in LaTeX.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: Collection[int] = ()
    rules: Collection[int] = ()

    def html(self) -> str:
        """Return the table as HTML."""
        rows = [[to_html(c) if isinstance(c, str) else c.html() for c in row] for row in self.rows]
        return table([to_html(column) for column in self.columns], rows, numbers=self.numbers)

    def latex(self, note: str = "") -> str:
        """Return the table as a LaTeX ``tabular``, without columns of bars.

        Parameters
        ----------
        note
            A comment above the table.
        """
        kept = [
            i for i in range(len(self.columns)) if not any(isinstance(r[i], Bar) for r in self.rows)
        ]

        def line(cells: Sequence[Cell]) -> str:
            return " & ".join(_latex(cell) for cell in cells) + r" \\"

        body = [
            (r"\hline" "\n" if place in self.rules else "") + line([row[i] for i in kept])
            for place, row in enumerate(self.rows)
        ]
        return "\n".join(
            [
                *([f"% {to_latex(note)}"] if note else []),
                rf"\begin{{tabular}}{{{''.join('r' if i in self.numbers else 'l' for i in kept)}}}",
                r"\hline",
                line([self.columns[i] for i in kept]),
                r"\hline",
                *body,
                r"\hline",
                r"\end{tabular}",
                "",
            ]
        )

    def markdown(self) -> str:
        """Return a table of texts in Markdown."""
        rule = ["---:" if i in self.numbers else "---" for i in range(len(self.columns))]
        lines = [self.columns, rule, *self.rows]
        return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines) + "\n"


def _latex(cell: Cell) -> str:
    """Return a cell as LaTeX; a number, with what belongs to it, is mathematics."""
    if not isinstance(cell, str):
        return cell.latex()
    if both := _SIDES.fullmatch(cell):
        return "$^{{{}}}_{{{}}}$".format(*both.groups()).replace(MINUS, "-")
    if not _NUMBER.fullmatch(cell):
        return to_latex(cell)
    return f"${cell}$".replace(MINUS, "-").replace("±", r"\pm").replace(",", "{,}")


def side(value: float | None, digits: int, sign: int) -> str:
    """Return one side of an interval with its sign, as text."""
    return "none" if value is None else signed(sign * value, digits)
