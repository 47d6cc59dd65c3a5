"""One systematic on one sample in one region: nominal, up and down, before and after smoothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from n2mu.errors import ProductError, nearest
from n2mu.plots.bins import bin_positions, write_edges
from n2mu.plots.colours import PALETTE, SIGNAL
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import signed
from n2mu.plots.panel import panels, region_title
from n2mu.plots.region import axis_title
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style, panel_length
from n2mu.templates.histogram import Template, Templates

Floats = NDArray[np.float64]

MAIN, RATIO = 3.0, 2.2
NOMINAL = "nominal"
NEGLIGIBLE = 1e-3
"""Share of a sample's events below which a bin does not choose the axis of changes."""

SIDES = {"up": (SIGNAL, "Up"), "down": (PALETTE[0], "Down")}


def largest_effects(
    report: Mapping[str, Any], templates: Templates, count: int
) -> list[tuple[str, str, str]]:
    """Return region, sample and systematic of the largest effects on the expectation of a bin.

    Large is what changes the total of the region's samples most in some bin, relative to
    that total: a large effect on a small sample does not matter.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    templates
        ``templates.root``, by region, sample and variation.
    count
        How many of a region at most; a systematic comes once in each.
    """
    result = []
    for region, samples in templates.items():
        present = [name for name in report["regions"][region]["samples"] if name in samples]
        total = np.sum([samples[name][NOMINAL].sumw for name in present], axis=0)
        largest: dict[str, tuple[float, str]] = {}
        for sample in present:
            nominal = samples[sample][NOMINAL].sumw
            for variation, template in samples[sample].items():
                name, _, side = variation.rpartition("_")
                if side not in SIDES or not name:
                    continue
                shift = np.abs(template.sumw - nominal)[total > 0] / total[total > 0]
                size = float(shift.max(initial=0.0))
                if size > largest.get(name, (-1.0, ""))[0]:
                    largest[name] = size, sample
        ordered = sorted(largest, key=lambda name: -largest[name][0])
        result += [(region, largest[name][1], name) for name in ordered[:count]]
    return result


def systematic_figure(
    region: str,
    sample: str,
    systematic: str,
    report: Mapping[str, Any],
    templates: Templates,
    unsmoothed: Templates,
    settings: PlotSettings,
) -> Figure:
    """Draw a control plot of a systematic.

    Upper panel: the yields with the MC error of the nominal; lower panel: relative changes.
    Where the systematic was smoothed, points with their MC errors show it before.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    templates, unsmoothed
        Templates by region, sample and variation, and those before smoothing.

    Raises
    ------
    ProductError
        If there is no such region, sample or systematic; a systematic that is a
        number, or was dropped, has no templates.
    """
    variations = _variations(region, sample, systematic, templates)
    nominal = templates[region][sample][NOMINAL]
    before = unsmoothed.get(region, {}).get(sample, {})
    raw = {side: before.get(f"{systematic}_{side}") for side in SIDES}
    edges = np.asarray(report["regions"][region]["edges"], dtype=np.float64)
    positions = bin_positions(edges)
    title = settings.parameters.get(systematic, verbatim(systematic))
    style = settings.samples.get(sample)
    named = (style and style.title) or verbatim(sample)
    with house_style():
        lines = [f"{region_title(region, settings)}, {named}", title]
        handles: list[Any] = [
            Line2D([], [], color="black", label=f"Nominal ({nominal.total:.4g} events)"),
            Patch(facecolor="0.8", linewidth=0, label="MC error of the nominal"),
        ]
        for side, (colour, label) in SIDES.items():
            rate = 100 * (variations[side].total / nominal.total - 1)
            handles.append(Line2D([], [], color=colour, label=f"{label} ({signed(rate, 2)} %)"))
        for side, (colour, label) in SIDES.items():
            if raw[side] is not None:
                points = Line2D([], [], color=colour, marker="o", linestyle="none")
                points.set_label(f"{label} before smoothing")
                handles.append(points)
        figure, (main, ratio) = panels(
            settings,
            lines,
            handles,
            [panel_length(MAIN, settings.labels), RATIO],
            bottom=1.0,
            gap=0.2,
        )
        _draw(main, positions, nominal, variations, raw, None)
        _draw(ratio, positions, nominal, variations, raw, nominal.sumw)
        reach = _reach(nominal, [*variations.values(), *(t for t in raw.values() if t is not None)])
        ratio.set_ylim(-reach, reach)
        write_edges([main, ratio], positions, edges)
        main.set_ylim(bottom=min(0.0, main.get_ylim()[0]))
        main.set_ylabel("Events / bin")
        ratio.set_ylabel("Change [%]", loc="center")
        ratio.set_xlabel(axis_title(region, report, settings))
    return figure


