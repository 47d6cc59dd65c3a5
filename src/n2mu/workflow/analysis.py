"""An analysis as jobs need it: which events, variations and columns belong together."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from n2mu.config.acting import affected_samples
from n2mu.config.configuration import Configuration, score_names
from n2mu.config.features import Feature
from n2mu.config.inputs import DataSet, data_sets
from n2mu.config.kinds.sources import InputSource, TreeSource, WeightSource
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.names import matching
from n2mu.errors import ConfigurationError
from n2mu.expressions import ENTRY, parse
from n2mu.inputs.identity import NtupleFile
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.skim.settings import OnceSettings, WeightVariation


class Analysis:
    """The configuration of an analysis together with the listing of its ntuples.

    Parameters
    ----------
    configuration
        The checked configuration.
    listing
        The ntuples and their chunks.

    Raises
    ------
    ConfigurationError
        If a data set has no listed file.
    """

    def __init__(self, configuration: Configuration, listing: Listing) -> None:
        self.configuration = configuration
        self.listing = listing
        self.data_sets = {d.name: d for d in data_sets(configuration.inputs)}
        self._matching: dict[tuple[str, ...], list[str]] = {}
        listed = {name for file in listing.files for name in file.data_sets}
        for name in self.data_sets:
            if name not in listed:
                raise ConfigurationError(
                    f"{configuration.directory}/inputs.yaml: data set '{name}' has no listed "
                    "ntuple; run 'n2mu list'"
                )

    def members(self, files: Iterable[ListedFile]) -> Iterator[tuple[str, list[NtupleFile]]]:
        """Yield the data sets of the analysis among files, with their files."""
        members: dict[str, list[NtupleFile]] = {}
        for file in files:
            for name in file.data_sets:
                if name in self.data_sets:
                    members.setdefault(name, []).append(
                        NtupleFile(
                            base=file.base,
                            path=file.path,
                            identity=file.content,
                            entries=file.entries,
                        )
                    )
        yield from members.items()

    @cached_property
    def data_sets_of(self) -> dict[str, list[DataSet]]:
        """Data sets of each sample."""
        inputs = self.configuration.inputs.inputs
        result = {}
        for name, sample in self.configuration.samples.samples.items():
            chosen = matching(sample.inputs, inputs, f"samples.{name}.inputs", "input")
            result[name] = [d for d in self.data_sets.values() if d.input in chosen]
        return result

    def origins(self, names: Iterable[str]) -> dict[str, str]:
        """Return within what an event stands once per tree, of data sets of simulation."""
        # without event number nothing tells whether two events are one
        given = self.configuration.inputs.event is not None
        chosen = [self.data_sets[n] for n in names if given and not self.data_sets[n].data]
        return {
            d.name: f"{d.input if d.dsid is None else d.dsid} {d.campaign} {d.tree}" for d in chosen
        }

    def once(self, names: Iterable[str]) -> OnceSettings:
        """Return which of some data sets have every event once."""
        names = list(names)
        return OnceSettings(
            origins=self.origins(names),
            observed=[name for name in names if self.data_sets[name].data],
            repeated_events=self.configuration.inputs.repeated_events,
        )

    def data_sets_matching(self, patterns: Sequence[str]) -> list[str]:
        """Return the data sets of the inputs that patterns match."""
        key = tuple(patterns)
        if key not in self._matching:
            inputs = self.configuration.inputs.inputs
            chosen = set(matching(patterns, inputs, "inputs", "input"))
            data_sets = self.data_sets.items()
            self._matching[key] = [name for name, entry in data_sets if entry.input in chosen]
        return self._matching[key]

    @cached_property
    def _acting(self) -> dict[str, dict[str, Systematic]]:
        """Systematics that vary the events of each data set."""
        result: dict[str, dict[str, Systematic]] = {name: {} for name in self.data_sets}
        for name, systematic in self.configuration.systematics.systematics.items():
            for sample in affected_samples(systematic, self.configuration.samples, name):
                for data_set in self.data_sets_of[sample]:
                    result[data_set.name][name] = systematic
        return result

    def weight_variations(self, data_set: str) -> list[WeightVariation]:
        """Return the weight variations of a data set."""
        return [
            WeightVariation(
                name=f"{name}_{ending}",
                factor=source.factor,
                expression=source.expression,
                sum=source.sum,
            )
            for name, systematic in self._acting[data_set].items()
            for ending, source in systematic.sources.items()
            if isinstance(source, WeightSource)
        ]

    def tree_variations(self, data_set: str) -> list[str]:
        """Return the varied trees of a data set."""
        trees = {
            source.tree: None
            for systematic in self._acting[data_set].values()
            for source in systematic.sources.values()
            if isinstance(source, TreeSource) and self._has(data_set, source)
        }
        return list(trees)

    def _has(self, data_set: str, source: TreeSource) -> bool:
        """Tell whether a data set has a varied tree."""
        return source.inputs is None or data_set in self.data_sets_matching(source.inputs)

    def without_trees(self, systematic: Systematic, sample: str) -> list[str]:
        """Return the data sets of a sample that have no varied tree and stay as they are."""
        trees = [s for s in systematic.sources.values() if isinstance(s, TreeSource)]
        own = [data_set.name for data_set in self.data_sets_of[sample]]
        return [name for name in own if not all(self._has(name, tree) for tree in trees)]

    @cached_property
    def _replacing(self) -> dict[str, list[str]]:
        """Data sets that take the place of a sample's own in some variation."""
        result: dict[str, list[str]] = {}
        for name, systematic in self.configuration.systematics.systematics.items():
            chosen = [s for s in systematic.sources.values() if isinstance(s, InputSource)]
            others = self.data_sets_matching([pattern for s in chosen for pattern in s.inputs])
            for sample in affected_samples(systematic, self.configuration.samples, name):
                result.setdefault(sample, []).extend(others)
        return result

    def features(self, model: str) -> dict[str, Feature]:
        """Return the features of a model, without how figures show them.

        Patterns do not reach collections.
        """
        features = self.configuration.features.features
        patterns = self.configuration.models.models[model].features
        chosen = matching(patterns, features, f"models.yaml: models.{model}.features", "feature")
        return {
            name: features[name].model_copy(update={"title": None, "unit": None, "scale": 1.0})
            for name in chosen
            if features[name].kind != "collection" or name in patterns
        }

    def columns(self, data_set: str) -> list[str]:
        """Return every branch that regions, its samples, observables and features name.

        All regions, models and fits count, used now or not: choosing another
        one later needs no new skim.
        """
        configuration = self.configuration
        regions = configuration.regions
        texts = [regions.preselection]
        if not self.data_sets[data_set].data:
            texts.append(regions.training_selection)
            for classifier in configuration.models.models.values():
                texts += classifier.expressions
            texts += configuration.models.evaluation.expressions.values()
            for study in configuration.studies.values():
                texts += study.expressions.values()
        texts += [region.selection for region in regions.regions.values()]
        texts += [r.observable for r in regions.regions.values() if r.observable is not None]
        texts += [r.split.by for r in regions.regions.values() if r.split is not None]
        texts += [
            sample.selection
            for name, sample in configuration.samples.samples.items()
            if any(member.name == data_set for member in self.data_sets_of[name])
            or data_set in self._replacing.get(name, ())
        ]
        texts += [fit.observable for fit in configuration.fits.fits.values()]
        names: set[str] = set()
        for text in texts:
            names |= parse(text).names
        for name, feature in configuration.features.features.items():
            if feature.branches is not None:
                names |= set(feature.branches)
            else:
                names |= parse(feature.expression or name).names
        # the skim has the number of the entry anyway
        names.discard(ENTRY)
        return sorted(names - set(score_names(configuration, configuration.models.models)))
