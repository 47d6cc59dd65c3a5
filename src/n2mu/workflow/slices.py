"""Slices: what each job is told of the configuration, and nothing more.

A job reruns when its slice changes.  So a slice holds exactly what the stage
uses: no paths of directories, no titles where nothing is drawn, no systematic
that does not act on the events at hand.
"""

from collections.abc import Sequence
from functools import cached_property

from n2mu.config.configuration import Configuration, score_names
from n2mu.evaluation.settings import EvaluateSettings, EvaluationSample
from n2mu.evaluation.study_settings import StudySettings
from n2mu.expressions import parse
from n2mu.fit.settings import FitSettings
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.plots.feature_settings import FeatureSettings
from n2mu.plots.fit_settings import PlotFitSettings
from n2mu.plots.models_settings import DrawnCorrelation, PlotModelsSettings
from n2mu.plots.names import verbatim
from n2mu.plots.settings import PlotSettings
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.skim.settings import CutflowSettings, OnceSettings, SkimDataSet, SkimSettings
from n2mu.templates.settings import TemplateSettings, WorkspaceSettings
from n2mu.training.grid import GridSettings
from n2mu.training.settings import TrainingSample, TrainSettings
from n2mu.workflow.analysis import Analysis
from n2mu.workflow.features import feature_settings
from n2mu.workflow.statistical import FitSlices
from n2mu.workflow.style import plot_settings


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
        self._analysis = Analysis(configuration, listing)
        self._configuration = configuration

    @cached_property
    def chunks(self) -> list[str]:
        """Names of all chunks with ntuples of this analysis."""
        return [
            c
            for c, files in self._analysis.listing.chunks.items()
            if any(self._analysis.members(files))
        ]

    def ntuples(self, chunk: str) -> list[ListedFile]:
        """Return the files of one chunk."""
        return self._analysis.listing.chunks[chunk]

    def skim(self, chunk: str) -> SkimSettings:
        """Return what the skim of one chunk is told."""
        inputs = self._configuration.inputs
        regions = self._configuration.regions
        return SkimSettings(
            chunk=chunk,
            run=inputs.run,
            event=inputs.event,
            sum_of_weights=inputs.sum_of_weights,
            damaged_files=inputs.damaged_files,
            weight=inputs.weight,
            preselection=regions.preselection,
            training=regions.training_selection,
            data_sets=[
                SkimDataSet(
                    name=name,
                    tree=self._analysis.data_sets[name].tree,
                    files=files,
                    data=self._analysis.data_sets[name].data,
                    weight=self._analysis.data_sets[name].weight,
                    columns=self._analysis.columns(name),
                    weight_variations=self._analysis.weight_variations(name),
                    tree_variations=self._analysis.tree_variations(name),
                )
                for name, files in self._analysis.members(self.ntuples(chunk))
            ],
        )

    def cutflow(self) -> CutflowSettings:
        """Return what the cutflow table is told."""
        return CutflowSettings(
            expected={
                n: d.luminosity * d.cross_section for n, d in self._analysis.data_sets.items()
            },
            origins=self._analysis.origins(self._analysis.data_sets),
            observed=[n for n, d in self._analysis.data_sets.items() if d.data],
        )

    def once(self) -> OnceSettings:
        """Return where every event has to stand once."""
        return self._analysis.once(self._analysis.data_sets)

    @cached_property
    def expected(self) -> list[str]:
        """Data sets of signal and background; others are there for systematics, or observed."""
        data_sets_of = self._analysis.data_sets_of
        samples = self._configuration.samples.expected
        parts = {data_set.name for sample in samples for data_set in data_sets_of[sample]}
        return [name for name in self._analysis.data_sets if name in parts]

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
            features=self._analysis.features(model),
            training_selection=regions.training_selection,
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
                for data_set in self._analysis.data_sets_of[name]
            ],
        )

    def score(self, chunk: str, fit: str | None = None) -> ScoreSettings:
        """Return what the scoring of one chunk is told, for all fits or for one of a study."""
        return ScoreSettings(
            chunk=chunk,
            event=self._configuration.inputs.event,
            models=self._configuration.scored(fit),
            selections=self._scored_events(fit),
            data_sets=[
                ScoredDataSet(
                    name=name,
                    tree=self._analysis.data_sets[name].tree,
                    tree_variations=self._analysis.tree_variations(name),
                    files=files,
                )
                for name, files in self._analysis.members(self.ntuples(chunk))
            ],
        )

    def _scored_events(self, fit: str | None) -> list[str] | None:
        """Return the selections of the regions in which a fit of a study reads scores."""
        configuration = self._configuration
        if fit is None:
            return None
        scores = score_names(configuration, configuration.scored(fit)).keys()
        inside = [
            configuration.regions.regions[r] for r in configuration.fits.fits[fit].all_regions
        ]
        regions = [r for r in inside if r.observable is None or r.names & scores]
        if any(parse(region.selection).names & scores for region in regions):
            return None  # which events these are, scores say
        return list(dict.fromkeys(region.selection for region in regions))

    def grid(self, grid: str) -> GridSettings:
        """Return what the comparison of a grid is told."""
        models = self._configuration.models
        points = models.points_of(grid)
        return GridSettings(
            grid=grid,
            points=points,
            best_epoch=models.models[next(iter(points))].best_epoch,
        )

    def evaluate(self, model: str) -> EvaluateSettings:
        """Return what the evaluation of one model is told."""
        models = self._configuration.models
        region = models.evaluation_region
        return EvaluateSettings(
            model=model,
            folds=models.folds,
            region=region,
            selection=self._configuration.regions.regions[region].selection,
            classes=models.classes_of(model),
            all_classes=models.classes,
            signal_class=models.signal_class,
            options=models.evaluation.measured,
            samples=self._evaluation_samples(),
        )

    def study(self, study: str) -> StudySettings:
        """Return what the comparison of a study is told."""
        models = self._configuration.models
        told = self._configuration.studies[study]
        trainings = told.trainings(study)
        return StudySettings(
            study=study,
            title=told.title,
            trainings=trainings,
            trials=told.trials,
            fits=self._configuration.study_fits(study),
            random=told.random,
            measures=told.compared_by,
            published=told.published,
            changes=told.variants,
            folds=models.folds,
            region=models.evaluation_region,
            selection=self._configuration.regions.regions[models.evaluation_region].selection,
            classes={variant: models.classes_of(names[0]) for variant, names in trainings.items()},
            all_classes=models.classes,
            signal_class=models.signal_class,
            options=models.evaluation.measured,
            samples=self._evaluation_samples(),
        )

    def _evaluation_samples(self) -> list[EvaluationSample]:
        return [
            EvaluationSample(
                data_set=data_set.name,
                training_class=sample.training_class,
                selection=sample.selection,
                luminosity=data_set.luminosity,
                cross_section=data_set.cross_section,
            )
            for name, sample in self._configuration.samples.samples.items()
            if sample.training_class is not None
            for data_set in self._analysis.data_sets_of[name]
        ]

    def templates(self, fit: str) -> TemplateSettings:
        """Return what the templates of one fit are told."""
        return FitSlices(self._analysis, fit).templates()

    def workspace(self, fit: str) -> WorkspaceSettings:
        """Return what the workspace of one fit is told."""
        return FitSlices(self._analysis, fit).workspace()

    def fit(self, fit: str) -> FitSettings:
        """Return what the fit and its ranking are told."""
        return FitSlices(self._analysis, fit).fit()

    def plot_fit(self, fit: str) -> PlotFitSettings:
        """Return what the figures and tables of one fit are told."""
        validation = FitSlices(self._analysis, fit).validation()
        return PlotFitSettings(style=self.plots(fit), validation=validation)

    def features(self, names: Sequence[str], region: str, fit: str) -> FeatureSettings:
        """Return what figures of features are told; see `feature_settings`."""
        return feature_settings(self._analysis, names, region, fit)

    def plot_models(self) -> PlotModelsSettings:
        """Return what the figures and tables of models are told."""
        models, main = self._configuration.models, self._configuration.main
        compared = models.judging_events(main.models)
        return PlotModelsSettings(
            style=self.plots(),
            architectures={name: models.models[name].architecture for name in compared},
            features={
                name: feature.title
                for name, feature in self._configuration.features.features.items()
                if feature.title is not None
            },
            correlations=self._correlations(),
            fits=self._configuration.compared,
        )

    def _correlations(self) -> dict[str, DrawnCorrelation]:
        """Return axes of quantities that have a title or a unit, or are a feature with a title."""
        shown = {}
        features = self._configuration.features.features
        for name, given in self._configuration.models.evaluation.correlations.items():
            if given.title is not None or given.unit is not None:
                unit = "" if given.unit is None else f" [{given.unit}]"
                shown[name] = DrawnCorrelation(axis=f"{given.title or verbatim(name)}{unit}")
                continue
            feature = features.get(given.observable.strip())
            if feature is not None and feature.expression is None and feature.axis is not None:
                shown[name] = DrawnCorrelation(axis=feature.axis, scale=feature.scale)
        return shown

    def plots(self, fit: str | None = None) -> PlotSettings:
        """Return what figures and tables are told; those of a fit say its luminosity."""
        return plot_settings(self._configuration, fit)
