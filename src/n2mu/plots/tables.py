"""Tables of cutflows and template changes as HTML pages."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.numbers import decimals, plain
from n2mu.plots.page import heading, note, page, table


def cutflow_table(cutflow: Mapping[str, Any]) -> str:
    """Return what each cut of the preselection leaves of every data set.

    Parameters
    ----------
    cutflow
        Contents of ``cutflow.json``: ``normalised`` says whether sums of weights are expected
        events; ``rows`` lists data sets with their cuts, raw events, sum of weights and error.
    """
    weighted = "Expected events" if cutflow["normalised"] else "Sum of weights (not normalised)"
    columns = ["Cut", "Raw events", weighted, "Raw, of the first"]
    parts = []
    for row in cutflow["rows"]:
        first = row["cuts"][0]["events"] if row["cuts"] else 0
        rows = [
            [
                f"<code>{escape(str(cut['cut']))}</code>",
                str(cut["events"]),
                _with_error({"value": cut["sum"], "error": cut["error"]}),
                f"{100 * cut['events'] / first:.2f} %" if first else "",
            ]
            for cut in row["cuts"]
        ]
        parts.append(heading(escape(str(row["data_set"]))))
        parts.append(table(columns, rows, numbers=(1, 2, 3)))
    parts += _skipped(cutflow.get("skipped", [])) + _duplicates(cutflow.get("duplicates", []))
    return page("Cutflow", *parts)


def _skipped(files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the table of files that were left out, if there are any."""
    if not files:
        return []
    rows = [
        [
            escape(str(file["data_set"])),
            f"<code>{escape(str(file['file']))}</code>",
            f"{100 * file['share']:.2f} % of {escape(str(file['of']))}",
            escape(str(file["reason"])),
        ]
        for file in files
    ]
    columns = ["Data set", "File", "Share", "Reason"]
    return [heading("Damaged files that were skipped"), table(columns, rows, numbers=(2,))]


def _duplicates(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the table of events that stand more than once, if there are any."""
    if not found:
        return []
    rows = [
        [
            escape(", ".join(entry["data_sets"])),
            escape(str(entry["kind"])),
            str(entry["events"]),
            f"run {entry['first']['run']}, event {entry['first']['event']}",
            escape(" and ".join(entry.get("files", []))),
        ]
        for entry in found
    ]
    columns = ["Data sets", "Table", "Events too many", "First", "Files"]
    return [heading("Events that stand more than once"), table(columns, rows, numbers=(2,))]


def changes_table(report: Mapping[str, Any]) -> str:
    """Return every change that was made to a template, and why.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    """
    keys = ("region", "sample", "variation", "what", "why")
    rows = [[escape(str(change[key])) for key in keys] for change in report["changes"]]
    columns = ["Region", "Sample", "Variation", "What", "Why"]
    body = table(columns, rows) if rows else note("No template was changed.")
    return page(f"Changes of templates, fit {report['fit']}", body)


def _with_error(entry: Mapping[str, float]) -> str:
    digits = decimals([entry["error"]])
    return f"{plain(entry['value'], digits)} ± {plain(entry['error'], digits)}"
