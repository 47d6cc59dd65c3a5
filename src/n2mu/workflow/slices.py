"""Slices: what each job is told of the configuration, and nothing more.

A job reruns when its slice changes.  So a slice holds exactly what the stage
uses: no paths of directories, no titles where nothing is drawn, no systematic
that does not act on the events at hand.
"""

from collections.abc import Iterable, Iterator

from n2mu.config.coherence import Configuration, score_names
from n2mu.config.features import Feature
from n2mu.config.inputs import DataSet, data_sets
from n2mu.config.names import matching
from n2mu.config.samples import Sample
from n2mu.config.systematics import NormSystematic, TreeSystematic, WeightSystematic
from n2mu.errors import ConfigurationError
from n2mu.evaluation.settings import EvaluateSettings, EvaluationSample
from n2mu.expressions import parse
from n2mu.fit.settings import FitSettings
from n2mu.inputs.identity import NtupleFile
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.plots.settings import PlotSettings, RegionStyle, SampleStyle
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.skim.settings import CutflowSettings, SkimDataSet, SkimSettings, WeightVariation
from n2mu.templates.settings import (
    FreeFactor,
    Normalisation,
    NormEffect,
    TemplateRegion,
    TemplateSample,
    TemplateSettings,
    TemplateSystematic,
    WorkspaceSettings,
)
from n2mu.training.settings import TrainingSample, TrainSettings


