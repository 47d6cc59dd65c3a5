"""The templates job: skims and scores in, ``templates.root`` and its report out."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from n2mu.errors import TemplateError
from n2mu.products import atomic_file, write_json
from n2mu.scoring.manifest import verify_friends
from n2mu.skim.read import NOMINAL, Skim
from n2mu.templates.filling import Filler, FloatArray, Key
from n2mu.templates.histogram import Template, write_root
from n2mu.templates.mend import FLOOR, Report, mend_nominal, mend_variation, mirror
from n2mu.templates.settings import TemplateSettings

logger = logging.getLogger(__name__)


def run_templates(
    settings: TemplateSettings,
    skim: Sequence[Path],
    scores: Sequence[Path],
    friends: Path,
    output: Path,
    report: Path,
) -> None:
    """Make the templates of one fit.

    Parameters
    ----------
    skim, scores
        ``skim/<chunk>`` and ``scores/<chunk>`` of all chunks.
    friends
        Directory of the friend trees, which are verified.
    output, report
        ``templates.root`` and ``templates_report.json``.

    Raises
    ------
    TemplateError
        If a sample has no event, a region no signal or background, regions
        overlap, or a bin expects nothing.
    AlignmentError, ProductError
        If skim, scores and friend trees do not belong together.
    """
    for chunk in scores:
        verify_friends(chunk, friends)
    filler = Filler(settings, Skim(skim), {path.name: path for path in scores})
    edges = filler.edges()
    raw = filler.fill(edges)
    changes: list[dict[str, str]] = []
    kept = _without_empty(settings, raw, changes)
    _require_expected(settings, kept, 0.0)
    templates = _mended(settings, kept, changes)
    # mended bins hold 1e-6 where nothing is expected
    _require_expected(settings, templates, FLOOR)
    with atomic_file(output) as temporary:
        write_root(temporary, edges, [(*key, template) for key, template in templates.items()])
    write_json(report, _report(settings, edges, templates, changes))
    for change in changes:
        logger.info(
            "%s %s %s: %s (%s)",
            *(change[k] for k in ("region", "sample", "variation", "what", "why")),
        )


def _without_empty(
    settings: TemplateSettings, templates: Mapping[Key, Template], changes: list[dict[str, str]]
) -> dict[Key, Template]:
    """Drop samples from regions where they have no event, and list them."""
    populated = {
        (region, sample)
        for (region, sample, variation), template in templates.items()
        if variation == NOMINAL and template.sumw2.any()
    }
    for sample in settings.samples:
        if not any((region, sample) in populated for region in settings.regions):
            raise TemplateError(
                f"sample '{sample}': no event in any region of fit '{settings.fit}' "
                f"({', '.join(settings.regions)}); check its inputs and selection in samples.yaml"
            )
        for region in settings.regions:
            if (region, sample) in populated:
                continue
            varied = max(t.events for key, t in templates.items() if key[:2] == (region, sample))
            changes.append(
                {
                    "region": region,
                    "sample": sample,
                    "variation": "all",
                    "what": "dropped",
                    "why": "no yield of this sample is in this region"
                    + (f"; its variations have up to {varied} events" if varied else ""),
                }
            )
    return {key: t for key, t in templates.items() if (key[0], key[1]) in populated}


def _mended(
    settings: TemplateSettings, templates: Mapping[Key, Template], changes: list[dict[str, str]]
) -> dict[Key, Template]:
    """Mirror one-sided variations, mend negative bins and cap rates, and list all of it."""

    def reporter(*where: str) -> Report:
        names = dict(zip(("region", "sample", "variation"), where, strict=True))
        return lambda what, why: changes.append({**names, "what": what, "why": why})

    result: dict[Key, Template] = {}
    for region, sample, variation in templates:
        if variation != NOMINAL:
            continue
        raw = templates[region, sample, NOMINAL]
        nominal = mend_nominal(raw, reporter(region, sample, NOMINAL))
        result[region, sample, NOMINAL] = nominal
        for name, systematic in settings.systematics.items():
            if sample not in systematic.samples:
                continue
            up, down = (region, sample, f"{name}_up"), (region, sample, f"{name}_down")
            sides = {up: templates[up]}
            sides[down] = (
                mirror(raw, templates[up], reporter(*down))
                if systematic.down is None
                else templates[down]
            )
            for key, side in sides.items():
                result[key] = mend_variation(raw, nominal, side, reporter(*key))
    return result


def _total(
    settings: TemplateSettings, templates: Mapping[Key, Template], region: str, kinds: set[str]
) -> Template | None:
    """Return the summed nominal template of the samples of some kinds in a region."""
    total: Template | None = None
    for sample, entry in settings.samples.items():
        template = templates.get((region, sample, NOMINAL))
        if entry.kind in kinds and template is not None:
            total = template if total is None else total + template
    return total


def _require_expected(
    settings: TemplateSettings, templates: Mapping[Key, Template], least: float
) -> None:
    """Check that every region has background, the signal regions signal, and every bin events.

    Parameters
    ----------
    least
        Yield per sample and bin that counts as none.
    """
    for name, region in settings.regions.items():
        present = sum((name, sample, NOMINAL) in templates for sample in settings.samples)
        signal = _total(settings, templates, name, {"signal"})
        background = _total(settings, templates, name, {"background"})
        if background is None or not background.total > least * present * len(background.sumw):
            raise TemplateError(
                f"region '{name}': no background is expected{_found(background)}; "
                "check its selection in regions.yaml"
            )
        if region.role == "signal" and (
            signal is None or not signal.total > least * present * len(signal.sumw)
        ):
            raise TemplateError(
                f"region '{name}': no signal is expected in this signal region{_found(signal)}; "
                "check its selection in regions.yaml"
            )
        total = background if signal is None else background + signal
        empty = np.flatnonzero(total.sumw <= least * present)
        if len(empty):
            raise TemplateError(
                f"region '{name}': bin {empty[0]} expects no event, its yield is "
                f"{total.sumw[empty[0]]:.3g} ({len(empty)} such bins); use fewer or wider bins"
            )


def _found(total: Template | None) -> str:
    return "" if total is None else f" (the yield is {total.total:.3g} +- {total.error:.3g})"


def _report(
    settings: TemplateSettings,
    edges: Mapping[str, FloatArray],
    templates: Mapping[Key, Template],
    changes: list[dict[str, str]],
) -> dict[str, Any]:
    regions = {}
    for name, region in settings.regions.items():
        signal = _total(settings, templates, name, {"signal"})
        background = _total(settings, templates, name, {"background"})
        assert background is not None
        blinded = (
            np.zeros(len(background.sumw), dtype=bool)
            if signal is None
            else signal.sumw > settings.blinding_threshold * background.sumw
        )
        regions[name] = {
            "role": region.role,
            "observable": region.observable,
            "edges": [float(edge) for edge in edges[name]],
            "blinded": [bool(b) for b in blinded],
            "samples": {
                sample: {
                    "yield": templates[name, sample, NOMINAL].total,
                    "error": templates[name, sample, NOMINAL].error,
                    "events": templates[name, sample, NOMINAL].events,
                }
                for sample in settings.samples
                if (name, sample, NOMINAL) in templates
            },
        }
    return {
        "fit": settings.fit,
        "blinding_threshold": settings.blinding_threshold,
        "regions": regions,
        "changes": changes,
    }
