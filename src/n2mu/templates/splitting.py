"""Where the parts of regions end that are split into equal shares of some samples."""

from collections.abc import Mapping
from pathlib import Path

from n2mu.config.regions import Binning
from n2mu.errors import TemplateError
from n2mu.skim.read import Skim
from n2mu.templates.binning import quantile_edges
from n2mu.templates.filling import Filler
from n2mu.templates.settings import TemplateRegion, TemplateSettings


def with_chosen_edges(
    settings: TemplateSettings, skim: Skim, scores: Mapping[str, Path]
) -> TemplateSettings:
    """Return the settings with the edges of all parts.

    The nominal events of the samples that a split names choose them; samples,
    variations and data are divided by the same edges.

    Parameters
    ----------
    skim, scores
        As for `Filler`.

    Raises
    ------
    TemplateError
        If the samples have no yield in the region, or too few distinct values.
    """
    chosen: dict[str, list[float]] = {}
    regions = {}
    for name, region in settings.regions.items():
        split = region.split
        if split is None or split.edges:
            regions[name] = region
            continue
        if split.whole not in chosen:
            chosen[split.whole] = _edges(settings, region, skim, scores)
        told = split.model_copy(update={"edges": chosen[split.whole]})
        regions[name] = region.model_copy(update={"split": told})
    return settings.model_copy(update={"regions": regions})


def _edges(
    settings: TemplateSettings, part: TemplateRegion, skim: Skim, scores: Mapping[str, Path]
) -> list[float]:
    """Return the edges as those of a region whose observable is what it is split by."""
    split = part.split
    assert split is not None
    whole = TemplateRegion(
        role=part.role,
        selection=part.selection,
        observable=split.by,
        binning=Binning(quantiles=split.bins),
    )
    asked = settings.model_copy(
        update={
            "regions": {split.whole: whole},
            "samples": {name: settings.samples[name] for name in split.of},
            "systematics": {},
        }
    )
    try:
        events = Filler(asked, skim, scores).candidates([split.whole])[split.whole]
        edges = quantile_edges(events.values, events.weights, split.bins, split.whole)
    except TemplateError as error:
        raise TemplateError(f"regions.yaml: regions.{split.whole}.split: {error}") from None
    return [float(edge) for edge in edges]
