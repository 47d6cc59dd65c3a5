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
from n2mu.templates.mend import Report, cap_rate, mend_negative_bins, mirror
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
    templates = _mended(settings, kept, changes)
    _require_expected(settings, templates)
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
        if variation == NOMINAL and template.sumw.any()
    }
    for sample in settings.samples:
        if not any((region, sample) in populated for region in settings.regions):
            raise TemplateError(
                f"sample '{sample}': no event in any region of fit '{settings.fit}' "
                f"({', '.join(settings.regions)}); check its inputs and selection in samples.yaml"
            )
        changes += [
            {
                "region": region,
                "sample": sample,
                "variation": "all",
                "what": "dropped",
                "why": "no yield of this sample is in this region",
            }
            for region in settings.regions
            if (region, sample) not in populated
        ]
    return {key: t for key, t in templates.items() if (key[0], key[1]) in populated}


def _mended(
    settings: TemplateSettings, templates: Mapping[Key, Template], changes: list[dict[str, str]]
) -> dict[Key, Template]:
    """Mirror one-sided variations, mend negative bins and cap rates, and list all of it."""

    def reporter(*where: str) -> Report:
        names = dict(zip(("region", "sample", "variation"), where, strict=True))
        return lambda what, why: changes.append({**names, "what": what, "why": why})

    complete = dict(templates)
    for (region, sample, variation), template in templates.items():
        name = variation.removesuffix("_up")
        if name in settings.systematics and settings.systematics[name].down is None:
            key = (region, sample, f"{name}_down")
            complete[key] = mirror(templates[region, sample, NOMINAL], template, reporter(*key))
    result: dict[Key, Template] = {}
    for key, template in complete.items():
        mended = mend_negative_bins(template, reporter(*key))
        nominal = result.setdefault((key[0], key[1], NOMINAL), mended)
        result[key] = mended if key[2] == NOMINAL else cap_rate(nominal, mended, reporter(*key))
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


def _require_expected(settings: TemplateSettings, templates: Mapping[Key, Template]) -> None:
    """Check that every region has background, the signal regions signal, and every bin events."""
    for name, region in settings.regions.items():
        signal = _total(settings, templates, name, {"signal"})
        background = _total(settings, templates, name, {"background"})
        if background is None or not background.total > 0:
            raise TemplateError(
                f"region '{name}': no background is expected; check its selection in regions.yaml"
            )
        if region.role == "signal" and (signal is None or not signal.total > 0):
            raise TemplateError(
                f"region '{name}': no signal is expected in this signal region; "
                "check its selection in regions.yaml"
            )
        total = background if signal is None else background + signal
        empty = np.flatnonzero(total.sumw <= 0)
        if len(empty):
            raise TemplateError(
                f"region '{name}': bin {empty[0]} expects no event ({len(empty)} such bins); "
                "use fewer or wider bins"
            )


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
