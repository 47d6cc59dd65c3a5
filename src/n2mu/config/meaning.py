"""What is well formed and refers to what exists, but would give a wrong number."""

from collections.abc import Iterator

from n2mu.config.acting import affected_samples
from n2mu.config.architectures import architectures, per_object
from n2mu.config.configuration import Configuration, score_names
from n2mu.config.free_shapes import check_free_shapes
from n2mu.config.inputs import Inputs, data_sets
from n2mu.config.kinds.sources import InputSource, TreeSource, WeightSource
from n2mu.config.models import Models
from n2mu.config.names import matching
from n2mu.config.parameters import check_parameters
from n2mu.config.problems import independent
from n2mu.config.projection import check_projections
from n2mu.config.regions import Regions
from n2mu.errors import ConfigurationError, nearest
from n2mu.expressions import parse, unimplied


def check_meaning(configuration: Configuration) -> None:
    """Refuse what cannot be meant.

    Parameters
    ----------
    configuration
        Whose references are checked already.

    Raises
    ------
    ConfigurationError
        Naming the file, the key and what to do.
    """
    folder = configuration.directory
    members = _inputs_of_samples(configuration)
    _require_each_process_once(configuration.inputs, f"{folder}/inputs.yaml")
    _require_all_campaigns(configuration, members)
    _require_each_input_in_one_sample(configuration, members)
    _require_events_before_scores(configuration)
    _require_regions_in_preselection(configuration.regions, f"{folder}/regions.yaml")
    _check_architectures(configuration.models, f"{folder}/models.yaml")
    _check_systematics(configuration, f"{folder}/systematics.yaml")
    check_parameters(configuration)
    check_free_shapes(configuration)
    check_projections(configuration)
    _check_fits(configuration, f"{folder}/fits.yaml")


def _inputs_of_samples(configuration: Configuration) -> dict[str, list[str]]:
    inputs = configuration.inputs.inputs
    return {
        name: matching(sample.inputs, inputs, f"samples.{name}.inputs", "input")
        for name, sample in configuration.samples.samples.items()
    }


def _inputs_of_systematics(configuration: Configuration) -> dict[str, list[str]]:
    """Return the inputs of each side, by its key."""
    return {
        f"systematics.{name}.{source.key}": matching(
            source.inputs, configuration.inputs.inputs, f"systematics.{name}.{source.key}", "input"
        )
        for name, systematic in configuration.systematics.systematics.items()
        for source in systematic.sources.values()
        if isinstance(source, InputSource)
    }


@independent()
def _require_each_process_once(inputs: Inputs, where: str) -> None:
    """Refuse inputs that share a data set: each counts as its whole cross-section."""
    owners: dict[tuple[int, str | None], str] = {}
    per_campaign = isinstance(inputs.luminosity, dict)
    for entry in data_sets(inputs):
        with independent():
            if entry.dsid is None or entry.data:
                continue
            key = (entry.dsid, entry.campaign if per_campaign else None)
            if key in owners:
                place = f" in campaign '{entry.campaign}'" if per_campaign else ""
                raise ConfigurationError(
                    f"{where}: inputs.{entry.input}.dsid: {entry.dsid} is that of input "
                    f"'{owners[key]}'{place} as well, each would count as the whole "
                    "cross-section; make them one input, and tell samples apart by 'selection'"
                )
            owners[key] = entry.input


@independent()
def _require_all_campaigns(configuration: Configuration, members: dict[str, list[str]]) -> None:
    """Refuse an input without a campaign: its yield would be that of less luminosity."""
    where = f"{configuration.directory}/inputs.yaml"
    luminosity = configuration.inputs.luminosity
    inputs = configuration.inputs.inputs
    folder = configuration.directory
    users = {f"{folder}/samples.yaml: samples.{n}.inputs": used for n, used in members.items()}
    users |= {
        f"{folder}/systematics.yaml: {key}": used
        for key, used in _inputs_of_systematics(configuration).items()
    }
    for name, entry in inputs.items():
        with independent():
            place = f"{where}: inputs.{name}"
            covered = dict.fromkeys(entry.campaigns or [], name)
            for other in entry.other_campaigns:
                if other not in inputs:
                    raise ConfigurationError(
                        f"{place}.other_campaigns: unknown input '{other}'{nearest(other, inputs)}"
                    )
                for campaign in inputs[other].campaigns or []:
                    if campaign in covered:
                        raise ConfigurationError(
                            f"{place}.other_campaigns: campaign '{campaign}' is in '{other}' and "
                            f"in '{covered[campaign]}' and would count twice; keep one"
                        )
                    covered[campaign] = other
                for key, chosen in users.items():
                    if name in chosen and other not in chosen:
                        raise ConfigurationError(
                            f"{key}: '{name}' without '{other}', which holds its other campaigns; "
                            "add it"
                        )
            for campaign in luminosity if isinstance(luminosity, dict) and not entry.data else []:
                if campaign not in covered:
                    raise ConfigurationError(
                        f"{place}.campaigns: '{campaign}' is not there, so that its luminosity "
                        "would be missing; add it, or name the inputs that hold it in "
                        "'other_campaigns'"
                    )


