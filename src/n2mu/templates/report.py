"""``templates_report.json``: bins, yields, blinded bins, and all that was done to templates."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from n2mu.skim.read import NOMINAL
from n2mu.statistics.effective import effective_sums
from n2mu.templates.binning import Binned
from n2mu.templates.blinding import BoolArray
from n2mu.templates.effect import EffectEntry
from n2mu.templates.histogram import Key, Template
from n2mu.templates.settings import TemplateSettings

Change = dict[str, str]
"""``region``, ``sample``, ``variation``, ``what`` and ``why``."""


def total(
    settings: TemplateSettings, templates: Mapping[Key, Template], region: str, kinds: set[str]
) -> Template | None:
    """Return the summed nominal template of the samples of some kinds in a region."""
    found: Template | None = None
    for sample, entry in settings.samples.items():
        template = templates.get((region, sample, NOMINAL))
        if entry.kind in kinds and template is not None:
            found = template if found is None else found + template
    return found


def templates_report(
    settings: TemplateSettings,
    binned: Mapping[str, Binned],
    templates: Mapping[Key, Template],
    blinded: Mapping[str, BoolArray],
    effects: list[EffectEntry],
    changes: list[Change],
) -> dict[str, Any]:
    """Return the report.

    Parameters
    ----------
    templates
        As they are written; observed counts are blinded already.
    blinded
        Which bins are blinded, by region.
    effects
        One entry per region, sample and systematic that acts there.
    """
    regions = {}
    for name, region in settings.regions.items():
        background = total(settings, templates, name, {"background"})
        assert background is not None
        effective = effective_sums(background.sumw, background.sumw2)
        regions[name] = {
            "role": region.role,
            "observable": region.observable,
            "edges": [float(edge) for edge in binned[name].edges],
            "binning": {
                "kind": region.binning.kind,
                "bins": binned[name].bins,
                "why": binned[name].reason,
                "least_effective_events": region.binning.least_effective_events,
                "effective_events": [float(value) for value in effective],
            },
            "blinded": [bool(b) for b in blinded[name]],
            "samples": {
                sample: _yield(templates[name, sample, NOMINAL])
                for sample in settings.expected
                if (name, sample, NOMINAL) in templates
            },
        }
        if region.split is not None:
            told = region.split.model_dump(include={"whole", "by", "number", "bins", "edges"})
            regions[name]["split"] = told | {"cut": region.split.cut}
        if settings.data is not None:
            observed = templates[name, settings.data, NOMINAL]
            regions[name]["observed"] = {
                "sample": settings.data,
                "unblinded": float(observed.sumw[~blinded[name]].sum()),
            }
    return {
        "fit": settings.fit,
        "blinding_threshold": settings.blinding_threshold,
        "pruning": settings.pruning.model_dump(),
        "regions": regions,
        "effects": [entry.as_json() for entry in effects],
        "changes": changes,
    }


def _yield(template: Template) -> dict[str, float]:
    return {"yield": template.total, "error": template.error, "events": template.events}


def edges_of(report: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return the bin edges of every region of ``templates_report.json`` [bins + 1]."""
    return {name: region["edges"] for name, region in report["regions"].items()}


def parts_of(report: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells the parts of a region apart, as a selection by part.

    Parameters
    ----------
    report
        Contents of ``templates_report.json``.
    """
    entries = report["regions"].items()
    return {name: entry["split"]["cut"] for name, entry in entries if "split" in entry}


def without_error(template: Template) -> list[int]:
    """Return the bins that expect events and have no statistical error."""
    return [int(i) for i in np.flatnonzero((template.sumw > 0) & (template.sumw2 == 0))]
