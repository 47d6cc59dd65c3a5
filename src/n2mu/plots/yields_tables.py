"""Tables of yields as an HTML page, as text and as LaTeX."""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from n2mu.plots.latex import to_html, to_latex
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.page import heading, note, page, table
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import energy_line

Row = tuple[str, str, str, str]

NOTE = (
    "Errors are correlated through common nuisance parameters; those of groups, of the background "
    "and of the total take this into account. The statistical error of the simulation is one "
    "factor per bin of the total, which scales every sample alike: a sample's error holds that of "
    "the total, not that of its own simulated events."
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
        columns = ["Process", "Kind", "Pre-fit", "Post-fit"]
        parts.append(table(columns, _rows(content, to_html, " ± "), numbers=(2, 3)))
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
        rows = [("Process", "Kind", "Pre-fit", "Post-fit")]
        rows += _rows(content, _unmarked, " +- ")
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
        rows = _rows(content, to_latex, r" \pm ")
        body = [
            f"{process} & {_mathematical(before)} & {_mathematical(after)} \\\\"
            for process, _, before, after in rows
        ]
        sums = [i for i, row in enumerate(rows) if row[0] == "Background"]
        for index in reversed(sums):
            body.insert(index, r"\hline")
        parts.append(
            "\n".join(
                [
                    f"% {content['title']}",
                    r"\begin{tabular}{lrr}",
                    r"\hline",
                    f"{to_latex(content['title'])} & Pre-fit & Post-fit \\\\",
                    r"\hline",
                    *body,
                    r"\hline",
                    r"\end{tabular}",
                ]
            )
        )
    return "\n\n".join(parts) + "\n"


def _rows(
    content: Mapping[str, Any],
    shown: Callable[[str], str],
    between: str,
) -> list[Row]:
    rows = [
        (shown(process["title"]), str(process["kind"]), *_stages(process, between))
        for process in content["processes"]
    ]
    rows.append(("Background", "", *_stages(content["background"], between)))
    rows.append(("Total", "", *_stages(content["total"], between)))
    if content["observed"] is None:
        count = content["blinded_bins"]
        observed = f"{count} bin{'' if count == 1 else 's'} blinded"
    else:
        observed = plain(content["observed"], 0 if content["observed_is"] == "Data" else 1)
    rows.append((content["observed_is"], "", observed, observed))
    return rows


def _stages(entry: Mapping[str, Any], between: str) -> tuple[str, str]:
    before, after = (_with_error(entry[stage], between) for stage in ("prefit", "postfit"))
    return before, after


def _with_error(entry: Mapping[str, float], between: str) -> str:
    digits = decimals([entry["error"]])
    return f"{plain(entry['value'], digits)}{between}{plain(entry['error'], digits)}"


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


def _mathematical(value: str) -> str:
    if re.fullmatch(r"[\d\s.\N{MINUS SIGN}]+(?:\\pm [\d.]+)?", value):
        return f"${value}$".replace("\N{MINUS SIGN}", "-")
    return value
