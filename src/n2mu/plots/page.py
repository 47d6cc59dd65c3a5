"""HTML pages that need nothing but themselves: plain tables, numbers to the right."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from n2mu.errors import ProductError

_STYLE = """
body { font-family: Helvetica, Arial, sans-serif; font-size: 14px; color: #111; margin: 1.5em; }
h1 { font-size: 1.3em; } h2 { font-size: 1.1em; margin-top: 1.6em; }
table { border-collapse: collapse; margin-top: 0.6em; }
th, td { padding: 0.25em 0.9em; vertical-align: top; }
th { text-align: left; border-bottom: 2px solid #333; }
td { border-bottom: 1px solid #ddd; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.total td { border-top: 1px solid #333; font-weight: bold; }
.failed { color: #c1121f; font-weight: bold; }
p.note { color: #444; max-width: 60em; }
""".strip()


def page(title: str, *parts: str) -> str:
    """Return a complete HTML document with a heading; parts are HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def body_of(path: Path) -> str:
    """Return what stands below the heading of a page made by `page`, as HTML.

    Raises
    ------
    ProductError
        If the file is missing or no such page.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProductError(f"{path}: {error.strerror}; run the rule that writes it again") from None
    _, found, body = text.partition("</h1>\n")
    body, ends, _ = body.rpartition("\n</body>")
    if not (found and ends):
        raise ProductError(f"{path}: no page of n2mu; run the rule that writes it again")
    return body


def heading(html: str) -> str:
    """Return a heading of a section."""
    return f"<h2>{html}</h2>"


def note(html: str) -> str:
    """Return a paragraph that explains."""
    return f'<p class="note">{html}</p>'


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Iterable[int] = (),
    total: bool = False,
) -> str:
    """Return a table.

    Parameters
    ----------
    columns
        Headings, as HTML.
    rows
        Cells, as HTML.
    numbers
        Indices of the columns that are aligned to the right.
    total
        Whether the last row sums up the others.
    """
    right = frozenset(numbers)

    def line(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="number">{cell}</{tag}>' if index in right else f"<{tag}>{cell}</{tag}>"
            for index, cell in enumerate(cells)
        )

    body = [f"<tr>{line('td', row)}</tr>" for row in rows]
    if total and body:
        body[-1] = body[-1].replace("<tr>", '<tr class="total">', 1)
    head = f"<thead><tr>{line('th', columns)}</tr></thead>"
    return f"<table>\n{head}\n<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table>"