class Slices:
    """Makes the settings of every job of an analysis.

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
        self._configuration = configuration
        self._listing = listing
        self._data_sets = {d.name: d for d in data_sets(configuration.inputs)}
        listed = {name for file in listing.files for name in file.data_sets}
        for name in self._data_sets:
            if name not in listed:
                raise ConfigurationError(
                    f"{configuration.directory}/inputs.yaml: data set '{name}' has no listed "
                    "ntuple; run 'n2mu list'"
                )

    @property
    def chunks(self) -> list[str]:
        """Names of all chunks with ntuples of this analysis."""
        return [c for c, files in self._listing.chunks.items() if any(self._members(files))]

    def ntuples(self, chunk: str) -> list[ListedFile]:
        """Return the files of one chunk."""
        return self._listing.chunks[chunk]

    def skim(self, chunk: str) -> SkimSettings:
        """Return what the skim of one chunk is told."""
        inputs = self._configuration.inputs
        regions = self._configuration.regions
        return SkimSettings(
            chunk=chunk,
            run=inputs.run,
            event=inputs.event,
            sum_of_weights=inputs.sum_of_weights,
            weight=inputs.weight,
            preselection=regions.preselection,
            training=regions.training,
            columns=self._columns(),
            data_sets=[
                SkimDataSet(
                    name=name,
                    tree=self._data_sets[name].tree,
                    files=files,
                    weight_variations=self._weight_variations(name),
                    tree_variations=self._tree_variations(name),
                )
                for name, files in self._members(self.ntuples(chunk))
            ],
        )

    def cutflow(self) -> CutflowSettings:
        """Return what the cutflow table is told."""
        return CutflowSettings(
            expected={n: d.luminosity * d.cross_section for n, d in self._data_sets.items()}
        )

    def train(self, model: str, fold: int) -> TrainSettings:
        """Return what the training of one fold is told."""
        models = self._configuration.models
        regions = self._configuration.regions
        classifier = models.models[model]
        return TrainSettings(
            model=model,
            fold=fold,
            folds=models.folds,
            classes=models.classes,
            signal_class=models.signal_class,
            classifier=classifier,
            features=self._features(model),
            training_selection=regions.training,
            validation_selection=regions.regions[classifier.validation_region].selection,
            samples=[
                TrainingSample(
                    data_set=data_set.name,
                    sample=name,
                    training_class=sample.training_class,
                    selection=sample.selection,
                    luminosity=data_set.luminosity,
                    cross_section=data_set.cross_section,
                )
                for name, sample in self._configuration.samples.samples.items()
                if sample.training_class is not None
                for data_set in self._data_sets_of(sample)
            ],
        )

    def score(self, chunk: str) -> ScoreSettings:
        """Return what the scoring of one chunk is told."""
        return ScoreSettings(
            chunk=chunk,
            event=self._configuration.inputs.event,
            models=self._configuration.main.models,
            data_sets=[
                ScoredDataSet(
                    name=name,
                    tree=self._data_sets[name].tree,
                    tree_variations=self._tree_variations(name),
                    files=files,
                )
                for name, files in self._members(self.ntuples(chunk))
            ],
        )

    def evaluate(self) -> EvaluateSettings:
        """Return what the evaluation of all models is told."""
        models = self._configuration.models
        region = models.evaluation_region
        return EvaluateSettings(
            models=self._configuration.main.models,
            region=region,
            selection=self._configuration.regions.regions[region].selection,
            classes=models.classes,
            signal_class=models.signal_class,
            samples=[
                EvaluationSample(
                    data_set=data_set.name,
                    training_class=sample.training_class,
                    selection=sample.selection,
                    luminosity=data_set.luminosity,
                    cross_section=data_set.cross_section,
                )
                for sample in self._configuration.samples.samples.values()
                if sample.training_class is not None
                for data_set in self._data_sets_of(sample)
            ],
        )

    def templates(self, fit: str) -> TemplateSettings:
        """Return what the templates of one fit are told."""
        options = self._configuration.fits.fits[fit]
        regions = {}
        for name in options.regions:
            region = self._configuration.regions.regions[name]
            regions[name] = TemplateRegion(
                role=region.role,
                selection=region.selection,
                observable=region.observable or options.observable,
                binning=region.binning,
            )
        observed = {n for region in regions.values() for n in parse(region.observable).names}
        trained = score_names(self._configuration.models, self._configuration.main.models)
        samples = self._configuration.samples.samples
        used = {d.name: d for sample in samples.values() for d in self._data_sets_of(sample)}
        return TemplateSettings(
            fit=fit,
            regions=regions,
            samples={
                name: TemplateSample(
                    kind=sample.kind,
                    selection=sample.selection,
                    data_sets=[d.name for d in self._data_sets_of(sample)],
                )
                for name, sample in samples.items()
            },
            data_sets={
                name: Normalisation(luminosity=d.luminosity, cross_section=d.cross_section)
                for name, d in used.items()
            },
            systematics=self._template_systematics(),
            scores=sorted(observed & set(trained)),
            blinding_threshold=options.blinding_threshold,
        )

    def workspace(self, fit: str) -> WorkspaceSettings:
        """Return what the workspace of one fit is told."""
        options = self._configuration.fits.fits[fit]
        samples = self._configuration.samples.samples
        return WorkspaceSettings(
            fit=fit,
            regions=options.regions,
            samples={name: sample.kind for name, sample in samples.items()},
            norms={
                name: NormEffect(
                    samples=self._affected(systematic.samples),
                    up=systematic.up,
                    down=systematic.down,
                )
                for name, systematic in self._configuration.systematics.systematics.items()
                if isinstance(systematic, NormSystematic)
            },
            shapes={name: s.samples for name, s in self._template_systematics().items()},
            norm_factors={
                name: FreeFactor(
                    samples=self._affected(factor.samples),
                    nominal=factor.nominal,
                    bounds=factor.bounds,
                )
                for name, factor in self._configuration.fits.norm_factors.items()
            },
            poi=options.poi,
            asimov_mu=options.asimov_mu,
            mc_statistics_threshold=options.mc_statistics_threshold,
        )

    def fit(self, fit: str) -> FitSettings:
        """Return what the fit and its ranking are told."""
        options = self._configuration.fits.fits[fit]
        groups: dict[str, list[str]] = {}
        for name, systematic in self._configuration.systematics.systematics.items():
            groups.setdefault(systematic.group, []).append(name)
        return FitSettings(
            analysis=self._configuration.main.analysis,
            fit=fit,
            observable=options.observable,
            dataset="asimov",
            poi=options.poi,
            roles={
                name: self._configuration.regions.regions[name].role for name in options.regions
            },
            kinds={n: s.kind for n, s in self._configuration.samples.samples.items()},
            groups=groups,
            asimov_mu=options.asimov_mu,
            blinding={"threshold": options.blinding_threshold},
            check=options.check,
            allowed_gates=options.allowed_gates,
        )

    def plots(self) -> PlotSettings:
        """Return what figures and tables are told."""
        configuration = self._configuration
        titles = {n: s.title for n, s in configuration.systematics.systematics.items()}
        titles |= {n: f.title for n, f in configuration.fits.norm_factors.items()}
        return PlotSettings(
            labels=configuration.main.labels,
            regions={
                name: RegionStyle(title=region.title, axis=region.axis, role=region.role)
                for name, region in configuration.regions.regions.items()
            },
            samples={
                name: SampleStyle(title=sample.title, colour=sample.colour, kind=sample.kind)
                for kind in ("background", "signal")  # stacked from the bottom
                for name, sample in reversed(configuration.samples.samples.items())
                if sample.kind == kind
            },
            parameters={name: title for name, title in titles.items() if title is not None},
        )

    def _members(self, files: Iterable[ListedFile]) -> Iterator[tuple[str, list[NtupleFile]]]:
        """Yield the data sets of the analysis among files, with their files."""
        members: dict[str, list[NtupleFile]] = {}
        for file in files:
            for name in file.data_sets:
                if name in self._data_sets:
                    members.setdefault(name, []).append(
                        NtupleFile(
                            base=file.base,
                            path=file.path,
                            identity=file.content,
                            entries=file.entries,
                        )
                    )
        yield from members.items()

    def _data_sets_of(self, sample: Sample) -> list[DataSet]:
        inputs = matching(sample.inputs, self._configuration.inputs.inputs, "samples.yaml", "input")
        return [d for d in self._data_sets.values() if d.input in inputs]

    def _affected(self, patterns: list[str]) -> list[str]:
        return matching(patterns, self._configuration.samples.samples, "systematics.yaml", "sample")

    def _acting(self, data_set: str) -> Iterator[tuple[str, WeightSystematic | TreeSystematic]]:
        """Yield the systematics that vary the events of a data set."""
        samples = self._configuration.samples.samples
        present = {
            name
            for name, sample in samples.items()
            if any(d.name == data_set for d in self._data_sets_of(sample))
        }
        for name, systematic in self._configuration.systematics.systematics.items():
            if systematic.kind != "norm" and present & set(self._affected(systematic.samples)):
                yield name, systematic

    def _weight_variations(self, data_set: str) -> list[WeightVariation]:
        result = []
        for name, systematic in self._acting(data_set):
            if not isinstance(systematic, WeightSystematic):
                continue
            sides = [("up", systematic.up, systematic.sum_up)]
            if systematic.down is not None:
                sides.append(("down", systematic.down, systematic.sum_down))
            result += [
                WeightVariation(
                    name=f"{name}_{side}",
                    factor=systematic.factor,
                    expression=expression,
                    sum=own_sum,
                )
                for side, expression, own_sum in sides
            ]
        return result

    def _tree_variations(self, data_set: str) -> list[str]:
        trees: dict[str, None] = {}
        for _, systematic in self._acting(data_set):
            if isinstance(systematic, TreeSystematic):
                trees |= {t: None for t in (systematic.up, systematic.down) if t is not None}
        return list(trees)

    def _template_systematics(self) -> dict[str, TemplateSystematic]:
        result = {}
        for name, systematic in self._configuration.systematics.systematics.items():
            affected = self._affected(systematic.samples)
            if isinstance(systematic, WeightSystematic):
                down = None if systematic.down is None else f"n2mu_weight_{name}_down"
                result[name] = TemplateSystematic(
                    kind="weight", samples=affected, up=f"n2mu_weight_{name}_up", down=down
                )
            elif isinstance(systematic, TreeSystematic):
                result[name] = TemplateSystematic(
                    kind="tree", samples=affected, up=systematic.up, down=systematic.down
                )
        return result

    def _features(self, model: str) -> dict[str, Feature]:
        """Return the features of a model; patterns do not reach collections."""
        features = self._configuration.features.features
        patterns = self._configuration.models.models[model].features
        chosen = matching(patterns, features, f"models.yaml: models.{model}.features", "feature")
        return {
            name: features[name]
            for name in chosen
            if features[name].kind != "collection" or name in patterns
        }

    def _columns(self) -> list[str]:
        """Return every branch that regions, samples, observables and features name.

        All regions, models and fits count, used now or not: choosing another
        one later needs no new skim.
        """
        configuration = self._configuration
        regions = configuration.regions
        texts = [regions.preselection, regions.training]
        texts += [region.selection for region in regions.regions.values()]
        texts += [r.observable for r in regions.regions.values() if r.observable is not None]
        texts += [sample.selection for sample in configuration.samples.samples.values()]
        texts += [fit.observable for fit in configuration.fits.fits.values()]
        names: set[str] = set()
        for text in texts:
            names |= parse(text).names
        for name, feature in configuration.features.features.items():
            if feature.branches is not None:
                names |= set(feature.branches)
            else:
                names |= parse(feature.expression or name).names
        return sorted(names - set(score_names(configuration.models, configuration.models.models)))
