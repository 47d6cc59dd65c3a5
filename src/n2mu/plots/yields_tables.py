"""Tables of yields as an HTML page, as text and as LaTeX."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from n2mu.plots.latex import to_html
from n2mu.plots.numbers import grouped, with_error
from n2mu.plots.page import heading, note, page
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import energy_line
from n2mu.plots.tabular import Tabular

Row = tuple[str, ...]

COLUMNS = ("Process", "Kind", "Pre-fit", "Post-fit")

NOTE = (
    "Errors are correlated through common nuisance parameters; those of groups, of the background "
    "and of the total take this into account. What is free has no error before the fit. The "
    "statistical error of the simulation is one factor per bin of the total, which scales every "
    "sample alike: a sample's error holds that of the total, not that of its own simulated events."
)


def yields_html(yields: Mapping[str, Any]) -> str:
    """Return the page of yields.

    Parameters
    ----------
    yields
        See `region_yields`.
    """
    parts = []
    for content in yields["regions"].values():
        parts.append(heading(f"{to_html(content['title'])} ({escape(str(content['role']))})"))
        parts.append(Tabular(COLUMNS, _rows(content), numbers=(2, 3)).html())
    return page(f"Yields, fit {yields['fit']}", *parts, note(NOTE))


def yields_text(yields: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return yields as plain text, one table per region."""
    labels = settings.labels
    lines = [
        f"{labels.experiment} {labels.status}".strip(),
        _unmarked(energy_line(labels)),
        f"Yields, fit {yields['fit']} of {yields['analysis']}",
    ]
    for content in yields["regions"].values():
        rows: list[Row] = [COLUMNS]
        rows += [
            (_unmarked(process), kind, *(number.replace("±", "+-") for number in numbers))
            for process, kind, *numbers in _rows(content)
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines += ["", f"{_unmarked(content['title'])} ({content['role']})"]
        for row in rows:
            left = [row[i].ljust(widths[i]) for i in (0, 1)]
            right = [row[i].rjust(widths[i]) for i in (2, 3)]
            lines.append("  ".join([*left, *right]).rstrip())
    return "\n".join(lines) + "\n"


def yields_latex(yields: Mapping[str, Any]) -> str:
    """Return yields as LaTeX, one ``tabular`` per region."""
    parts = []
    for content in yields["regions"].values():
        rows = [[process, *numbers] for process, _, *numbers in _rows(content)]
        sums = [len(content["processes"])]
        columns = [content["title"], "Pre-fit", "Post-fit"]
        parts.append(Tabular(columns, rows, numbers=(1, 2), rules=sums).latex(content["title"]))
    return "\n".join(parts)


def _rows(content: Mapping[str, Any]) -> list[Row]:
    rows: list[Row] = [
        (process["title"], str(process["kind"]), *_stages(process))
        for process in content["processes"]
    ]
    rows.append(("Background", "", *_stages(content["background"])))
    rows.append(("Total", "", *_stages(content["total"])))
    if content["observed"] is None:
        count = content["blinded_bins"]
        observed = f"{count} bin{'' if count == 1 else 's'} blinded"
    else:
        observed = grouped(content["observed"], 0 if content["observed_is"] == "Data" else 1)
    rows.append((content["observed_is"], "", observed, observed))
    return rows


def _stages(entry: Mapping[str, Any]) -> tuple[str, str]:
    before, after = (
        with_error(entry[stage]["value"], entry[stage]["error"]) for stage in ("prefit", "postfit")
    )
    return before, after


def _unmarked(title: str) -> str:
    r"""Return a title without the marks of mathematical text.

    Examples
    --------
    >>> _unmarked(r"$t\bar{t}H$, 140 fb$^{-1}$, $2\ell$SS")
    'ttH, 140 fb^-1, 2lSS'
    """
    text = re.sub(r"\\sqrt\{(\w+)\}", r"sqrt(\1)", title)
    text = re.sub(r"\\(?:bar|overline|hat|tilde|mathrm|mathit|mathbf|text)\b", "", text)
    text = text.replace(r"\ell", "l").replace(r"\to", "->")
    return re.sub(r"(?<!\\)\$|[{}]|\\(?=[A-Za-z])", "", text).replace(r"\$", "$")
