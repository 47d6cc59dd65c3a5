"""What was done to each template, as an HTML page."""

from collections.abc import Mapping
from html import escape
from typing import Any

from n2mu.plots.latex import to_html
from n2mu.plots.names import verbatim
from n2mu.plots.page import heading, note, page, table
from n2mu.plots.panel import region_title
from n2mu.plots.pruning import STATES
from n2mu.plots.settings import PlotSettings

COLUMNS = (
    "Sample",
    "Systematic",
    "Parameter",
    "Result",
    "Rate up",
    "Rate down",
    "Shape",
    "Smoothed",
    "Symmetrised",
    "Remarks",
)
FLAGS = {
    "mended": "negative bins set",
    "capped": "capped",
    "large": "above 100 %",
    "same_side": "both sides go the same way",
}


def treatment_page(report: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the page: binning of every region, then region x sample x systematic.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    """
    parts = [heading("Bins"), _binning(report, settings)]
    for region in report["regions"]:
        rows = [_row(entry, settings) for entry in report["effects"] if entry["region"] == region]
        title = to_html(region_title(region, settings))
        parts.append(heading(f"Systematics in {title}"))
        if rows:
            parts.append(table(COLUMNS, rows, numbers=(4, 5, 6)))
        else:
            parts.append(note("No systematic acts here."))
    thresholds = report["pruning"]
    parts.append(
        note(
            "Rate: relative change of the yield. Shape: largest relative change of a bin at the "
            f"nominal yield. Pruned below: rate {100 * thresholds['norm']:g} %, shape "
            f"{100 * thresholds['shape']:g} %. All that was done, step by step, is in "
            "templates_report.json."
        )
    )
    return page(f"What was done to each template, fit {report['fit']}", *parts)


def _binning(report: Mapping[str, Any], settings: PlotSettings) -> str:
    rows = []
    for region, content in report["regions"].items():
        binning = content["binning"]
        poorest = min(binning["effective_events"])
        rows.append(
            [
                to_html(region_title(region, settings)),
                f"<code>{escape(str(content['observable']))}</code>",
                escape(str(binning["why"])),
                f"{poorest:.1f}",
                f"{sum(content['blinded'])} of {len(content['blinded'])}",
            ]
        )
    columns = [
        "Region",
        "Observable",
        "Bins and why",
        "Fewest effective background events in a bin",
        "Blinded bins",
    ]
    return table(columns, rows, numbers=(3, 4))


def _row(entry: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    style = settings.samples.get(entry["sample"])
    remarks = [text for key, text in FLAGS.items() if entry[key]]
    return [
        to_html((style and style.title) or verbatim(entry["sample"])),
        escape(str(entry["systematic"])),
        escape(str(entry["parameter"])),
        STATES[entry["status"]][1].lower(),
        _percent(entry["norm_up"], "+"),
        _percent(entry["norm_down"], "+"),
        _percent(entry["shape"], ""),
        escape(str(entry["smoothed"] or "")),
        escape(str(entry["symmetrised"] or "").replace("_", " ")),
        escape("; ".join(remarks)),
    ]


def _percent(value: float | None, sign: str) -> str:
    if value is None:
        return ""
    return f"{100 * value:{sign}.2f} %".replace("-", "\N{MINUS SIGN}")
