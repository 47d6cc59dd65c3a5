"""What jobs are told follows the configuration, and nothing else."""

from pathlib import Path

import pytest

from n2mu.config.configuration import Configuration
from n2mu.config.evaluation import Correlation, Evaluation
from n2mu.config.inputs import data_sets
from n2mu.config.load import load
from n2mu.demo.listing import configured_listing
from n2mu.plots.models_settings import DrawnCorrelation
from n2mu.workflow.fingerprint import imported
from n2mu.workflow.slices import Slices

ROOT = Path(__file__).parents[2]


@pytest.fixture
def configuration() -> Configuration:
    return load(ROOT / "config/config.yaml")


def slices(configuration: Configuration) -> Slices:
    return Slices(configuration, configured_listing(configuration.main))


def with_selection(configuration: Configuration, region: str, cut: str) -> Configuration:
    chosen = configuration.regions.regions[region]
    changed = chosen.model_copy(update={"selection": f"{chosen.selection} && {cut}"})
    regions = {**configuration.regions.regions, region: changed}
    update = {"regions": configuration.regions.model_copy(update={"regions": regions})}
    return Configuration(**{**vars(configuration), **update})


def test_a_region_may_cut_on_a_score(configuration: Configuration) -> None:
    cutting = with_selection(configuration, "CR_tau", "mlp_small_tt > 0.2")
    told = slices(cutting).templates("ftt")
    assert told.scores == ["ftt_small_ttH", "mlp_small_tt"]
    assert slices(cutting).skim("c0000") == slices(configuration).skim("c0000")


def test_every_file_is_in_one_chunk_and_every_chunk_is_skimmed(
    configuration: Configuration,
) -> None:
    told = slices(configuration)
    files = [
        (entry.name, file.path)
        for chunk in told.chunks
        for entry in told.skim(chunk).data_sets
        for file in entry.files
    ]
    used = {data_set.name for data_set in data_sets(configuration.inputs)}
    listed = [f for f in configured_listing(configuration.main).files if f.data_sets[0] in used]
    assert sorted(files) == sorted((f.data_sets[0], f.path) for f in listed)


def test_a_weight_systematic_varies_only_what_it_acts_on(configuration: Configuration) -> None:
    for chunk in slices(configuration).chunks:
        for data_set in slices(configuration).skim(chunk).data_sets:
            names = {variation.name for variation in data_set.weight_variations}
            assert ("MUR_ttH_up" in names) == data_set.name.startswith("ttH_")
            assert ("PRW_DATASF_down" in names) == (not data_set.name.startswith(("alt_", "data.")))


def test_the_fit_depends_on_no_expression() -> None:
    found = imported("n2mu.fit.stage")
    assert not {name for name in found if name.startswith("n2mu.expressions")}


def test_no_stage_imports_the_reading_of_the_configuration() -> None:
    stages = ("skim", "training", "scoring", "evaluation", "templates", "fit", "plots")
    for package in stages:
        names = imported(f"n2mu.{package}.stage")
        assert not {f"n2mu.config.{n}" for n in ("load", "configuration", "coherence")} & names


def test_training_does_not_depend_on_how_a_feature_is_shown(configuration: Configuration) -> None:
    features = configuration.features.features
    shown = features["met_met"].model_copy(update={"title": "x", "unit": "TeV", "scale": 1e-6})
    changed = configuration.features.model_copy(update={"features": {**features, "met_met": shown}})
    other = Configuration(**{**vars(configuration), "features": changed})
    assert slices(other).train("mlp_small", 0) == slices(configuration).train("mlp_small", 0)
    assert (features["met_met"].axis, shown.axis) == (
        r"$E_\mathrm{T}^\mathrm{miss}$ [GeV]",
        "x [TeV]",
    )


def test_a_correlation_has_its_own_title_or_that_of_its_feature_and_measures_the_same(
    configuration: Configuration,
) -> None:
    bins = {"bins": 8, "low": 1e5, "high": 9e5}

    def named(**given: str) -> Slices:
        correlation = Correlation.model_validate({**bins, **given})
        options = Evaluation(correlations={"HT": correlation})
        models = configuration.models.model_copy(update={"evaluation": options})
        return slices(Configuration(**{**vars(configuration), "models": models}))

    plain, titled = named(observable="HT / 1"), named(observable="HT / 1", title="$H$", unit="MeV")
    assert plain.plot_models().correlations == {}
    assert titled.plot_models().correlations["HT"] == DrawnCorrelation(axis="$H$ [MeV]")
    assert titled.evaluate("mlp_small") == plain.evaluate("mlp_small")
    feature = named(observable="HT").plot_models().correlations["HT"]
    assert feature == DrawnCorrelation(axis=r"$H_\mathrm{T}$ [GeV]", scale=1e-3)
