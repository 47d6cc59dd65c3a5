"""What the files of one analysis say of each other must fit together."""

from collections.abc import Collection

from n2mu.config.acting import affected_regions, affected_samples, require_expected
from n2mu.config.configuration import Configuration, score_names, scores_of
from n2mu.config.features import Features
from n2mu.config.fits import FreeShape, NormFactor, ShapeFactor
from n2mu.config.inputs import data_sets
from n2mu.config.kinds.sources import InputSource, TreeSource, WeightSource
from n2mu.config.names import matching
from n2mu.config.object_labels import ObjectLabels
from n2mu.config.problems import independent
from n2mu.config.samples import Samples
from n2mu.config.splitting import RegionPart
from n2mu.errors import ConfigurationError, nearest
from n2mu.expressions import parse


def check(configuration: Configuration, where: str) -> None:
    """Check every reference from one file to another.

    Parameters
    ----------
    where
        What errors call the main configuration file.

    Raises
    ------
    ConfigurationError
        Naming the file, the key and the nearest name that exists.
    """
    folder = configuration.directory
    _check_main(configuration, where)
    _check_samples(configuration, f"{folder}/samples.yaml")
    _check_aliases(configuration, f"{folder}/regions.yaml")
    _check_splits(configuration, f"{folder}/regions.yaml")
    _check_systematics(configuration, f"{folder}/systematics.yaml")
    _check_models(configuration, f"{folder}/models.yaml")
    _check_fits(configuration, f"{folder}/fits.yaml")


def _known(name: str, names: Collection[str], where: str, what: str) -> None:
    if name not in names:
        raise ConfigurationError(f"{where}: unknown {what} '{name}'{nearest(name, names)}")


@independent()
def _check_main(configuration: Configuration, where: str) -> None:
    main = configuration.main
    for model in main.models:
        with independent():
            _known(model, configuration.models.models, f"{where}: models", "model")
            if configuration.models.models[model].fold_seed:
                raise ConfigurationError(
                    f"{where}: models: '{model}' is a trial of random subsampling, which has "
                    "trained on events that would be scored; only its study compares it, name a "
                    "model with fold_seed: 0"
                )
    for fit in main.fits:
        with independent():
            _known(fit, configuration.fits.fits, f"{where}: fits", "fit")
    for name, entry in configuration.inputs.inputs.items():
        with independent():
            key = f"{configuration.directory}/inputs.yaml: inputs.{name}.base"
            if entry.base is not None:
                _known(entry.base, main.ntuples, key, "base")
            elif len(main.ntuples) > 1:
                raise ConfigurationError(
                    f"{key}: required, since {where} names several: {', '.join(main.ntuples)}"
                )


@independent()
def _check_samples(configuration: Configuration, where: str) -> None:
    samples = configuration.samples.samples
    classes = configuration.models.classes
    inputs = configuration.inputs.inputs
    for name, sample in samples.items():
        with independent():
            key = f"{where}: samples.{name}"
            for entry in matching(sample.inputs, inputs, f"{key}.inputs", "input"):
                if inputs[entry].data != (sample.kind == "data"):
                    is_data = "observed data" if inputs[entry].data else "simulation"
                    raise ConfigurationError(
                        f"{key}.inputs: '{entry}' is {is_data}, but the sample is of kind "
                        f"'{sample.kind}'; observed data have 'data: true' in inputs.yaml and "
                        "samples of kind data of their own"
                    )
            if sample.training_class is not None:
                _known(sample.training_class, classes, f"{key}.training_class", "class")
    for label in classes:
        with independent():
            if all(sample.training_class != label for sample in samples.values()):
                raise ConfigurationError(
                    f"{configuration.directory}/models.yaml: classes: no sample has "
                    f"training_class '{label}'; give it to one in samples.yaml, or leave the "
                    "class out"
                )


@independent()
def _check_aliases(configuration: Configuration, where: str) -> None:
    """Refuse an alias that hides a branch or a score, as far as the configuration names them."""
    scores = score_names(configuration, configuration.models.models)
    taken = {name: f"of model '{model}'" for name, model in scores.items()}
    for name, feature in configuration.features.features.items():
        branches = feature.branches or ([name] if feature.expression is None else [])
        taken |= dict.fromkeys(branches, f"of feature '{name}'")
    inputs = configuration.inputs
    taken |= {branch: "of inputs.yaml" for branch in (inputs.run, inputs.event) if branch}
    for name in configuration.regions.aliases:
        with independent():
            if name in taken:
                raise ConfigurationError(
                    f"{where}: aliases.{name}: it would hide the column {taken[name]} with this "
                    "name; rename the alias"
                )


