"""From filled templates to the two sides of a systematic, step by step.

Combined or compared to a reference, smoothed, symmetrised, mended, reduced to its rate
or its shape, pruned: in this order.  Smoothing comes before symmetrisation so that the
sides are symmetric in the end; both come before mending, as they work on yields as filled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n2mu.config.fits import Pruning
from n2mu.config.kinds.place import SIDES, Place, Side, Yields
from n2mu.config.kinds.varied import Varied as Definition
from n2mu.errors import TemplateError, counted
from n2mu.skim.read import NOMINAL
from n2mu.templates.effect import EffectEntry
from n2mu.templates.histogram import Key, Template
from n2mu.templates.mend import FLOOR, mend_variation
from n2mu.templates.prune import norm_only, prune, shape_only
from n2mu.templates.settings import TemplateSystematic
from n2mu.templates.smooth import Variation
from n2mu.templates.treatments import COMBINATIONS, SMOOTHINGS, described, symmetrise

FloatArray = npt.NDArray[np.float64]
Sides = tuple[Template, Template | None]

SAME_SIDE = 1e-6
"""Relative changes of the rate below this have no direction."""


@dataclass(frozen=True)
class Varied:
    """Both sides of a systematic for one sample in one region.

    Attributes
    ----------
    entry
        What was done.
    sides
        Up and down as they enter the fit; none if all of it was dropped.
    unsmoothed
        Up and down (none: one-sided) before smoothing, if they were smoothed.
    """

    entry: EffectEntry
    sides: tuple[Template, Template] | None
    unsmoothed: Sides | None = None


def vary(
    name: str,
    systematic: TemplateSystematic,
    region: str,
    sample: str,
    raw: Mapping[Key, Template],
    nominal: Template,
    edges: FloatArray,
    pruning: Pruning,
) -> Varied:
    """Return what a systematic does to a sample in a region.

    Parameters
    ----------
    raw
        Templates as filled, by region, sample and variation.
    nominal
        The mended nominal of the sample.
    edges
        Of the bins of the region.

    Raises
    ------
    TemplateError
        If a kind or a treatment makes no number per bin.
    """
    definition = systematic.definition
    entry = EffectEntry(
        region, sample, name, definition.kind, systematic.parameters[region][sample]
    )
    as_filled = raw[region, sample, NOMINAL]
    kept = systematic.nominal_data_sets.get(sample, [])
    if kept:
        entry.did(
            f"nominal events kept of {len(kept)} data sets", f"{', '.join(kept)} have no such trees"
        )
    place = Place(
        edges=edges,
        nominal=_yields(as_filled),
        filled={e: _yields(raw[region, sample, f"{name}_{e}"]) for e in systematic.filled},
        samples={s: _yields(raw[region, s, NOMINAL]) for s in definition.compared.values()},
        did=entry.did,
    )
    filled = _sides(definition, place)
    if filled is None:
        entry.keep(norm=False, shape=False)
        return Varied(entry, None)
    _require_yields(filled, as_filled, f"kind '{definition.kind}'", entry)
    smoothed = _smoothed(definition, as_filled, filled, entry)
    _require_yields(smoothed, as_filled, f"smoothing '{definition.smoothing}'", entry)
    up, down = _symmetrised(definition.symmetrisation, as_filled, smoothed, entry)
    _require_yields((up, down), as_filled, f"symmetrisation '{entry.symmetrised}'", entry)
    sides = (
        _mended(as_filled, nominal, up, "up", entry),
        _mended(as_filled, nominal, down, "down", entry),
    )
    sides = _reduced(definition, nominal, sides, entry)
    _describe(nominal, sides, entry)
    unsmoothed = filled if entry.smoothed is not None else None
    return Varied(entry, _pruned(definition, nominal, sides, pruning, entry), unsmoothed)


def _yields(template: Template) -> Yields:
    return Yields(template.sumw, template.sumw2, template.events)


def _sides(definition: Definition, place: Place) -> Sides | None:
    """Return the sides before anything is done to them; none if there is no such effect."""
    combination = definition.combination
    if combination is None:
        found = definition.sides(place)
        if found is None:
            return None
        up, down = found
        return Template(*up), None if down is None else Template(*down)
    nominal = place.nominal
    members = np.array([member.sumw for member in place.filled.values()])
    place.did(f"{len(members)} members combined", combination.replace("_", " "))
    above, below = COMBINATIONS[combination](nominal.sumw, members)
    return (
        Template(above, nominal.sumw2, nominal.events),
        Template(below, nominal.sumw2, nominal.events),
    )


def _require_yields(sides: Sides, nominal: Template, made_by: str, entry: EffectEntry) -> None:
    """Refuse what a kind or a treatment made if it is no yield per bin."""
    for label, side in zip(SIDES, sides, strict=True):
        for values in () if side is None else (side.sumw, side.sumw2):
            if values.shape != nominal.sumw.shape or not np.isfinite(values).all():
                raise TemplateError(
                    f"systematic '{entry.systematic}', {made_by}: the {label} side of sample "
                    f"'{entry.sample}' in region '{entry.region}' would be {values.tolist()}, "
                    f"expected {counted(len(nominal.sumw), 'number')}; correct the code of "
                    f"{made_by}"
                )


def _smoothed(definition: Definition, nominal: Template, sides: Sides, entry: EffectEntry) -> Sides:
    if definition.smoothing == "none":
        return sides
    result: list[Template | None] = []
    for label, side in zip(SIDES, sides, strict=True):
        if side is None:
            result.append(None)
            continue
        variation = Variation(
            nominal.sumw, nominal.sumw2, side.sumw, side.sumw2, definition.shares_events
        )
        smooth = SMOOTHINGS[definition.smoothing](variation)
        entry.did(smooth.what, f"smoothing {definition.smoothing}", label)
        if smooth.changed:
            entry.smoothed = definition.smoothing
        result.append(Template(smooth.sumw, side.sumw2, side.events))
    up, down = result
    assert up is not None
    return up, down


def _symmetrised(
    kind: str | None, nominal: Template, sides: Sides, entry: EffectEntry
) -> tuple[Template, Template]:
    up, down = sides
    if down is None:
        kind = "one_sided"
    elif kind is None:
        return up, down
    changed = symmetrise(kind, nominal.sumw, up.sumw, None if down is None else down.sumw)
    entry.symmetrised = kind
    if kind == "one_sided":
        entry.did(described(kind), "the systematic is one-sided", "down")
    else:
        entry.did(described(kind), f"symmetrisation {kind}")
    above, below = changed
    return (
        Template(above, up.sumw2, up.events),
        Template(below, (down or up).sumw2, (down or up).events),
    )


def _mended(
    as_filled: Template, nominal: Template, side: Template, label: Side, entry: EffectEntry
) -> Template:
    def report(what: str, why: str) -> None:
        entry.mended = True
        entry.capped = entry.capped or "capped" in what
        entry.did(what, why, label)

    return mend_variation(as_filled, nominal, side, report)


def _reduced(
    definition: Definition,
    nominal: Template,
    sides: tuple[Template, Template],
    entry: EffectEntry,
) -> tuple[Template, Template]:
    """Leave of both sides what the systematic is to vary."""
    if definition.effect == "norm_and_shape":
        return sides
    part = norm_only if definition.effect == "norm" else shape_only
    left = "rate" if definition.effect == "norm" else "shape"
    entry.did(f"only the {left} is used", f"effect {definition.effect}")
    up, down = (Template(part(nominal.sumw, side.sumw), side.sumw2, side.events) for side in sides)
    return up, down


def _describe(nominal: Template, sides: tuple[Template, Template], entry: EffectEntry) -> None:
    """Note how large the effect is, and what is unusual about it."""
    up, down = (side.total / nominal.total - 1 for side in sides)
    entry.norm_up, entry.norm_down = up, down
    if min(abs(up), abs(down)) > SAME_SIDE and up * down > 0:
        entry.same_side = True
        entry.did("kept", f"both sides change the rate the same way: {up:+.2%} and {down:+.2%}")
    filled = nominal.sumw > FLOOR
    for label, side in zip(SIDES, sides, strict=True):
        relative = np.zeros(len(filled))
        relative[filled] = np.abs(side.sumw[filled] / nominal.sumw[filled] - 1)
        bins = np.flatnonzero(relative > 1)
        rate = abs(side.total / nominal.total - 1)
        if rate > 1 or len(bins):
            entry.large = True
            where = f"; bins {', '.join(map(str, bins + 1))}" if len(bins) else ""
            entry.did("kept", f"changes by more than 100 %: rate by {rate:.0%}{where}", label)


def _pruned(
    definition: Definition,
    nominal: Template,
    sides: tuple[Template, Template],
    pruning: Pruning,
    entry: EffectEntry,
) -> tuple[Template, Template] | None:
    up, down = sides
    found = prune(
        nominal.sumw,
        up.sumw,
        down.sumw,
        norm_threshold=pruning.norm,
        shape_threshold=pruning.shape,
    )
    entry.shape = found.shape_size
    entry.keep(
        norm=None if definition.effect == "shape" else found.norm,
        shape=None if definition.effect == "norm" else found.shape,
    )
    if not found.norm and definition.effect != "shape":
        entry.did("rate dropped", _below("rate", found.norm_size, pruning.norm))
    if not found.shape and definition.effect != "norm":
        entry.did("shape dropped", _below("every bin", found.shape_size, pruning.shape))
    match found.norm, found.shape:
        case True, True:
            return sides
        case False, False:
            return None
    part = norm_only if found.norm else shape_only
    above, below = (
        Template(part(nominal.sumw, side.sumw), side.sumw2, side.events) for side in sides
    )
    return above, below


def _below(what: str, size: float, threshold: float) -> str:
    if size < 1e-9:
        return f"{what} does not change"
    return f"{what} changes by {size:.2e} at most, less than {threshold:g}"
