"""What the report is made of: figures and tables with captions, by category."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape, unescape

from n2mu.report.embed import Download, Picture

WIDE = 900
"""Width of a picture, in pixels of the page, above which half of the page is too narrow."""


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table with its caption.

    Attributes
    ----------
    caption, statistics
        What is shown; for which selection, luminosity and number of events. HTML.
    picture, table
        One of the two; the table is HTML.
    long
        Whether a table is closed until it is asked for.
    """

    title: str
    caption: str
    statistics: str
    picture: Picture | None = None
    table: str | None = None
    downloads: Sequence[Download] = ()
    long: bool = False

    @property
    def wide(self) -> bool:
        """Whether it needs the width of the page."""
        return self.picture is None or self.picture.shown > WIDE

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
