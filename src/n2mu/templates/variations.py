"""From filled templates to the two sides of a systematic, step by step.

Combined or compared to a reference, smoothed, symmetrised, mended, reduced to its rate
or its shape, pruned: in this order.  Smoothing comes before symmetrisation so that the
sides are symmetric in the end; both come before mending, as they work on yields as filled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from n2mu.config.fits import Pruning
from n2mu.skim.read import NOMINAL
from n2mu.templates.combine import COMBINATIONS
from n2mu.templates.effect import EffectEntry
from n2mu.templates.histogram import Key, Template
from n2mu.templates.mend import FLOOR, mend_variation
from n2mu.templates.prune import norm_only, prune, shape_only
from n2mu.templates.settings import TemplateSystematic
from n2mu.templates.smooth import smooth_max_variation, smooth_ratio
from n2mu.templates.symmetrise import DESCRIPTIONS, symmetrise

FloatArray = npt.NDArray[np.float64]
Sides = tuple[Template, Template | None]
Side = Literal["up", "down"]
SIDES: Final[tuple[Side, Side]] = ("up", "down")

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
    pruning: Pruning,
) -> Varied:
    """Return what a systematic does to a sample in a region.

    Parameters
    ----------
    raw
        Templates as filled, by region, sample and variation.
    nominal
        The mended nominal of the sample.
    """
    entry = EffectEntry(
        region, sample, name, systematic.kind, systematic.parameters[region][sample]
    )
    as_filled = raw[region, sample, NOMINAL]
    filled = _filled(name, systematic, region, sample, raw, entry)
    if filled is None:
        entry.keep(norm=False, shape=False)
        return Varied(entry, None)
    smoothed = _smoothed(systematic, as_filled, filled, entry)
    up, down = _symmetrised(systematic, as_filled, smoothed, entry)
    sides = (
        _mended(as_filled, nominal, up, "up", entry),
        _mended(as_filled, nominal, down, "down", entry),
    )
    sides = _reduced(systematic, nominal, sides, entry)
    _describe(nominal, sides, entry)
    unsmoothed = filled if entry.smoothed is not None else None
    return Varied(entry, _pruned(systematic, nominal, sides, pruning, entry), unsmoothed)


def _filled(
    name: str,
    systematic: TemplateSystematic,
    region: str,
    sample: str,
    raw: Mapping[Key, Template],
    entry: EffectEntry,
) -> Sides | None:
    """Return the sides before anything is done to them; none if there is no such effect."""
    nominal = raw[region, sample, NOMINAL]
    if systematic.kind == "set":
        assert systematic.combine is not None
        members = [raw[region, sample, f"{name}_{ending}"].sumw for ending in systematic.filled]
        sides = COMBINATIONS[systematic.combine](nominal.sumw, np.array(members))
        entry.did(f"{len(members)} members combined", systematic.combine.replace("_", " "))
        up, down = (Template(side, nominal.sumw2, nominal.events) for side in sides)
        return up, down
    if systematic.kind == "sample":
        assert systematic.up is not None
        others = [raw[region, systematic.up, NOMINAL]]
        if systematic.down is not None:
            others.append(raw[region, systematic.down, NOMINAL])
        if _lacking(others, entry):
            return None
        if systematic.reference is not None:
            reference = raw[region, systematic.reference, NOMINAL]
            if not reference.total > 0:
                entry.did("dropped", f"reference '{systematic.reference}' has no yield here")
                return None
            others = [_relative_to(reference, nominal, other, entry) for other in others]
        return others[0], others[1] if len(others) > 1 else None
    kept = systematic.nominal_data_sets.get(sample, [])
    if kept:
        entry.did(
            f"nominal events kept of {len(kept)} data sets", f"{', '.join(kept)} have no such trees"
        )
    up_side = raw[region, sample, f"{name}_up"]
    down_side = None if systematic.one_sided else raw[region, sample, f"{name}_down"]
    if systematic.kind == "input" and _lacking([up_side, down_side], entry):
        return None
    return up_side, down_side


def _lacking(others: Sequence[Template | None], entry: EffectEntry) -> bool:
    """Tell whether other simulated events lack where they are compared: no effect is known."""
    for side, other in zip(SIDES, others, strict=False):
        if other is not None and not other.events:
            entry.did("dropped", "what takes the sample's place has no event here", side)
            return True
    return False


def _relative_to(
    reference: Template, nominal: Template, other: Template, entry: EffectEntry
) -> Template:
    """Return the nominal times the ratio of a sample to its reference, bin by bin."""
    known = reference.sumw > 0
    if not known.all():
        entry.did(
            f"bins {', '.join(map(str, np.flatnonzero(~known)))} left at the nominal",
            "the reference has no positive yield there",
        )
    below = np.where(known, reference.sumw, 1.0)
    ratio = np.where(known, other.sumw / below, 1.0)
    # errors of both samples, which share no event
    variance = np.where(known, (other.sumw2 + ratio**2 * reference.sumw2) / below**2, 0.0)
    return Template(nominal.sumw * ratio, nominal.sumw**2 * variance, other.events)


def _smoothed(
    systematic: TemplateSystematic, nominal: Template, sides: Sides, entry: EffectEntry
) -> Sides:
    if systematic.smoothing == "none":
        return sides
    correlated = systematic.kind in ("weight", "set")
    result: list[Template | None] = []
    for label, side in zip(SIDES, sides, strict=True):
        if side is None:
            result.append(None)
            continue
        if systematic.smoothing == "353QH":
            smooth = smooth_ratio(nominal.sumw, side.sumw)
        else:
            smooth = smooth_max_variation(
                nominal.sumw, nominal.sumw2, side.sumw, side.sumw2, correlated=correlated
            )
        entry.did(smooth.what, f"smoothing {systematic.smoothing}", label)
        if smooth.changed:
            entry.smoothed = systematic.smoothing
        result.append(Template(smooth.sumw, side.sumw2, side.events))
    up, down = result
    assert up is not None
    return up, down


def _symmetrised(
    systematic: TemplateSystematic, nominal: Template, sides: Sides, entry: EffectEntry
) -> tuple[Template, Template]:
    up, down = sides
    kind = systematic.symmetrisation
    if kind is None:
        assert down is not None
        return up, down
    changed = symmetrise(kind, nominal.sumw, up.sumw, None if down is None else down.sumw)
    entry.symmetrised = kind
    if kind == "one_sided":
        entry.did(DESCRIPTIONS[kind], "the systematic is one-sided", "down")
    else:
        entry.did(DESCRIPTIONS[kind], f"symmetrisation {kind}")
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
    systematic: TemplateSystematic,
    nominal: Template,
    sides: tuple[Template, Template],
    entry: EffectEntry,
) -> tuple[Template, Template]:
    """Leave of both sides what the systematic is to vary."""
    if systematic.effect == "norm_and_shape":
        return sides
    part = norm_only if systematic.effect == "norm" else shape_only
    left = "rate" if systematic.effect == "norm" else "shape"
    entry.did(f"only the {left} is used", f"effect {systematic.effect}")
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
            where = f"; bins {', '.join(map(str, bins))}" if len(bins) else ""
            entry.did("kept", f"changes by more than 100 %: rate by {rate:.0%}{where}", label)


def _pruned(
    systematic: TemplateSystematic,
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
        norm=None if systematic.effect == "shape" else found.norm,
        shape=None if systematic.effect == "norm" else found.shape,
    )
    if not found.norm and systematic.effect != "shape":
        entry.did("rate dropped", _below("rate", found.norm_size, pruning.norm))
    if not found.shape and systematic.effect != "norm":
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
