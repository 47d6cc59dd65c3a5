"""What the templates, the workspace and the fit of one fit of an analysis are told."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from n2mu.config.acting import (
    acts_on,
    affected_regions,
    affected_samples,
    factors_on,
    parameter,
    scaling,
    terms,
)
from n2mu.config.configuration import score_names
from n2mu.config.kinds.by_number import ByNumber
from n2mu.config.kinds.sources import InputSource, Source, TreeSource, WeightSource
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.kinds.varied import Varied
from n2mu.config.polynomial import ONE, Polynomial, value
from n2mu.config.projection import scale
from n2mu.config.regions import Region
from n2mu.config.samples import Sample
from n2mu.config.splitting import RegionPart
from n2mu.fit.settings import FitSettings, Projection
from n2mu.plots.fit_settings import ValidationSettings
from n2mu.templates.settings import (
    Filled,
    FreeFactor,
    Normalisation,
    NumberSystematic,
    Scaling,
    ShapeFactorBounds,
    TemplateRegion,
    TemplateSample,
    TemplateSettings,
    TemplateSplit,
    TemplateSystematic,
    WorkspaceSettings,
)
from n2mu.workflow.analysis import Analysis
from n2mu.workflow.free_shapes import FreeShapes


class FitSlices:
    """Makes the settings of the jobs of one fit.

    Parameters
    ----------
    fit
        Its name in ``fits.yaml``.
    """

    def __init__(self, analysis: Analysis, fit: str) -> None:
        self._analysis = analysis
        self._configuration = analysis.configuration
        self._fit = fit
        self._options = self._configuration.fits.fits[fit]
        self._shapes = FreeShapes(self._configuration)

    @cached_property
    def expected(self) -> dict[str, Sample]:
        """The signals and backgrounds of the fit."""
        samples = self._configuration.samples
        return {n: samples.samples[n] for n in affected_samples(self._options, samples, "fit")}

    @cached_property
    def _acting(self) -> dict[str, tuple[Systematic, list[str], list[str]]]:
        """Systematics with the samples and regions of this fit that they act on."""
        result = {}
        for name, systematic in self._configuration.systematics.systematics.items():
            chosen = affected_samples(systematic, self._configuration.samples, name)
            samples = [sample for sample in chosen if sample in self.expected]
            inside = affected_regions(systematic, self._configuration.regions, name)
            regions = [region for region in self._options.all_regions if region in inside]
            if samples and regions:
                result[name] = (systematic, samples, regions)
        return result

    def _parameters(self, name: str) -> dict[str, dict[str, str]]:
        systematic, samples, regions = self._acting[name]
        return {r: {s: parameter(name, systematic, r, s) for s in samples} for r in regions}

    def templates(self) -> TemplateSettings:
        """Return what the templates job is told."""
        regions = {}
        for name in self._options.all_regions:
            region = self._configuration.regions.regions[name]
            regions[name] = TemplateRegion(
                role=region.role,
                selection=region.selection,
                observable=region.observable or self._options.observable,
                binning=region.binning,
                split=_split(region),
            )
        named = {name for region in regions.values() for name in region.names}
        scored = score_names(self._configuration, self._configuration.scored(self._fit))
        systematics = dict(self._systematics())
        samples = self._samples(systematics)
        used = dict.fromkeys(d for sample in samples.values() for d in sample.data_sets)
        for systematic in systematics.values():
            for filled in systematic.filled.values():
                used |= dict.fromkeys(filled.data_sets or [])
        data_sets = {name: self._analysis.data_sets[name] for name in used}
        return TemplateSettings(
            fit=self._fit,
            regions=regions,
            samples=samples,
            data_sets={
                name: Normalisation(
                    luminosity=d.luminosity * scale(self._configuration, self._fit),
                    cross_section=d.cross_section,
                )
                for name, d in data_sets.items()
            },
            once=self._analysis.once(data_sets),
            systematics=systematics,
            numbers=dict(self._numbers()),
            scores=sorted(named & set(scored)),
            pruning=self._options.pruning,
            scaling=self._asimov_scaling() if self._observed is not None else {},
            blinding_threshold=self._options.blinding_threshold,
            other_signals=self._other_signals,
            smooth=self._shapes.smooth(self._options.all_regions, self.expected),
        )

    @property
    def _observed(self) -> str | None:
        """The sample with the observed events, which no projection can hold."""
        return None if self._options.luminosity is not None else self._configuration.samples.data

    @property
    def _other_signals(self) -> list[str]:
        """Signals that the fit does without; data are blinded where they are expected."""
        if self._observed is None:
            return []
        named = self._configuration.samples.samples.items()
        return [n for n, s in named if s.kind == "signal" and n not in self.expected]

    def _samples(self, systematics: Mapping[str, TemplateSystematic]) -> dict[str, TemplateSample]:
        """Return the samples of the fit, its data, and those that are compared to or blinded."""
        compared = {
            name
            for systematic in systematics.values()
            for name in systematic.definition.compared.values()
        }
        result = {}
        for name, sample in self._configuration.samples.samples.items():
            inside = name in self.expected or name == self._observed
            if inside or name in compared or name in self._other_signals:
                result[name] = TemplateSample(
                    kind=sample.kind if inside else "ghost",
                    may_be_empty=sample.may_be_empty,
                    selection=sample.selection,
                    data_sets=[d.name for d in self._analysis.data_sets_of[name]],
                )
        return result

    def _systematics(self) -> Iterator[tuple[str, TemplateSystematic]]:
        for name, (systematic, samples, regions) in self._acting.items():
            if isinstance(systematic, Varied):
                kept = {s: self._analysis.without_trees(systematic, s) for s in samples}
                yield (
                    name,
                    TemplateSystematic(
                        definition=systematic.for_templates(),
                        samples=samples,
                        regions=regions,
                        parameters=self._parameters(name),
                        filled={
                            ending: self._filled(f"{name}_{ending}", source)
                            for ending, source in systematic.sources.items()
                        },
                        nominal_data_sets={s: names for s, names in kept.items() if names},
                    ),
                )

    def _filled(self, variation: str, source: Source) -> Filled:
        match source:
            case WeightSource():
                return Filled(column=f"n2mu_weight_{variation}")
            case TreeSource():
                return Filled(table=source.tree)
            case InputSource():
                return Filled(data_sets=self._analysis.data_sets_matching(source.inputs))

    def _numbers(self) -> Iterator[tuple[str, NumberSystematic]]:
        for name, (systematic, samples, regions) in self._acting.items():
            if not isinstance(systematic, ByNumber):
                continue
            up, down = systematic.shifts
            yield (
                name,
                NumberSystematic(
                    kind=systematic.kind,
                    per_bin=systematic.per_bin,
                    samples=samples,
                    regions=regions,
                    parameters=self._parameters(name),
                    up=up,
                    down=down,
                ),
            )

    def _scaling(self, region: str, sample: str) -> Polynomial:
        """Return what multiplies a sample in a region, as a polynomial of free factors."""
        configuration = self._configuration
        factors = configuration.fits.norm_factors
        names = factors_on(sample, region, factors, configuration.samples, configuration.regions)
        return scaling(names, factors)

    def _shape_factors(self, region: str, sample: str) -> list[str]:
        configuration = self._configuration
        return [
            name
            for name, factor in configuration.fits.shape_factors.items()
            if acts_on(factor, sample, region, configuration.samples, configuration.regions, name)
        ]

    def _asimov_scaling(self) -> dict[str, dict[str, float]]:
        factors = {n: f.nominal for n, f in self._configuration.fits.norm_factors.items()}
        factors[self._options.poi] = self._options.asimov_mu
        return {
            region: {s: value(self._scaling(region, s), factors) for s in self.expected}
            for region in self._options.all_regions
        }

    @property
    def _data_regions(self) -> list[str]:
        """The regions of mixed data that are observed."""
        if self._options.data != "mixed":
            return []
        regions = self._configuration.regions.regions
        control = [name for name in self._options.regions if regions[name].role == "control"]
        return self._options.data_regions or control

    def workspace(self) -> WorkspaceSettings:
        """Return what the workspace job is told."""
        return self._workspace(self._options.regions, self._data_regions)

    def validation(self) -> ValidationSettings | None:
        """Return what predictions in the validation regions are told, if there are any."""
        if not self._options.validation_regions:
            return None
        regions = self._options.validation_regions
        observed = [*self._data_regions, *regions] if self._options.data == "mixed" else []
        return ValidationSettings(
            regions=regions,
            workspace=self._workspace(self._options.all_regions, observed),
            fit=self.fit(),
        )

    def _workspace(self, regions: list[str], data_regions: list[str]) -> WorkspaceSettings:
        fits = self._configuration.fits
        told: dict[str, dict[str, Scaling]] = {}
        for region in regions:
            for sample in self.expected:
                product = self._scaling(region, sample)
                shape_factors = self._shape_factors(region, sample)
                free_shape = self._shapes.factors(region, sample)
                if product != ONE or shape_factors or free_shape:
                    told.setdefault(region, {})[sample] = Scaling(
                        polynomial=list(product.items()),
                        shape_factors=shape_factors,
                        free_shape=free_shape,
                    )
        return WorkspaceSettings(
            fit=self._fit,
            regions=regions,
            samples=list(self.expected),
            may_be_empty=[name for name, s in self.expected.items() if s.may_be_empty],
            data=self._options.data,
            data_regions=data_regions,
            data_sample=self._observed,
            norm_factors={
                name: FreeFactor(nominal=factor.nominal, bounds=factor.bounds)
                for name, factor in fits.norm_factors.items()
                if factor.bounds is not None
            }
            | self._shapes.free(regions, self.expected),
            shape_factors={
                name: ShapeFactorBounds(bounds=factor.bounds)
                for name, factor in fits.shape_factors.items()
            },
            scaling=told,
            poi=self._options.poi,
            asimov_mu=self._options.asimov_mu,
            luminosity=self._options.luminosity,
            mc_statistics_threshold=self._options.mc_statistics_threshold,
        )

    def fit(self) -> FitSettings:
        """Return what the fit and its ranking are told."""
        options = self._options
        kinds: dict[str, str] = {}
        parts: dict[str, str] = {}
        for name, sample in self.expected.items():
            kinds[name] = sample.kind
            for region in options.all_regions:
                shape = self._shapes.factors(region, name)
                components = shape.components if shape is not None else []
                for term in terms(name, self._scaling(region, name), components):
                    kinds[term] = sample.kind
                    if term != name:
                        parts[term] = name
        return FitSettings(
            analysis=self._configuration.main.analysis,
            fit=self._fit,
            observable=options.observable,
            dataset=options.data,
            poi=options.poi,
            roles={
                name: self._configuration.regions.regions[name].role for name in options.regions
            },
            kinds=kinds,
            parts=parts,
            groups=self._groups(),
            asimov_mu=options.asimov_mu,
            data_regions=self._data_regions,
            blinding={"threshold": options.blinding_threshold},
            projection=self._projection,
            check=options.check,
            allowed_gates=options.allowed_gates,
        )

    @property
    def _projection(self) -> Projection | None:
        luminosity = self._options.luminosity
        if luminosity is None:
            return None
        inputs = self._configuration.inputs.total_luminosity
        return Projection(luminosity=luminosity, inputs=inputs)

    def _groups(self) -> dict[str, list[str]]:
        """Return the nuisance parameters of this fit by group."""
        groups: dict[str, dict[str, None]] = {}
        for name, (systematic, _, _) in self._acting.items():
            ending = "_bin_*" if systematic.per_bin else ""
            named = [
                parameter + ending
                for region, by_sample in self._parameters(name).items()
                if region in self._options.regions
                for parameter in by_sample.values()
            ]
            groups.setdefault(systematic.group, {}).update(dict.fromkeys(named))
        return {group: list(names) for group, names in groups.items()}


def _split(region: Region) -> TemplateSplit | None:
    if not isinstance(region, RegionPart):
        return None
    return TemplateSplit(
        whole=region.whole,
        by=region.division.by,
        number=region.number,
        bins=region.division.bins,
        of=[] if region.division.quantiles is None else region.division.quantiles.of,
        edges=region.division.edges or [],
    )
