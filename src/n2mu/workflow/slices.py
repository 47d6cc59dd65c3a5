"""Slices: what each job is told of the configuration, and nothing more.

A job reruns when its slice changes.  So a slice holds exactly what the stage
uses: no paths of directories, no titles where nothing is drawn, no systematic
that does not act on the events at hand.
"""

from typing import Final, Literal

from n2mu.config.coherence import Configuration, score_names
from n2mu.config.names import matching
from n2mu.config.samples import Sample
from n2mu.config.systematics import NormSystematic
from n2mu.evaluation.settings import EvaluateSettings, EvaluationSample
from n2mu.expressions import parse
from n2mu.fit.settings import FitSettings
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.plots.settings import PlotSettings, RegionStyle, SampleStyle
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.skim.settings import CutflowSettings, SkimDataSet, SkimSettings
from n2mu.templates.settings import (
    FreeFactor,
    Normalisation,
    NormEffect,
    TemplateRegion,
    TemplateSample,
    TemplateSettings,
    WorkspaceSettings,
)
from n2mu.training.settings import TrainingSample, TrainSettings
from n2mu.workflow.analysis import Analysis

STACKED: Final[tuple[Literal["background", "signal"], ...]] = ("background", "signal")
"""Kinds of samples in figures, from the bottom."""


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

    @property
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
            origins={
                # without event number nothing tells whether two events are one
                n: f"{d.input if d.dsid is None else d.dsid} {d.campaign} {d.tree}"
                for n, d in self._analysis.data_sets.items()
                if self._configuration.inputs.event is not None and not d.data
            },
            observed=[n for n, d in self._analysis.data_sets.items() if d.data],
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

    def score(self, chunk: str) -> ScoreSettings:
        """Return what the scoring of one chunk is told."""
        return ScoreSettings(
            chunk=chunk,
            event=self._configuration.inputs.event,
            models=self._configuration.main.models,
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
                for name, sample in self._configuration.samples.samples.items()
                if sample.training_class is not None
                for data_set in self._analysis.data_sets_of[name]
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
        texts = [t for region in regions.values() for t in (region.observable, region.selection)]
        named = {name for text in texts for name in parse(text).names}
        trained = score_names(self._configuration.models, self._configuration.main.models)
        samples = self._samples(fit)
        used = {d.name: d for name in samples for d in self._analysis.data_sets_of[name]}
        return TemplateSettings(
            fit=fit,
            regions=regions,
            samples={
                name: TemplateSample(
                    kind=sample.kind,
                    selection=sample.selection,
                    data_sets=[d.name for d in self._analysis.data_sets_of[name]],
                )
                for name, sample in samples.items()
            },
            data_sets={
                name: Normalisation(luminosity=d.luminosity, cross_section=d.cross_section)
                for name, d in used.items()
            },
            systematics={
                name: s.model_copy(update={"samples": affected})
                for name, s in self._analysis.template_systematics.items()
                if (affected := [sample for sample in s.samples if sample in samples])
            },
            scores=sorted(named & set(trained)),
            blinding_threshold=options.blinding_threshold,
        )

    def workspace(self, fit: str) -> WorkspaceSettings:
        """Return what the workspace of one fit is told."""
        options = self._configuration.fits.fits[fit]
        samples = self._samples(fit)
        return WorkspaceSettings(
            fit=fit,
            regions=options.regions,
            samples={
                n: "signal" if sample.kind == "signal" else "background"
                for n, sample in samples.items()
            },
            norms={
                name: NormEffect(
                    samples=self._analysis.affected(systematic),
                    up=systematic.up,
                    down=systematic.down,
                )
                for name, systematic in self._configuration.systematics.systematics.items()
                if isinstance(systematic, NormSystematic)
            },
            shapes={name: s.samples for name, s in self._analysis.template_systematics.items()},
            norm_factors={
                name: FreeFactor(
                    samples=matching(
                        factor.samples,
                        self._configuration.samples.expected,
                        f"norm_factors.{name}.samples",
                        "sample",
                    ),
                    nominal=factor.nominal,
                    bounds=factor.bounds,
                )
                for name, factor in self._configuration.fits.norm_factors.items()
                if factor.bounds is not None
            },
            poi=options.poi,
            asimov_mu=options.asimov_mu,
            mc_statistics_threshold=options.mc_statistics_threshold,
        )

    def fit(self, fit: str) -> FitSettings:
        """Return what the fit and its ranking are told."""
        options = self._configuration.fits.fits[fit]
        return FitSettings(
            analysis=self._configuration.main.analysis,
            fit=fit,
            observable=options.observable,
            dataset="asimov",
            poi=options.poi,
            roles={
                name: self._configuration.regions.regions[name].role for name in options.regions
            },
            kinds={n: s.kind for n, s in self._samples(fit).items()},
            groups=self._groups(),
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
                name: SampleStyle(
                    title=sample.title, colour=sample.colour, group=sample.group, kind=kind
                )
                for kind in STACKED
                for name, sample in reversed(configuration.samples.samples.items())
                if sample.kind == kind
            },
            parameters={name: title for name, title in titles.items() if title is not None},
            groups=self._groups(),
        )

    def _samples(self, fit: str) -> dict[str, Sample]:
        """Return the signals and backgrounds of a fit."""
        samples = self._configuration.samples.samples
        chosen = self._analysis.affected(self._configuration.fits.fits[fit])
        return {name: samples[name] for name in chosen}

    def _groups(self) -> dict[str, list[str]]:
        """Return the names of the systematics by group."""
        groups: dict[str, list[str]] = {}
        for name, systematic in self._configuration.systematics.systematics.items():
            groups.setdefault(systematic.group, []).append(name)
        return groups
