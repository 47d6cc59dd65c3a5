"""What figures of features are told."""

from collections.abc import Sequence

from n2mu.config.configuration import Configuration, score_names
from n2mu.config.features import Feature
from n2mu.errors import ConfigurationError
from n2mu.expressions import parse
from n2mu.plots.feature_settings import DrawnFeature, DrawnSample, FeatureSettings
from n2mu.workflow.analysis import Analysis
from n2mu.workflow.statistical import FitSlices


def feature_settings(
    analysis: Analysis, names: Sequence[str], region: str, fit: str
) -> FeatureSettings:
    """Return what figures of features are told.

    Parameters
    ----------
    names
        Features by name, or expressions; none: all features that are no collections.
    fit
        Whose samples and blinding are used.

    Raises
    ------
    ConfigurationError
        If a feature is a collection.
    """
    configuration = analysis.configuration
    known = configuration.features.features
    chosen = names or [n for n, feature in known.items() if feature.kind != "collection"]
    drawn = {name: _drawn(name, known.get(name)) for name in chosen}
    selection = configuration.regions.regions[region].selection
    used = {name for feature in drawn.values() for name in parse(feature.expression).names}
    trained = score_names(configuration, configuration.main.models)
    expected = FitSlices(analysis, fit).expected
    observed = configuration.samples.data is not None
    samples = {
        name: DrawnSample(
            kind=sample.kind if name in expected or sample.kind == "data" else "ghost",
            selection=sample.selection,
            data_sets=[d.name for d in analysis.data_sets_of[name]],
        )
        for name, sample in configuration.samples.samples.items()
        if name in expected or (observed and sample.kind in ("signal", "data"))
    }
    data_sets = {name for sample in samples.values() for name in sample.data_sets}
    return FeatureSettings(
        region=region,
        selection=selection,
        features=drawn,
        samples=samples,
        worth={
            name: data_set.luminosity * data_set.cross_section
            for name, data_set in analysis.data_sets.items()
            if name in data_sets
        },
        scores=sorted((used | parse(selection).names) & set(trained)),
        blinding_threshold=configuration.fits.fits[fit].blinding_threshold,
        blinded_by=_fits_with(configuration, region, fit) if observed else [],
    )


def _fits_with(configuration: Configuration, region: str, fit: str) -> list[str]:
    """Return the fits whose templates show observed events of a region, or of parts of it."""
    parts = set(configuration.regions.parts(region))
    done = dict.fromkeys([fit, *configuration.main.fits, *configuration.compared.values()])
    return [name for name in done if parts & set(configuration.fits.fits[name].all_regions)]


def _drawn(name: str, feature: Feature | None) -> DrawnFeature:
    if feature is None:
        parse(name)  # raises what a user can read
        return DrawnFeature(expression=name)
    if feature.kind == "collection":
        raise ConfigurationError(
            f"features.yaml, '{name}': a collection has no single value per event; give an "
            "expression"
        )
    return DrawnFeature(
        expression=feature.expression or name,
        missing=feature.missing,
        values=feature.values,
        axis=feature.axis,
        scale=feature.scale,
    )
