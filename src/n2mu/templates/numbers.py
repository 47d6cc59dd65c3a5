"""Systematics given by number: they need no template, but are pruned as the others are."""

from n2mu.config.fits import Pruning
from n2mu.templates.effect import EffectEntry
from n2mu.templates.settings import NumberSystematic, TemplateSettings


def by_number(
    settings: TemplateSettings, region: str, sample: str, present: bool
) -> list[EffectEntry]:
    """Return what the systematics given by number do to a sample in a region.

    Parameters
    ----------
    present
        Whether the sample has a yield in the region.
    """
    entries = []
    for name, systematic in settings.numbers.items():
        if sample not in systematic.samples or region not in systematic.regions:
            continue
        parameter = systematic.parameters[region][sample]
        entry = EffectEntry(region, sample, name, systematic.kind, parameter)
        if present:
            _prune(entry, systematic, settings.pruning)
        else:
            entry.without_events()
        entries.append(entry)
    return entries


def _prune(entry: EffectEntry, systematic: NumberSystematic, pruning: Pruning) -> None:
    size = max(abs(systematic.up), abs(systematic.down))
    if systematic.per_bin:
        entry.norm_up, entry.norm_down, entry.shape = 0.0, 0.0, size
        entry.keep(norm=None, shape=size >= pruning.shape)
        threshold = pruning.shape
    else:
        entry.norm_up, entry.norm_down, entry.shape = systematic.up, systematic.down, 0.0
        entry.keep(norm=size > 0 and size >= pruning.norm, shape=None)
        threshold = pruning.norm
    if entry.status == "dropped":
        entry.did("dropped", f"changes by {size:.2e} at most, less than {threshold:g}")
