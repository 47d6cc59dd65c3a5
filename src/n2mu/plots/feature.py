"""Any feature in any region: the expectation as a stack, with data where nothing is blinded."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from n2mu.errors import TemplateError, counted
from n2mu.plots.feature_events import FeatureEvents, feature_events
from n2mu.plots.feature_settings import DrawnFeature, FeatureSettings
from n2mu.plots.names import verbatim
from n2mu.plots.numbers import plain
from n2mu.plots.panel import region_title
from n2mu.plots.region_content import RegionContent
from n2mu.plots.settings import PlotSettings
from n2mu.plots.stack import Stack, stack_figure
from n2mu.plots.style import check_settings, save_figure
from n2mu.products import read_json
from n2mu.skim.read import Skim
from n2mu.templates.binning import uniform_binning
from n2mu.templates.blinding import blinded_bins
from n2mu.templates.histogram import Template, bin_indices, fill

logger = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]

BINS = 20
MOST_WHOLE_NUMBERS = 25
"""Whole numbers in a range up to which each has its own bin."""
MOST_WRITTEN = 13
"""Edges of such bins up to which every number is written."""
BEYOND = 0.005
"""Share of the expected events that may lie beyond a range that is not given, at either end."""
AT_ONCE = 8
"""Features that are read in one pass."""


class NoValueError(TemplateError):
    """No expected event has a value of a feature."""


@dataclass(frozen=True)
class Range:
    """Bins that are asked for, in the unit that is drawn; none: chosen by the events."""

    bins: int | None = None
    low: float | None = None
    high: float | None = None


def run_plot_features(
    settings: FeatureSettings,
    style: PlotSettings,
    skim: Sequence[Path],
    scores: Sequence[Path],
    output: Path,
    asked: Range,
    reports: Sequence[Path],
) -> dict[str, Path]:
    """Draw features of the events of a region.

    Parameters
    ----------
    skim, scores
        ``skim/<chunk>`` and ``scores/<chunk>`` of all chunks.
    output
        Directory of the figures by feature, as PDF and PNG.
    reports
        ``templates_report.json`` of the fits in ``settings.blinded_by``.

    Returns
    -------
    dict of str to Path
        The figures without their suffixes, by feature.  Of several features, those that no
        expected event has are left out with a warning.

    Raises
    ------
    TemplateError
        If a feature cannot be drawn, or samples share events.
    ProductError
        If a product is missing or lacks a column.
    """
    check_settings(style)
    fit_blinds = any(blinds(read_json(report), settings.region) for report in reports)
    output.mkdir(parents=True, exist_ok=True)
    opened = Skim(skim)
    by_chunk = {path.name: path for path in scores}
    stems = {}
    every = list(settings.features)
    for start in range(0, len(every), AT_ONCE):
        names = every[start : start + AT_ONCE]
        chosen = {name: settings.features[name] for name in names}
        told = settings.model_copy(update={"features": chosen})
        found = feature_events(told, opened, by_chunk)
        for name in names:
            stem = output / "".join(c if c.isalnum() or c in "_-." else "_" for c in name)
            try:
                figure = feature_figure(name, found, settings, style, asked, fit_blinds)
                save_figure(figure, stem)
            except NoValueError as error:
                if len(every) == 1:
                    raise
                logger.warning("not drawn: %s", error)
                continue
            stems[name] = stem
    return stems


def blinds(report: Mapping[str, Any], region: str) -> bool:
    """Tell whether a fit blinds any bin of a region or, if it is split, of a part of it.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    """
    return any(
        any(entry["blinded"])
        for name, entry in report["regions"].items()
        if region in (name, entry.get("split", {}).get("whole"))
    )


def feature_figure(
    name: str,
    found: FeatureEvents,
    settings: FeatureSettings,
    style: PlotSettings,
    asked: Range,
    fit_blinds: bool,
) -> Figure:
    """Draw one feature, with data if neither a bin of it nor one of the region is blinded.

    All figures of a region have the same events.  So data in the open bins of one would tell,
    together with the sum of another one or of the bins of the fit, what its blinded bins hold.

    Values beyond the range are in the outer bins; events whose value means "not there" are
    left out, and the figure says how many of the expectation they are.

    Parameters
    ----------
    fit_blinds
        Whether a fit blinds any bin of the region.

    Raises
    ------
    TemplateError
        If no event has a value, one is no number or not among the categories, or the
        range is empty.
    """
    feature = settings.features[name]
    values = found.values[name]
    there = ~_is_missing(values, feature.missing)
    if not np.isfinite(values[there]).all():
        raise TemplateError(
            f"'{name}' is no number for "
            f"{counted(int((~np.isfinite(values[there])).sum()), 'event')} in "
            f"region '{settings.region}'; name the code under 'missing' in features.yaml"
        )
    kinds = np.array([sample.kind for sample in settings.samples.values()])[found.sample]
    expected = (kinds == "signal") | (kinds == "background")
    if not (there & expected).any():
        raise NoValueError(f"'{name}': no expected event in region '{settings.region}' has a value")
    numbers = values * feature.scale
    lines = [region_title(settings.region, style), "Pre-fit"]
    if feature.values is not None:
        edges, indices = _categories(name, feature, values, there)
        names: list[str] | None = [plain(value, 0) for value in feature.values]
    else:
        edges = _edges(name, numbers[there & expected], found.weight[there & expected], asked)
        indices = bin_indices(np.where(there, numbers, edges[0]), edges)
        whole = asked == Range() and len(edges) <= MOST_WRITTEN and bool(np.all(edges % 1 == 0.5))
        names = [plain(value, 0) for value in edges[:-1] + 0.5] if whole else None
        outside = there & expected & ((numbers < edges[0]) | (numbers > edges[-1]))
        if outside.any():
            lines.append("Outer bins hold what lies beyond")
    total = float(found.weight[expected].sum())
    if not there[expected].all() and total > 0:
        share = float(found.weight[expected & ~there].sum()) / total
        lines.append(f"Without {100 * share:.1f} % that have no value")
    filled = {
        sample: fill(indices[mask], found.weight[mask], len(edges) - 1)
        for number, sample in enumerate(settings.samples)
        if (mask := there & (found.sample == number)).any()
    }
    content = _content(edges, filled, settings, style, fit_blinds)
    observed = any(sample.kind == "data" for sample in settings.samples.values())
    hidden = fit_blinds or bool(content.blinded.any())
    if observed and hidden:
        lines.append(f"No data: bins of {'a fit' if fit_blinds else 'the figure'} are blinded")
    told = Stack(
        lines=lines,
        axis=feature.axis or verbatim(name),
        data="Data" if observed and not hidden else None,
        threshold=settings.blinding_threshold,
        uncertainty="MC statistics",
        categories=names,
    )
    return stack_figure(content, told, style)


def _content(
    edges: FloatArray,
    filled: Mapping[str, Template],
    settings: FeatureSettings,
    style: PlotSettings,
    fit_blinds: bool,
) -> RegionContent:
    """Return what is drawn; observed counts that are not drawn are gone from here on."""
    by_kind = {
        kind: sum(
            (t for n, t in filled.items() if settings.samples[n].kind == kind),
            Template.empty(len(edges) - 1),
        )
        for kind in ("signal", "background", "data", "ghost")
    }
    total = by_kind["signal"] + by_kind["background"]
    signal = by_kind["signal"] + by_kind["ghost"]
    blinded = blinded_bins(signal, by_kind["background"], settings.blinding_threshold)
    return RegionContent(
        edges=edges,
        blinded=blinded,
        observed=total.sumw if fit_blinds or blinded.any() else by_kind["data"].sumw,
        samples={
            name: filled[name].sumw
            for name in style.samples
            if name in filled and settings.samples[name].kind != "ghost"
        },
        total=total.sumw,
        error=np.sqrt(total.sumw2),
        chi2={"value": None},
    )


def _is_missing(values: FloatArray, codes: Sequence[float]) -> npt.NDArray[np.bool_]:
    """Tell which values mean "not there", by the rule of the events that train."""
    # as float32: what a float branch holds for -99.9 is not the double -99.9
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    missing = np.isin(single, np.array(codes, np.float32))
    return missing | np.isnan(values) if np.isnan(codes).any() else missing


def _categories(
    name: str, feature: DrawnFeature, values: FloatArray, there: npt.NDArray[np.bool_]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    known = np.array(sorted(feature.values or []), dtype=np.float64)
    order = np.argsort(feature.values or [])
    where = np.clip(np.searchsorted(known, values), 0, len(known) - 1)
    strange = there & (known[where] != values)
    if strange.any():
        raise TemplateError(
            f"'{name}' is {values[np.argmax(strange)]:g} in {int(strange.sum())} events, which is "
            f"not among its values {feature.values}; add it in features.yaml"
        )
    return np.arange(len(known) + 1.0), order[where]


def _edges(name: str, values: FloatArray, weights: FloatArray, asked: Range) -> FloatArray:
    """Return the edges that are asked for, or such that few expected events lie beyond."""
    order = np.argsort(values)
    ordered, summed = values[order], np.cumsum(np.abs(weights[order]))
    low, high = np.interp([BEYOND, 1 - BEYOND], summed / summed[-1], ordered)
    whole = bool(np.all(values == np.round(values)))
    if whole and asked == Range() and np.round(high) - np.round(low) < MOST_WHOLE_NUMBERS:
        return np.arange(np.round(low) - 0.5, np.round(high) + 1.0)
    start = float(low) if asked.low is None else asked.low
    stop = float(high) if asked.high is None else asked.high
    if start == stop and asked.low is None and asked.high is None:
        start, stop = start - 0.5, stop + 0.5
    if not start < stop:
        raise TemplateError(
            f"'{name}': the range from {start:g} to {stop:g} is empty; give --low below --high"
        )
    return uniform_binning(asked.bins or BINS, start, stop).edges
