"""Cutflows and changes of templates as HTML pages."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.numbers import with_error
from n2mu.plots.page import heading, note, page, table


def cutflow_page(cutflow: Mapping[str, Any]) -> str:
    """Return what each cut of the preselection leaves of every data set.

    Parameters
    ----------
    cutflow
        Contents of ``cutflow.json``: ``normalised`` says whether sums of weights are expected
        events; ``rows`` lists data sets with their cuts, raw events, sum of weights and error.
    """
    weighted = "Expected events" if cutflow["normalised"] else "Sum of weights (not normalised)"
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in cutflow["rows"]:
        together.setdefault(tuple(str(cut["cut"]) for cut in row["cuts"]), []).append(row)
    parts = []
    for cuts, rows in together.items():
        numbers = [str(number) for number in range(len(cuts))]
        legend = [[n, f"<code>{escape(cut)}</code>"] for n, cut in zip(numbers, cuts, strict=True)]
        columns = ["Data set", *numbers]
        right = range(1, len(cuts) + 2)
        expected = [[escape(str(row["data_set"])), *map(_passed, row["cuts"])] for row in rows]
        raw = [
            [
                escape(str(row["data_set"])),
                *(str(cut["events"]) for cut in row["cuts"]),
                _kept(row["cuts"]),
            ]
            for row in rows
        ]
        parts += [heading("Cuts, one after the other"), table(["", "Cut"], legend)]
        parts += [heading(weighted), table(columns, expected, numbers=right)]
        parts += [heading("Raw events"), table([*columns, "Kept"], raw, numbers=right)]
    parts += _skipped(cutflow.get("skipped", [])) + _duplicates(cutflow.get("duplicates", []))
    return page("Cutflow", *parts)


def _passed(cut: Mapping[str, Any]) -> str:
    return with_error(cut["sum"], cut["error"])


def _kept(cuts: Sequence[Mapping[str, Any]]) -> str:
    first = cuts[0]["events"] if cuts else 0
    return f"{100 * cuts[-1]['events'] / first:.2f} %" if first else ""


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


def changes_page(report: Mapping[str, Any]) -> str:
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