@independent()
def _check_systematics(configuration: Configuration, where: str) -> None:
    nominal = {d.tree: d.input for d in reversed(data_sets(configuration.inputs))}
    for name, systematic in configuration.systematics.systematics.items():
        with independent():
            key = f"{where}: systematics.{name}"
            affected = affected_samples(systematic, configuration.samples, key)
            affected_regions(systematic, configuration.regions, key)
            for source in systematic.sources.values():
                match source:
                    case WeightSource():
                        factors = configuration.inputs.weight
                        _known(source.factor, factors, f"{key}.factor", "weight factor")
                    case TreeSource():
                        if source.tree in nominal:
                            raise ConfigurationError(
                                f"{key}.{source.key}: '{source.tree}' is the nominal tree of input "
                                f"'{nominal[source.tree]}', no variation; leave that side out"
                            )
                        _check_inputs_of(source, configuration, affected, f"{key}.inputs")
                    case InputSource():
                        inputs = configuration.inputs.inputs
                        matching(source.inputs, inputs, f"{key}.{source.key}", "input")
            for named, sample in systematic.compared.items():
                _check_compared(sample, configuration.samples, f"{key}.{named}")


def _check_inputs_of(
    source: TreeSource, configuration: Configuration, affected: list[str], key: str
) -> None:
    """Refuse samples of which no input has the varied tree."""
    if source.inputs is None:
        return
    inputs = configuration.inputs.inputs
    varied = set(matching(source.inputs, inputs, key, "input"))
    for sample in affected:
        own = matching(configuration.samples.samples[sample].inputs, inputs, key, "input")
        if varied.isdisjoint(own):
            raise ConfigurationError(
                f"{key}: none of them is an input of sample '{sample}', which would not vary; take "
                "it out of 'samples'"
            )


def _check_compared(name: str, samples: Samples, key: str) -> None:
    _known(name, samples.samples, key, "sample")
    if samples.samples[name].kind == "data":
        raise ConfigurationError(
            f"{key}: '{name}' are observed events, which vary no expectation; name a simulated "
            "sample"
        )


@independent()
def _check_models(configuration: Configuration, where: str) -> None:
    models = configuration.models
    # the scores that tell the parts of a region apart are not there yet
    regions = configuration.regions.given
    _require_distinct_scores(configuration, where)
    with independent():
        _known(models.signal_class, models.classes, f"{where}: signal_class", "class")
    with independent():
        _known(models.evaluation_region, regions, f"{where}: evaluation_region", "region")
    for name, classifier in models.models.items():
        with independent():
            key = f"{where}: models.{name}"
            matching(
                classifier.features, configuration.features.features, f"{key}.features", "feature"
            )
            _known(classifier.validation_region, regions, f"{key}.validation_region", "region")
            if classifier.labels is not None:
                _check_labels(classifier.labels, classifier.features, configuration.features, key)


def _check_labels(labels: ObjectLabels, used: list[str], features: Features, key: str) -> None:
    """Refuse labels of what is no collection of the model, or labels that it would be told."""
    collections = [n for n, f in features.features.items() if f.kind == "collection"]
    _known(labels.collection, collections, f"{key}.labels.collection", "collection")
    if labels.collection not in used:
        raise ConfigurationError(
            f"{key}.labels.collection: '{labels.collection}' is not among the model's features; "
            "add it there by name"
        )
    for name in matching(used, features.features, f"{key}.features", "feature"):
        feature = features.features[name]
        if labels.branch in (feature.branches or parse(feature.expression or name).names):
            raise ConfigurationError(
                f"{key}.labels.branch: '{labels.branch}' is in feature '{name}' as well, so that "
                "the model would read what it is to learn; take it out there"
            )


@independent()
def _require_distinct_scores(configuration: Configuration, where: str) -> None:
    owners: dict[str, str] = {}
    for model in configuration.models.models:
        for label in scores_of(configuration, model):
            score = f"{model}_{label}"
            if score in owners:
                raise ConfigurationError(
                    f"{where}: models.{model}: its score '{score}' is one of model "
                    f"'{owners[score]}' as well; rename one of them"
                )
            owners[score] = model


