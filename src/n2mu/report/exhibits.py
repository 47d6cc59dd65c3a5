"""What the report is made of: figures and tables with captions, by category."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Literal

from n2mu.report.embed import Download, Picture

HALF, WIDE = 800, 900
"""Widths of a picture, in pixels of the page, above which half of the page is too narrow for its
letters, and above which no room is left for the caption beside it."""

Layout = Literal["plain", "columns", "long"]
"""Of a table: as it is, many small ones in columns, or closed until it is asked for."""


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table with its caption.

    Attributes
    ----------
    caption, statistics
        What is shown; for which selection, luminosity and number of events. HTML.
    picture, table
        One of the two; the table is HTML.
    alone
        Whether a picture is never put beside another, where its letters would be small.
    """

    title: str
    caption: str
    statistics: str
    picture: Picture | None = None
    table: str | None = None
    downloads: Sequence[Download] = ()
    layout: Layout = "plain"
    alone: bool = False

    @property
    def place(self) -> str:
        """How much of the page it takes: half, all with its caption beside, or all."""
        if self.picture is None or self.picture.shown > WIDE:
            return "wide"
        return "beside" if self.alone or self.picture.shown > HALF else "half"

    @property
    def plain(self) -> str:
        """The title without marks, for readers that do not see the picture."""
        return escape(unescape(re.sub(r"<[^>]*>", "", self.title)))


@dataclass(frozen=True)
class Category:
    """A part of the report.

    Attributes
    ----------
    name
        By which links know it.
    short, title
        What it is called in the bar at the top, and above it. HTML.
    parts
        Exhibits by heading.
    """

    name: str
    short: str
    title: str
    parts: dict[str, list[Exhibit]] = field(default_factory=dict)
