"""What the configuration asks of the ntuples of a data set, key by key."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from n2mu.config.acting import affected_samples
from n2mu.config.configuration import Configuration, score_names
from n2mu.config.features import Feature
from n2mu.config.inputs import DataSet, Inputs
from n2mu.config.kinds.sources import InputSource, TreeSource, WeightSource
from n2mu.config.names import matching
from n2mu.config.samples import Sample
from n2mu.config.splitting import RegionPart
from n2mu.expressions import parse
from n2mu.workflow.analysis import Analysis

RUN, EVENT = "inputs.yaml: run", "inputs.yaml: event"
SUM = "inputs.yaml: sum_of_weights"
Bounds = tuple[str, str, float | None, float | None]
Acting = Mapping[str, frozenset[str]]
"""Samples that each systematic acts on."""


class Question(NamedTuple):
    """An expression that is computed for the events of a data set.

    Attributes
    ----------
    key
        The file and key that ask.
    weight
        Whether it is a weight, which must be finite for every event.
    """

    key: str
    text: str
    weight: bool = False


class Asked(NamedTuple):
    """All that is asked of a data set.

    Attributes
    ----------
    name, tree, data
        As of the data set.
    questions
        Expressions on its events.
    numbers
        Branches with run and event number, by key.
    keeps_repeated
        Whether simulated events may stand more than once.
    lists
        Branches with the labels of objects, by key.
    scores
        Columns that are there later, of models that are trained.
    trees
        Varied trees by key.
    columns
        Branches that varied trees have as well.
    sums
        Branches or histograms with sums of weights, by key.
    weight
        Factors of the nominal weight.
    whole
        Whether its events are those of its samples in every sense, not in the place of others.
    regions, samples
        Selections by name; ghosts are left out, they may overlap with others.
    together
        Pairs of regions that enter one likelihood.
    binned
        Region, observable, and between what values events are in a bin, beyond its first or
        before its last one, where edges are given.
    preselection, features
        As configured.
    """

    name: str
    tree: str
    data: bool
    questions: list[Question]
    numbers: dict[str, str]
    keeps_repeated: bool
    lists: dict[str, str]
    scores: list[str]
    trees: dict[str, str]
    columns: list[str]
    sums: dict[str, str]
    weight: list[str]
    whole: bool
    regions: dict[str, str]
    samples: dict[str, str]
    together: list[tuple[str, str]]
    binned: list[Bounds]
    preselection: str
    features: dict[str, Feature]


def asked_of_all(analysis: Analysis) -> dict[str, Asked]:
    """Return what the configuration asks of every data set.

    Raises
    ------
    ConfigurationError
        If the configuration contradicts itself.
    """
    configuration = analysis.configuration
    # compared by name, which takes no time beside comparing all that is known of a data set
    own: dict[str, set[str]] = {name: set() for name in analysis.data_sets}
    for sample, data_sets in analysis.data_sets_of.items():
        for data_set in data_sets:
            own[data_set.name].add(sample)
    acting = {
        name: frozenset(
            affected_samples(
                systematic, configuration.samples, f"systematics.yaml: systematics.{name}"
            )
        )
        for name, systematic in configuration.systematics.systematics.items()
    }
    return {name: _asked(analysis, own[name], acting, d) for name, d in analysis.data_sets.items()}


def _asked(analysis: Analysis, own: set[str], acting: Acting, data_set: DataSet) -> Asked:
    configuration = analysis.configuration
    regions = configuration.regions.given
    samples = {
        name: sample
        for name, sample in configuration.samples.samples.items()
        if name in own or _varied_by(configuration, acting, name, data_set)
    }
    apart = {model for models in configuration.scored_apart.values() for model in models}
    scores = score_names(configuration, [*configuration.main.models, *sorted(apart)])
    return Asked(
        name=data_set.name,
        tree=data_set.tree,
        data=data_set.data,
        questions=[
            *_of_events(configuration, samples, data_set),
            *_of_models(configuration, data_set),
            *_of_weights(configuration, acting, samples, data_set),
        ],
        numbers=_numbers(configuration.inputs),
        keeps_repeated=not data_set.data and configuration.inputs.repeated_events == "keep",
        lists={} if data_set.data else dict(_labels(configuration)),
        scores=list(scores),
        trees=dict(_trees(configuration, acting, own, data_set)),
        columns=analysis.columns(data_set.name),
        sums=dict(_sums(configuration, acting, samples, data_set)),
        weight=list((configuration.inputs.weight | data_set.weight).values()),
        whole=bool(own),
        regions={name: region.selection for name, region in regions.items()},
        samples={
            name: sample.selection for name, sample in samples.items() if sample.kind != "ghost"
        },
        together=_together(configuration),
        binned=_binned(configuration),
        preselection=configuration.regions.preselection,
        features=configuration.features.features,
    )


def _numbers(inputs: Inputs) -> dict[str, str]:
    named = {RUN: inputs.run, EVENT: inputs.event}
    return {key: branch for key, branch in named.items() if branch is not None}


def _together(configuration: Configuration) -> list[tuple[str, str]]:
    pairs: dict[tuple[str, str], None] = {}
    regions = configuration.regions.regions
    for fit in configuration.fits.fits.values():
        chosen = (regions[name] for name in fit.all_regions)
        # parts of one region share nothing, and each lies inside of it
        whole = [
            region.whole if isinstance(region, RegionPart) else name
            for name, region in zip(fit.all_regions, chosen, strict=True)
        ]
        names = list(dict.fromkeys(whole))
        for place, first in enumerate(names):
            pairs |= {(first, second): None for second in names[place + 1 :]}
    return list(pairs)


def _binned(configuration: Configuration) -> list[Bounds]:
    """Return where edges are given and for what."""
    found: dict[Bounds, None] = {}
    for fit in configuration.fits.fits.values():
        for name in fit.all_regions:
            region = configuration.regions.regions[name]
            edges, uniform = region.binning.edges, region.binning.uniform
            if uniform is not None:
                width = (uniform.high - uniform.low) / uniform.bins
                edges = [uniform.low + i * width for i in range(uniform.bins + 1)]
            if edges is None or name not in configuration.regions.given:
                continue
            observable = region.observable or fit.observable
            found[name, observable, edges[0], edges[-1]] = None
            if len(edges) > 2:
                found |= {(name, observable, edges[1], None): None}
                found |= {(name, observable, None, edges[-2]): None}
    return list(found)


def _varied_by(
    configuration: Configuration, acting: Acting, sample: str, data_set: DataSet
) -> bool:
    """Tell whether a data set takes the place of a sample's own in a systematic."""
    inputs = configuration.inputs.inputs
    for name, systematic in configuration.systematics.systematics.items():
        if sample not in acting[name]:
            continue
        for source in systematic.sources.values():
            if isinstance(source, InputSource) and data_set.input in matching(
                source.inputs, inputs, f"systematics.{name}", "input"
            ):
                return True
    return False