@independent()
def _check_fits(configuration: Configuration, where: str) -> None:
    fits = configuration.fits
    _check_factors(configuration, where)
    trained = score_names(configuration, configuration.main.models)
    untrained = score_names(configuration, configuration.models.models)
    if fits.compare_models is not None:
        _known(fits.compare_models, fits.fits, f"{where}: compare_models", "fit")
    done = {*configuration.main.fits, *configuration.compared.values()}
    for name, fit in fits.fits.items():
        with independent():
            key = f"{where}: fits.{name}"
            for region in fit.regions:
                _known(region, configuration.regions.regions, f"{key}.regions", "region")
            for region in fit.validation_regions:
                place = f"{key}.validation_regions"
                _known(region, configuration.regions.regions, place, "region")
            affected_samples(fit, configuration.samples, key)
            _known(fit.poi, fits.norm_factors, f"{key}.poi", "norm factor")
            if name not in done:
                continue
            texts = {f"{key}.observable": fit.observable}
            for region in fit.all_regions:
                chosen = configuration.regions.regions[region]
                place = f"{configuration.directory}/regions.yaml: regions.{region}"
                texts[f"{place}.selection"] = chosen.selection
                if isinstance(chosen, RegionPart):
                    whole = f"{configuration.directory}/regions.yaml: regions.{chosen.whole}"
                    texts[f"{whole}.split.by"] = chosen.division.by
                if chosen.observable is not None:
                    texts[f"{place}.observable"] = chosen.observable
            _require_shared_out(configuration, name, key)
            for place, text in texts.items():
                for column in sorted(parse(text).names):
                    if column in untrained and column not in trained:
                        raise ConfigurationError(
                            f"{place}: '{column}' needs model '{untrained[column]}', "
                            "which is not among the models of the main configuration; add it"
                        )


def _require_shared_out(configuration: Configuration, fit: str, key: str) -> None:
    """Refuse a fit without the samples whose shares make the parts of one of its regions."""
    chosen = configuration.fits.fits[fit]
    members = affected_samples(chosen, configuration.samples, key)
    for region in chosen.all_regions:
        part = configuration.regions.regions[region]
        if not isinstance(part, RegionPart) or part.division.quantiles is None:
            continue
        for sample in part.division.quantiles.of:
            if sample not in members:
                raise ConfigurationError(
                    f"{key}: region '{part.whole}' is split into equal shares of sample "
                    f"'{sample}', which this fit does without; add it, or give 'edges' in "
                    f"regions.yaml: regions.{part.whole}.split"
                )


@independent()
def _check_splits(configuration: Configuration, where: str) -> None:
    for name, region in configuration.regions.given.items():
        if region.split is None or region.split.quantiles is None:
            continue
        for sample in region.split.quantiles.of:
            with independent():
                key = f"{where}: regions.{name}.split.quantiles.of"
                _known(sample, configuration.samples.samples, key, "sample")
                require_expected([sample], configuration.samples, key)


@independent()
def _check_factors(configuration: Configuration, where: str) -> None:
    fits = configuration.fits
    regions = configuration.regions.regions
    factors: dict[str, NormFactor | ShapeFactor | FreeShape] = {
        f"norm_factors.{name}": factor for name, factor in fits.norm_factors.items()
    }
    factors |= {f"shape_factors.{name}": factor for name, factor in fits.shape_factors.items()}
    factors |= {f"free_shapes.{name}": shape for name, shape in fits.free_shapes.items()}
    for key, factor in factors.items():
        with independent():
            place = f"{where}: {key}"
            require_expected(factor.samples, configuration.samples, f"{place}.samples")
            matching(factor.samples, configuration.samples.expected, f"{place}.samples", "sample")
            matching(factor.regions, regions, f"{place}.regions", "region")
    free = [name for name, factor in fits.norm_factors.items() if factor.expression is None]
    for name, norm_factor in fits.norm_factors.items():
        with independent():
            key = f"{where}: norm_factors.{name}.expression"
            for other in sorted(parse(norm_factor.expression or "1").names):
                _known(other, fits.norm_factors, key, "norm factor")
                if other not in free:
                    raise ConfigurationError(
                        f"{key}: '{other}' is an expression itself; write it out with free factors"
                    )
