"""How much each systematic changes the rates of the processes, region by region."""

from collections.abc import Mapping
from typing import Any

from n2mu.plots.latex import to_html
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import signed
from n2mu.plots.page import heading, note, page
from n2mu.plots.panel import region_title
from n2mu.plots.processes import processes
from n2mu.plots.settings import PlotSettings
from n2mu.plots.tabular import Tabular

TOTAL = "Total"
NOTE = (
    "Relative changes of the expected events in percent, up / down, as they enter the fit: after "
    "symmetrisation, smoothing and pruning. A rate that was pruned does not change. The total is "
    "that of all processes together, signal included. Where a systematic has no rate on any sample "
    "of a process there is no number."
)


def rates_html(report: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the changes of all regions as an HTML page.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    """
    parts = []
    for region, found in _tables(report, settings).items():
        parts.append(heading(to_html(region_title(region, settings))))
        parts.append(found.html() if found.rows else note("No systematic acts here."))
    return page(f"Changes of rates, fit {report['fit']}", *parts, note(NOTE))


def rates_latex(report: Mapping[str, Any], settings: PlotSettings) -> str:
    """Return the changes as LaTeX, one ``tabular`` per region."""
    tables = _tables(report, settings)
    return "\n".join(t.latex(region_title(region, settings)) for region, t in tables.items())


def _tables(report: Mapping[str, Any], settings: PlotSettings) -> dict[str, Tabular]:
    effects: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {r: {} for r in report["regions"]}
    for entry in report["effects"]:
        if entry["norm_kept"] is not None:
            of_region = effects[entry["region"]].setdefault(str(entry["systematic"]), {})
            of_region[entry["sample"]] = entry
    return {region: _table(region, effects[region], report, settings) for region in effects}


def _table(
    region: str,
    effects: Mapping[str, Mapping[str, Mapping[str, Any]]],
    report: Mapping[str, Any],
    settings: PlotSettings,
) -> Tabular:
    """Return the table of one region: a row per systematic, a column per process."""
    yields = {n: float(s["yield"]) for n, s in report["regions"][region]["samples"].items()}
    groups = {
        process.title: present
        for process in processes(settings.samples).values()
        if (present := [name for name in process.samples if name in yields])
        and sum(yields[name] for name in present) > 0
    }
    groups[TOTAL] = list(yields)
    rows = [
        [
            settings.parameters.get(systematic, verbatim(systematic)),
            *(_change(samples, found, yields) for samples in groups.values()),
        ]
        for systematic, found in effects.items()
    ]
    return Tabular(["Systematic", *groups], rows, numbers=range(1, len(groups) + 1))


def _change(
    samples: list[str], found: Mapping[str, Mapping[str, Any]], yields: Mapping[str, float]
) -> str:
    """Return the change of the sum of some samples, up and down; nothing if none is changed."""
    if not any(name in found for name in samples):
        return ""
    total = sum(yields[name] for name in samples)
    sides = []
    for side in ("norm_up", "norm_down"):
        shift = sum(
            yields[name] * (found[name][side] or 0.0)
            for name in samples
            if name in found and found[name]["norm_kept"]
        )
        sides.append(signed(100 * shift / total, 1))
    return " / ".join(sides)