def _of_events(
    configuration: Configuration, samples: dict[str, Sample], data_set: DataSet
) -> Iterator[Question]:
    regions = configuration.regions
    yield Question("regions.yaml: preselection", regions.preselection)
    if regions.training is not None and not data_set.data:
        yield Question("regions.yaml: training", regions.training)
    for name, region in regions.given.items():
        yield Question(f"regions.yaml: regions.{name}.selection", region.selection)
        if region.split is not None:
            yield Question(f"regions.yaml: regions.{name}.split.by", region.split.by)
        if region.observable is not None:
            yield Question(f"regions.yaml: regions.{name}.observable", region.observable)
    for name, sample in samples.items():
        yield Question(f"samples.yaml: samples.{name}.selection", sample.selection)
    for name, fit in configuration.fits.fits.items():
        yield Question(f"fits.yaml: fits.{name}.observable", fit.observable)
    for name, feature in configuration.features.features.items():
        if feature.branches is None:
            yield Question(f"features.yaml: features.{name}", feature.expression or name)


def _of_models(configuration: Configuration, data_set: DataSet) -> Iterator[Question]:
    """Yield what classifiers are trained and judged with besides their features."""
    if data_set.data:
        return
    models = configuration.models
    for key, text in models.evaluation.expressions.items():
        yield Question(f"models.yaml: evaluation.{key}", text)
    places = {name: f"models.yaml: models.{name}" for name in models.models}
    for name, study in configuration.studies.items():
        places |= dict.fromkeys(study.models(name), f"studies/{name}.yaml: variants")
        for key, text in study.expressions.items():
            if parse(text).names:
                yield Question(f"studies/{name}.yaml: {key}", text)
    labels = dict(_labels(configuration)).values()
    for name, classifier in models.models.items():
        for text in classifier.expressions:
            if parse(text).names and text not in labels:
                yield Question(places[name], text)


def _labels(configuration: Configuration) -> Iterator[tuple[str, str]]:
    for name, classifier in configuration.models.models.items():
        if classifier.labels is not None:
            yield f"models.yaml: models.{name}.labels.branch", classifier.labels.branch


def _of_weights(
    configuration: Configuration, acting: Acting, samples: dict[str, Sample], data_set: DataSet
) -> Iterator[Question]:
    if data_set.data:
        return
    for name, text in configuration.inputs.weight.items():
        own = data_set.weight.get(name)
        place = "weight" if own is None else f"inputs.{data_set.input}.weight"
        yield Question(f"inputs.yaml: {place}.{name}", own or text, weight=True)
    for name, systematic in configuration.systematics.systematics.items():
        key = f"systematics.yaml: systematics.{name}"
        if acting[name].isdisjoint(samples):
            continue
        for source in systematic.sources.values():
            if isinstance(source, WeightSource):
                yield Question(f"{key}.{source.key}", source.expression, weight=True)


def _trees(
    configuration: Configuration, acting: Acting, own: set[str], data_set: DataSet
) -> Iterator[tuple[str, str]]:
    for name, systematic in configuration.systematics.systematics.items():
        if acting[name].isdisjoint(own):
            continue
        for source in systematic.sources.values():
            if not isinstance(source, TreeSource):
                continue
            if source.inputs is not None and data_set.input not in matching(
                source.inputs, configuration.inputs.inputs, f"systematics.{name}.inputs", "input"
            ):
                continue
            yield f"systematics.yaml: systematics.{name}.{source.key}", source.tree


def _sums(
    configuration: Configuration, acting: Acting, samples: dict[str, Sample], data_set: DataSet
) -> Iterator[tuple[str, str]]:
    sums = configuration.inputs.sum_of_weights
    if data_set.data or not sums.nominal:
        return
    yield SUM, sums.nominal
    for name, systematic in configuration.systematics.systematics.items():
        key = f"systematics.yaml: systematics.{name}"
        if acting[name].isdisjoint(samples):
            continue
        for source in systematic.sources.values():
            if isinstance(source, WeightSource) and source.sum is not None:
                yield f"{key}.{source.sum_key}", source.sum
