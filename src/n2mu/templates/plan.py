"""What is filled from each table of events: which samples, and which variations of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from n2mu.skim.read import NOMINAL
from n2mu.templates.settings import TemplateSettings

WEIGHT = "n2mu_weight"


@dataclass(frozen=True)
class Layer:
    """Samples that share no event, and what is filled of them from one table.

    Attributes
    ----------
    samples
        Names.
    columns
        Weight column of each variation.
    """

    samples: list[str]
    columns: dict[str, str] = field(default_factory=dict)


def variations(settings: TemplateSettings, sample: str) -> Iterator[str]:
    """Yield the variations of a sample that are filled, the nominal first."""
    yield NOMINAL
    for name, systematic in settings.systematics.items():
        if sample in systematic.samples:
            for ending in systematic.filled:
                yield f"{name}_{ending}"


def layers(settings: TemplateSettings, data_set: str) -> dict[str, list[Layer]]:
    """Return what is filled from a data set, by kind of its tables.

    The first layer of the nominal table is that of the expectation (or of the
    observed events): its samples must not share events, or these would count twice.
    """
    together = [
        name
        for name, sample in settings.samples.items()
        if data_set in sample.data_sets and sample.kind != "ghost"
    ]
    result: dict[str, list[Layer]] = {}
    if together:
        for kind, columns in _varied(settings, together, data_set).items():
            result.setdefault(kind, []).append(Layer(together, columns))
    for name, sample in settings.samples.items():
        if data_set in sample.data_sets and sample.kind == "ghost":
            result.setdefault(NOMINAL, []).append(Layer([name], {NOMINAL: WEIGHT}))
    for name, systematic in settings.systematics.items():
        for ending, source in systematic.filled.items():
            if data_set in (source.data_sets or []):
                result.setdefault(NOMINAL, []).extend(
                    Layer([sample], {f"{name}_{ending}": WEIGHT}) for sample in systematic.samples
                )
    return result


def _varied(
    settings: TemplateSettings, samples: list[str], data_set: str
) -> dict[str, dict[str, str]]:
    """Return the weight columns of the variations of samples, by kind of table."""
    kinds = {NOMINAL: {NOMINAL: WEIGHT}}
    for name, systematic in settings.systematics.items():
        if not set(samples) & set(systematic.samples):
            continue
        kept = any(data_set in sets for sets in systematic.nominal_data_sets.values())
        for ending, source in systematic.filled.items():
            if source.data_sets is None:
                table = NOMINAL if kept or source.table is None else source.table
                kinds.setdefault(table, {})[f"{name}_{ending}"] = source.column or WEIGHT
    return kinds
