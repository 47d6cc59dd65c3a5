"""What the files of a configuration say of each other."""

from pathlib import Path

import pytest
from helpers_config import refused
from tests.conftest import TinyAnalysis

from n2mu.config.base import Model
from n2mu.config.configuration import Configuration
from n2mu.config.inputs import data_sets
from n2mu.config.load import load, read_yaml

ROOT = Path(__file__).parents[2]


def test_an_analysis_without_folder_is_refused(tiny: TinyAnalysis) -> None:
    tiny.change("config", "analysis", "tinny")
    folder = tiny.directory / "config/tinny"
    refused(tiny, "config", f"analysis: no folder {folder}; did you mean 'tiny'?")


def test_inputs_choose_among_several_bases(tiny: TinyAnalysis) -> None:
    tiny.change("config", "ntuples", {"disk": "a", "tape": "b"})
    message = f"inputs.sig.base: required, since {tiny.config} names several: disk, tape"
    refused(tiny, "inputs", message)
    for name, base in (("sig", "tape"), ("bkg", "disk")):
        tiny.change("inputs", f"inputs.{name}.base", base)
    assert [d.base for d in data_sets(load(tiny.config).inputs)] == ["tape", "disk"]


def test_the_demo_has_one_base(tiny: TinyAnalysis) -> None:
    tiny.change("config", "listing", ...)
    tiny.change("config", "demo", "tiny")
    tiny.change("config", "ntuples", {"disk": "a", "tape": "b"})
    refused(tiny, "config", "ntuples: the demo has one base, got disk, tape; keep one")


def test_a_nominal_tree_is_no_variation(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "inputs.sig.tree", "main")
    tiny.change("systematics", "systematics.jes.down", "main")
    refused(
        tiny,
        "systematics",
        "systematics.jes.down: 'main' is the nominal tree of input 'sig', no variation; "
        "leave that side out",
    )


def test_a_trial_of_random_subsampling_is_none_of_the_models_that_score(tiny: TinyAnalysis) -> None:
    tiny.change("models", "models.mlp.fold_seed", 2)
    message = (
        "models: 'mlp' is a trial of random subsampling, which has trained on events that would be "
        "scored; only its study compares it, name a model with fold_seed: 0"
    )
    refused(tiny, "config", message)


@pytest.mark.parametrize(
    ("part", "key"),
    [("regions", "regions.CR.observable"), ("fits", "fits.score.observable")],
)
def test_an_observable_needs_a_model_that_is_trained(
    tiny: TinyAnalysis, part: str, key: str
) -> None:
    tiny.change("models", "models.other", tiny.parts["models"]["models"]["mlp"])
    tiny.change(part, key, "other_sig")
    message = "'other_sig' needs model 'other', which is not among the models of the main"
    refused(tiny, part, f"{key}: {message} configuration; add it")


def test_two_models_never_share_a_score(tiny: TinyAnalysis) -> None:
    tiny.change("models", "classes", ["sig", "bkg", "x_sig"])
    tiny.change("samples", "samples.signal.training_class", "x_sig")
    tiny.change("samples", "samples.more", {**tiny.parts["samples"]["samples"]["signal"]})
    tiny.change("samples", "samples.more.training_class", "sig")
    tiny.change("models", "models.mlp_x", tiny.parts["models"]["models"]["mlp"])
    refused(
        tiny,
        "models",
        "models.mlp_x: its score 'mlp_x_sig' is one of model 'mlp' as well; rename one of them",
    )


def test_every_sample_has_all_the_luminosity(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "luminosity", {"a": 1.0, "d": 2.0})
    for name in ("sig", "bkg"):
        tiny.change("inputs", f"inputs.{name}.files", f"{{campaign}}/{name}.root")
        tiny.change("inputs", f"inputs.{name}.campaigns", ["a", "d"])
    found = [(d.name, d.files, d.luminosity) for d in data_sets(load(tiny.config).inputs)]
    assert found == [
        ("sig.a", "a/sig.root", 1.0),
        ("sig.d", "d/sig.root", 2.0),
        ("bkg.a", "a/bkg.root", 1.0),
        ("bkg.d", "d/bkg.root", 2.0),
    ]
    tiny.change("inputs", "inputs.bkg.campaigns", ["a"])
    refused(
        tiny,
        "inputs",
        "inputs.bkg.campaigns: 'd' is not there, so that its luminosity would be missing; add it, "
        "or name the inputs that hold it in 'other_campaigns'",
    )
    tiny.change("inputs", "inputs.bkg.campaigns", ["a", "dd"])
    refused(tiny, "inputs", "inputs.bkg.campaigns: 'dd' has no luminosity; did you mean 'd'?")


def test_one_luminosity_is_not_counted_for_each_campaign(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "inputs.sig.campaigns", ["a", "d"])
    message = "inputs.sig.campaigns: each would count the whole luminosity 10.0; give 'luminosity'"
    refused(tiny, "inputs", f"{message} per campaign")


@pytest.mark.parametrize("path", ["config/config.yaml", "tests/workflow/higgs/config/config.yaml"])
def test_the_committed_configurations_load(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    configuration = load(Path(path))
    assert isinstance(configuration, Configuration)
    assert load(read_yaml(Path(path)), Path(path).parent).fits == configuration.fits


def test_what_is_read_does_not_change(tiny: TinyAnalysis) -> None:
    configuration = load(tiny.config)
    assert isinstance(configuration.main, Model)
    with pytest.raises(ValueError, match="frozen"):
        configuration.main.analysis = "other"
