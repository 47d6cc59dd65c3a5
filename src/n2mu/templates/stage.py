"""The templates job: skims and scores in, ``templates.root`` and its report out."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from n2mu.errors import TemplateError
from n2mu.products import atomic_file, write_json
from n2mu.scoring.manifest import verify_friends
from n2mu.skim.duplicates import require_once
from n2mu.skim.read import NOMINAL, Skim
from n2mu.statistics.effective import effective_sums
from n2mu.templates.blinding import BoolArray, FloatArray, blind, blinded_bins
from n2mu.templates.effect import EffectEntry
from n2mu.templates.emptiness import Emptiness
from n2mu.templates.filling import Filler
from n2mu.templates.free_shapes import smooth_templates
from n2mu.templates.histogram import Key, Template, write_root
from n2mu.templates.mend import FLOOR, mend_nominal
from n2mu.templates.numbers import by_number
from n2mu.templates.report import Change, templates_report, total, without_error
from n2mu.templates.settings import TemplateSettings
from n2mu.templates.splitting import with_chosen_edges
from n2mu.templates.variations import vary

logger = logging.getLogger(__name__)

FEW_EVENTS = 10
"""Effective MC events of the background below which a bin is listed."""


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
    source = Skim(skim)
    repeated = require_once(source, settings.once)
    scored = {path.name: path for path in scores}
    settings = with_chosen_edges(settings, source, scored)
    filler = Filler(settings, source, scored)
    binned = filler.edges()
    edges = {name: bins.edges for name, bins in binned.items()}
    raw = filler.fill(edges)
    changes: list[Change] = []
    why = Emptiness(settings, source, scored)
    populated = _populated(settings, raw, changes, why)
    filled = {(r, s, NOMINAL): raw[r, s, NOMINAL] for r, s in populated}
    # a smooth template expects events where none happened to be simulated
    simulated = smooth_templates(settings, edges, filled, changes)
    _require_expected(settings, filled, 0.0, edges, why)
    templates = {key: _mended(filled[key], key, changes) for key in filled}
    # mended bins hold 1e-6 where nothing is expected
    _require_expected(settings, templates, FLOOR, edges, why)
    _look_at_statistics(settings, templates, changes)
    blinded = _blinded(settings, templates, raw)
    if settings.data is not None:
        for region, mask in blinded.items():
            asimov = _asimov(settings, templates, region)
            key = (region, settings.data, NOMINAL)
            templates[key] = blind(raw.pop(key), asimov, mask)
    effects, unsmoothed = _varied(settings, raw, templates, edges, changes)
    with atomic_file(output) as temporary:
        write_root(temporary, edges, templates, simulated | unsmoothed)
    described = templates_report(settings, binned, templates, blinded, effects, changes)
    if settings.once.origins:
        described["repeated_events"] = repeated
    write_json(report, described)
    for change in changes:
        logger.info(
            "%s %s %s: %s (%s)",
            *(change[k] for k in ("region", "sample", "variation", "what", "why")),
        )


def _change(region: str, sample: str, variation: str, what: str, why: str) -> Change:
    return {"region": region, "sample": sample, "variation": variation, "what": what, "why": why}


def _populated(
    settings: TemplateSettings,
    raw: Mapping[Key, Template],
    changes: list[Change],
    emptiness: Emptiness,
) -> list[tuple[str, str]]:
    """Return where samples of the expectation have events; list where they have none."""
    found = []
    for sample in settings.expected:
        inside = [r for r in settings.regions if raw[r, sample, NOMINAL].sumw2.any()]
        if not inside and not settings.samples[sample].may_be_empty:
            raise TemplateError(
                f"sample '{sample}': no event in any region of fit '{settings.fit}' "
                f"({', '.join(settings.regions)}){emptiness.why(settings.regions, [sample])}; "
                "check its inputs and selection in samples.yaml, or say there that it may_be_empty"
            )
        found += [(region, sample) for region in inside]
        for region in settings.regions:
            if region in inside:
                continue
            varied = max(t.events for key, t in raw.items() if key[:2] == (region, sample))
            why = "no yield of this sample is in this region" + (
                f"; its variations have up to {varied} events" if varied else ""
            )
            changes.append(_change(region, sample, "all", "dropped", why))
    return found


def _mended(template: Template, key: Key, changes: list[Change]) -> Template:
    return mend_nominal(
        template, lambda what, why: changes.append(_change(*key, what=what, why=why))
    )


def _look_at_statistics(
    settings: TemplateSettings, templates: Mapping[Key, Template], changes: list[Change]
) -> None:
    """Refuse or list bins of few effective MC events, and list those without an MC error."""
    for name, region in settings.regions.items():
        background = total(settings, templates, name, {"background"})
        assert background is not None
        effective = effective_sums(background.sumw, background.sumw2)
        least = region.binning.least_effective_events
        # bins of a smooth template do not depend on their own events
        counted = any(
            sample.kind == "background"
            and (name, key, NOMINAL) in templates
            and key not in settings.smooth.get(name, {})
            for key, sample in settings.samples.items()
        )
        wanted = FEW_EVENTS if counted else 0
        poor = np.flatnonzero(effective < (wanted if least is None else least))
        listed = ", ".join(f"{i + 1} ({effective[i]:.3g})" for i in poor)
        if len(poor) and least is not None:
            raise TemplateError(
                f"region '{name}': in bins {listed} the background is worth fewer than {least:g} "
                f"unweighted events; change binning.{region.binning.kind} in regions.yaml, or "
                "least_effective_events"
            )
        if len(poor):
            why = f"the background is worth fewer than {FEW_EVENTS} unweighted events"
            changes.append(_change(name, "background", NOMINAL, f"bins {listed} kept", why))
        for sample in settings.expected:
            template = templates.get((name, sample, NOMINAL))
            if template is not None and (bins := without_error(template)):
                what = f"bins {', '.join(str(i + 1) for i in bins)} kept without MC error"
                why = "the sum of squared weights is zero; no gamma describes their fluctuations"
                changes.append(_change(name, sample, NOMINAL, what, why))


def _blinded(
    settings: TemplateSettings, templates: Mapping[Key, Template], raw: Mapping[Key, Template]
) -> dict[str, BoolArray]:
    result = {}
    for region in settings.regions:
        background = total(settings, templates, region, {"background"})
        assert background is not None
        signal = total(settings, templates, region, {"signal"})
        for name in settings.other_signals:
            other = raw[region, name, NOMINAL]
            signal = other if signal is None else signal + other
        result[region] = blinded_bins(signal, background, settings.blinding_threshold)
    return result


def _asimov(
    settings: TemplateSettings, templates: Mapping[Key, Template], region: str
) -> FloatArray:
    """Return the expected yield [bins] of a region with the signal strength of Asimov data."""
    expected: FloatArray = np.sum(
        [
            settings.scaling.get(region, {}).get(sample, 1.0)
            * templates[region, sample, NOMINAL].sumw
            for sample in settings.expected
            if (region, sample, NOMINAL) in templates
        ],
        axis=0,
    )
    return expected


def _varied(
    settings: TemplateSettings,
    raw: Mapping[Key, Template],
    templates: dict[Key, Template],
    edges: Mapping[str, FloatArray],
    changes: list[Change],
) -> tuple[list[EffectEntry], dict[Key, Template]]:
    """Add the variations to the templates; return what was done and what was smoothed."""
    effects = []
    unsmoothed: dict[Key, Template] = {}
    for region in settings.regions:
        for sample in settings.expected:
            nominal = templates.get((region, sample, NOMINAL))
            effects += by_number(settings, region, sample, nominal is not None)
            for name, systematic in settings.systematics.items():
                if sample not in systematic.samples or region not in systematic.regions:
                    continue
                if nominal is None:
                    parameter = systematic.parameters[region][sample]
                    absent = EffectEntry(
                        region, sample, name, systematic.definition.kind, parameter
                    )
                    absent.without_events()
                    effects.append(absent)
                    continue
                varied = vary(
                    name, systematic, region, sample, raw, nominal, edges[region], settings.pruning
                )
                effects.append(varied.entry)
                sides = dict(zip(("up", "down"), varied.sides or (), strict=False))
                templates |= {(region, sample, f"{name}_{s}"): t for s, t in sides.items()}
                before = zip(("up", "down"), varied.unsmoothed or (), strict=False)
                unsmoothed |= {
                    (region, sample, f"{name}_{s}"): t for s, t in before if t is not None
                }
                changes += [
                    {"region": region, "sample": sample, **action}
                    for action in varied.entry.actions
                ]
    return effects, unsmoothed


def _require_expected(
    settings: TemplateSettings,
    templates: Mapping[Key, Template],
    least: float,
    edges: Mapping[str, FloatArray],
    why: Emptiness,
) -> None:
    """Check that every region has background, the signal regions signal, and every bin events.

    Parameters
    ----------
    least
        Yield per sample and bin that counts as none.
    """
    for name, region in settings.regions.items():
        present = sum((name, sample, NOMINAL) in templates for sample in settings.expected)
        signal = total(settings, templates, name, {"signal"})
        background = total(settings, templates, name, {"background"})
        if background is None or not background.total > least * present * len(background.sumw):
            raise TemplateError(
                f"region '{name}': no background is expected{_found(background)}"
                f"{why.of_kinds(name, 'background')}; check regions.{name}.selection in "
                "regions.yaml"
            )
        if region.role == "signal" and (
            signal is None or not signal.total > least * present * len(signal.sumw)
        ):
            raise TemplateError(
                f"region '{name}': no signal is expected in this signal region{_found(signal)}"
                f"{why.of_kinds(name, 'signal')}; check regions.{name}.selection in regions.yaml"
            )
        expected = background if signal is None else background + signal
        empty = np.flatnonzero(expected.sumw <= least * present)
        if len(empty):
            raise TemplateError(
                f"region '{name}': bin {empty[0] + 1} expects no event, its yield is "
                f"{expected.sumw[empty[0]]:.3g} ({len(empty)} such bins)"
                f"{why.in_one_bin(name, edges[name])}; use fewer or wider bins: "
                f"change regions.{name}.binning.{region.binning.kind} in regions.yaml"
            )


def _found(template: Template | None) -> str:
    if template is None:
        return ""
    return f" (the yield is {template.total:.3g} +- {template.error:.3g})"