@independent()
def _require_each_input_in_one_sample(
    configuration: Configuration, members: dict[str, list[str]]
) -> None:
    folder = configuration.directory
    used = {name for chosen in members.values() for name in chosen}
    used |= {name for chosen in _inputs_of_systematics(configuration).values() for name in chosen}
    for name in configuration.inputs.inputs:
        with independent():
            if name not in used:
                raise ConfigurationError(
                    f"{folder}/inputs.yaml: inputs.{name}: used by no sample in samples.yaml; "
                    "remove it or add it"
                )
    owners: dict[tuple[str, str], str] = {}
    for name, sample in configuration.samples.samples.items():
        with independent():
            if sample.kind == "ghost":
                continue  # it is in no sum with others
            selection = parse(sample.selection).canonical()
            for entry in members[name]:
                other = owners.setdefault((entry, selection), name)
                if other != name:
                    raise ConfigurationError(
                        f"{folder}/samples.yaml: samples.{name}.inputs: '{entry}' is in sample "
                        f"'{other}' as well with the same selection '{selection}', so that its "
                        "events would count twice; give each sample a 'selection' of its own"
                    )


def _expressions_before_scores(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield the key and the text of what is evaluated before any event has a score."""
    folder = configuration.directory
    regions = configuration.regions
    models = configuration.models
    yield f"{folder}/regions.yaml: preselection", regions.preselection
    yield f"{folder}/regions.yaml: training", regions.training_selection
    for name, sample in configuration.samples.samples.items():
        yield f"{folder}/samples.yaml: samples.{name}.selection", sample.selection
    for name, factor in configuration.inputs.weight.items():
        yield f"{folder}/inputs.yaml: weight.{name}", factor
    for name, entry in configuration.inputs.inputs.items():
        for key, factor in entry.weight.items():
            yield f"{folder}/inputs.yaml: inputs.{name}.weight.{key}", factor
    for name, systematic in configuration.systematics.systematics.items():
        place = f"{folder}/systematics.yaml: systematics.{name}"
        for source in systematic.sources.values():
            if isinstance(source, WeightSource):
                yield f"{place}.{source.key}", source.expression
    for name, feature in configuration.features.features.items():
        for text in feature.branches or [feature.expression or name]:
            yield f"{folder}/features.yaml: features.{name}", text
    for key, text in models.evaluation.expressions.items():
        yield f"{folder}/models.yaml: evaluation.{key}", text
    for study, told in configuration.studies.items():
        for key, text in told.expressions.items():
            yield f"{folder}/studies/{study}.yaml: {key}", text
    chosen = {"evaluation_region": models.evaluation_region}
    for name, classifier in models.models.items():
        chosen[f"models.{name}.validation_region"] = classifier.validation_region
        for text in classifier.expressions:
            yield f"{folder}/models.yaml: models.{name}", text
    for key, region in chosen.items():
        place = f"{folder}/models.yaml: {key}: the selection of region '{region}'"
        yield place, regions.regions[region].selection


@independent()
def _require_events_before_scores(configuration: Configuration) -> None:
    scores = score_names(configuration, configuration.models.models)
    for place, text in _expressions_before_scores(configuration):
        with independent():
            for column in sorted(parse(text).names & set(scores)):
                raise ConfigurationError(
                    f"{place}: '{column}' is a score of model '{scores[column]}', which is not "
                    "there yet when this is evaluated; use branches of the ntuples only"
                )


@independent()
def _require_regions_in_preselection(regions: Regions, where: str) -> None:
    for name, region in regions.given.items():
        with independent():
            missing = unimplied(region.selection, regions.preselection)
            if missing:
                raise ConfigurationError(
                    f"{where}: regions.{name}.selection: not contained in the preselection; "
                    f"nothing in it implies '{missing[0]}': add that cut to the region, "
                    "or loosen the preselection"
                )


@independent()
def _check_architectures(models: Models, where: str) -> None:
    for name, classifier in models.models.items():
        with independent():
            key = f"{where}: models.{name}"
            architecture = classifier.architecture
            if architecture not in architectures():
                raise ConfigurationError(
                    f"{key}.architecture: unknown architecture '{architecture}'"
                    f"{nearest(architecture, architectures())}"
                )
            if classifier.labels is not None and architecture not in per_object():
                raise ConfigurationError(
                    f"{key}.labels: architecture '{architecture}' has no output per object; "
                    f"choose {' or '.join(per_object())}"
                )
            known = architectures()[architecture]
            for parameter in classifier.parameters:
                if parameter not in known:
                    raise ConfigurationError(
                        f"{key}.parameters.{parameter}: unknown parameter of architecture "
                        f"'{architecture}'{nearest(parameter, known)}"
                    )


@independent()
def _check_systematics(configuration: Configuration, where: str) -> None:
    for name, systematic in configuration.systematics.systematics.items():
        with independent():
            key = f"{where}: systematics.{name}"
            affected = affected_samples(systematic, configuration.samples, key)
            sources = list(systematic.sources.values())
            if configuration.inputs.event is None and any(
                isinstance(source, TreeSource) for source in sources
            ):
                raise ConfigurationError(
                    f"{key}: without 'event' in inputs.yaml an event has another entry number, so "
                    "another fold, in each varied tree, and models would score events that trained "
                    "them; name the branch with the event number there"
                )
            weights = [source for source in sources if isinstance(source, WeightSource)]
            for source in weights:
                _require_a_sum_to_divide_by(source, configuration.inputs, key)
            for factor in dict.fromkeys(source.factor for source in weights):
                _require_one_factor(factor, configuration, affected, key)
            systematic.check(key, configuration.inputs.weight, affected)


def _require_a_sum_to_divide_by(source: WeightSource, inputs: Inputs, key: str) -> None:
    """Refuse a variation's own sum of weights where the nominal weights are divided by none."""
    if source.sum is not None and inputs.sum_of_weights.normalised:
        raise ConfigurationError(
            f"{key}.{source.sum_key}: with 'sum_of_weights: {{normalised: true}}' nothing is "
            "divided by a sum; put the ratio of the sums into the varied expression"
        )


def _require_one_factor(
    factor: str, configuration: Configuration, affected: list[str], key: str
) -> None:
    """Refuse inputs with different nominal factors, whose variation cannot be the same."""
    inputs = configuration.inputs
    members = _inputs_of_samples(configuration)
    nominal: dict[str, str] = {}
    for sample in affected:
        for entry in members[sample]:
            text = inputs.inputs[entry].weight.get(factor, inputs.weight[factor])
            nominal.setdefault(parse(text).canonical(), entry)
    if len(nominal) > 1:
        (one, first), (other, second) = list(nominal.items())[:2]
        raise ConfigurationError(
            f"{key}.factor: '{factor}' is '{one}' for input '{first}' and '{other}' for "
            f"'{second}', and the variation would take the place of both; exclude the sample with "
            "one of them, or make what differs a factor of its own in inputs.yaml"
        )


@independent()
def _check_fits(configuration: Configuration, where: str) -> None:
    samples = configuration.samples.samples
    for name, fit in configuration.fits.fits.items():
        with independent():
            key = f"{where}: fits.{name}"
            for region in fit.regions:
                if configuration.regions.regions[region].role == "validation":
                    raise ConfigurationError(
                        f"{key}.regions: '{region}' has role validation, and all regions here "
                        "enter the likelihood; give it role control, or take it out of fit "
                        f"'{name}'"
                    )
            for region in fit.validation_regions:
                role = configuration.regions.regions[region].role
                if role != "validation":
                    raise ConfigurationError(
                        f"{key}.validation_regions: '{region}' has role {role}; give it role "
                        f"validation, or put it under 'regions' of fit '{name}'"
                    )
            poi = configuration.fits.norm_factors[fit.poi]
            if poi.bounds is None:
                raise ConfigurationError(
                    f"{key}.poi: '{fit.poi}' is an expression of other factors; choose a free one"
                )
            in_fit = affected_samples(fit, configuration.samples, key)
            affected = set(in_fit) & set(
                matching(poi.samples, samples, f"norm_factors.{fit.poi}.samples", "sample")
            )
            for sample in sorted(affected):
                if samples[sample].kind == "background":
                    raise ConfigurationError(
                        f"{key}.poi: '{fit.poi}' acts on sample '{sample}', a background; the "
                        "signal strength acts on signal only: change norm_factors or the "
                        "sample's kind"
                    )
            if not affected:
                raise ConfigurationError(
                    f"{key}.poi: '{fit.poi}' acts on none of the samples of this fit "
                    f"({', '.join(in_fit)}); change norm_factors or the fit's samples"
                )
            low, high = poi.bounds
            if not low <= fit.asimov_mu <= high:
                raise ConfigurationError(
                    f"{key}.asimov_mu: {fit.asimov_mu:g} is outside the bounds ({low:g}, {high:g}) "
                    f"of norm factor '{fit.poi}'; change one of them"
                )
            if fit.data != "asimov" and configuration.samples.data is None:
                raise ConfigurationError(
                    f"{key}.data: '{fit.data}', but no sample in samples.yaml is of kind data; add "
                    "it"
                )
            roles = [configuration.regions.regions[region].role for region in fit.regions]
            if fit.data == "mixed" and fit.data_regions is None and "control" not in roles:
                raise ConfigurationError(
                    f"{key}.data_regions: no region of this fit has role control; say which "
                    "regions of the mixed data are observed"
                )