def _variations(
    region: str, sample: str, systematic: str, templates: Templates
) -> dict[str, Template]:
    if region not in templates:
        raise ProductError(f"templates.root: no region '{region}'{nearest(region, templates)}")
    if sample not in templates[region]:
        hint = nearest(sample, templates[region])
        raise ProductError(f"templates.root, {region}: no sample '{sample}'{hint}")
    found = templates[region][sample]
    known = {name.rpartition("_")[0] for name in found if name != NOMINAL}
    if systematic not in known:
        raise ProductError(
            f"templates.root, {region}, {sample}: no templates of '{systematic}'"
            f"{nearest(systematic, known)}; systematics that are numbers, or that were dropped, "
            "have none (templates_report.json lists them)"
        )
    return {side: found[f"{systematic}_{side}"] for side in SIDES}


def _reach(nominal: Template, shown: Sequence[Template]) -> float:
    """Return how far the axis of changes reaches in percent.

    Bins that hold next to nothing do not count: there every change is large.
    """
    known = nominal.sumw > NEGLIGIBLE * nominal.total
    if not known.any():
        return 1.0
    scale = nominal.sumw[known]
    found = [np.sqrt(nominal.sumw2[known]) / scale]
    found += [np.abs(template.sumw[known] / scale - 1) for template in shown]
    return 115.0 * float(np.max(found)) or 1.0


def _draw(
    axes: Any,
    positions: Floats,
    nominal: Template,
    variations: Mapping[str, Template],
    raw: Mapping[str, Template | None],
    reference: Floats | None,
) -> None:
    """Draw yields, or with a reference the change relative to it in percent."""

    def shown(values: Floats) -> Floats:
        if reference is None:
            return values
        known = reference > 0
        relative = 100 * (values / np.where(known, reference, 1.0) - 1)
        return np.where(known, relative, 0.0)

    error = np.sqrt(nominal.sumw2)
    axes.stairs(
        shown(nominal.sumw + error),
        positions,
        baseline=shown(nominal.sumw - error),
        fill=True,
        facecolor="0.8",
        linewidth=0,
    )
    axes.stairs(shown(nominal.sumw), positions, baseline=None, color="black", linewidth=1.3)
    for side, (colour, _) in SIDES.items():
        values = shown(variations[side].sumw)
        axes.stairs(values, positions, baseline=None, color=colour, linewidth=1.6)
    centres, widths = (positions[1:] + positions[:-1]) / 2, np.diff(positions)
    offsets: Sequence[float] = (-0.12, 0.12)
    for (side, (colour, _)), offset in zip(SIDES.items(), offsets, strict=True):
        before = raw[side]
        if before is None:
            continue
        sigma = np.sqrt(before.sumw2)
        low, middle, high = (shown(before.sumw + sign * sigma) for sign in (-1, 0, 1))
        axes.errorbar(
            centres + offset * widths,
            middle,
            yerr=(middle - low, high - middle),
            fmt="o",
            color=colour,
            markersize=3.5,
            elinewidth=1.0,
        )
    axes.margins(y=0.08)
