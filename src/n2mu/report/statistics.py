"""What stands below every caption: the selection, the luminosity, and how many events."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from n2mu.plots.latex import to_html
from n2mu.plots.numbers import with_error
from n2mu.plots.panel import region_title
from n2mu.report.settings import ReportSettings

MANY = 5
"""Most regions that are named in a line."""


def collisions(settings: ReportSettings) -> str:
    """Return centre-of-mass energy and luminosity as HTML."""
    labels = settings.style.labels
    energy = f"√s = {to_html(labels.energy)}" if labels.energy else ""
    return ", ".join(part for part in (energy, to_html(labels.luminosity)) if part)


def of_regions(regions: Sequence[str], report: Mapping[str, Any], settings: ReportSettings) -> str:
    """Return selection, luminosity and number of events of regions of a fit, as HTML.

    Parameters
    ----------
    regions
        Names; of several the selections are named and not written out.
    report
        Contents of ``templates_report.json``.
    """
    titles = [to_html(region_title(region, settings.style)) for region in regions]
    told = f"{named(titles)}. {collisions(settings)}. {_counts(regions, report, settings)}."
    if len(regions) > MANY:
        told += f"<details><summary>Regions</summary>{'; '.join(titles)}</details>"
    return told + (selection(regions[0], settings) if len(regions) == 1 else "")


def named(titles: Sequence[str]) -> str:
    """Return the names of regions, or how many there are of many."""
    return f"{len(titles)} regions" if len(titles) > MANY else "; ".join(titles)


def selection(region: str, settings: ReportSettings) -> str:
    """Return the selection of a region, shown on demand, as HTML."""
    code = f"<code>{escape(settings.selections[region])}</code>"
    return f"<details><summary>Selection</summary>{code}</details>"


def _counts(regions: Sequence[str], report: Mapping[str, Any], settings: ReportSettings) -> str:
    """Return how many events were simulated and are expected."""
    raw = 0
    sums = {"signal": 0.0, "background": 0.0}
    errors = {"signal": 0.0, "background": 0.0}
    for region in regions:
        for name, sample in report["regions"][region]["samples"].items():
            style = settings.style.samples.get(name)
            kind = style.kind if style else "background"
            raw += int(sample["events"])
            sums[kind] += float(sample["yield"])
            errors[kind] += float(sample["error"]) ** 2
    parts = [
        f"{with_error(sums[kind], errors[kind] ** 0.5)} {kind}" for kind in ("signal", "background")
    ]
    return f"{raw:,} simulated events, {' and '.join(parts)} events expected (MC statistics)"
