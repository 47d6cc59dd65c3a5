"""All mistakes of a configuration in one list, each once, without their consequences."""

import pytest
from tests.conftest import TinyAnalysis

from n2mu.config.load import load
from n2mu.config.survey import survey
from n2mu.errors import ConfigurationError


def found(tiny: TinyAnalysis) -> list[str]:
    """Return the mistakes without the directory of the configuration."""
    return [
        str(error).removeprefix(f"{tiny.config.parent}/").removeprefix("tiny/")
        for error in survey(tiny.config).mistakes
    ]


def test_a_configuration_without_mistakes_is_the_one_that_is_loaded(tiny: TinyAnalysis) -> None:
    configuration, mistakes = survey(tiny.config)
    assert configuration == load(tiny.config) and mistakes == []


def test_mistakes_of_all_files_and_kinds_are_in_one_list(tiny: TinyAnalysis) -> None:
    tiny.change("config", "fits", ["score", "scoer"])
    tiny.change("inputs", "inputs.top", {"files": "top.root", "cross_section": -1.0})
    tiny.change("samples", "samples.top", {"kind": "background", "inputs": ["top"]})
    tiny.change("inputs", "inputs.dy", {"files": "dy.root", "cross_section": 1.0})
    tiny.change(
        "samples",
        "samples.dy",
        {"kind": "background", "inputs": ["dy"], "training_class": "sgi"},
    )
    tiny.change("regions", "regions.CR.selection", "njets >= 2 &&")
    tiny.change(
        "regions",
        "regions.VR",
        {
            "role": "validation",
            "selection": "njets > 3",
            "binning": {"edges": [0, 1]},
            "observable": "pt",
        },
    )
    tiny.change("features", "features.x.knid", "continuous")
    tiny.change("systematics", "systematics.pileup.factor", "pielup")
    tiny.change("systematics", "systematics.lumi.up", 3)
    tiny.change("systematics", "systematics.scale.up", "weight_mc")
    tiny.change("models", "models.mlp.architecture", "mpl")
    tiny.change("fits", "norm_factors.nu", {"samples": ["signal"], "bounds": [3, 10]})
    beginnings = [
        "inputs.yaml: inputs.top.cross_section: expected a number greater than 0",
        "regions.yaml: regions.CR.selection: cannot parse 'njets >= 2 &&'",
        "features.yaml: features.x.knid: unknown key; did you mean 'kind'?",
        "systematics.yaml: systematics.lumi.up: 3 is no relative shift",
        "fits.yaml: norm_factors.nu: the nominal value 1 must lie inside",
        "config.yaml: fits: unknown fit 'scoer'; did you mean 'score'?",
        "samples.yaml: samples.dy.training_class: unknown class 'sgi'",
        "systematics.yaml: systematics.pileup.factor: unknown weight factor 'pielup'",
        "regions.yaml: regions.VR.selection: not contained in the preselection",
        "models.yaml: models.mlp.architecture: unknown architecture 'mpl'",
        "systematics.yaml: systematics.scale.up: 'weight_mc' is the nominal weight factor",
    ]
    mistakes = found(tiny)
    for beginning in beginnings:
        assert len([m for m in mistakes if m.startswith(beginning)]) == 1, (beginning, mistakes)
    assert len(mistakes) == len(beginnings), mistakes


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("signal_class", "sgi", "sig"),
        ("evaluation_region", "RS", "SR"),
        ("classes", ["sig", "bkg", "other"], "sig"),
    ],
)
def test_a_wrong_choice_in_the_models_hides_nothing_else(
    tiny: TinyAnalysis, key: str, value: object, right: str
) -> None:
    tiny.change("models", key, value)
    tiny.change("regions", "regions.CR.selection", "1")
    configuration, mistakes = survey(tiny.config)
    assert [str(m).split(": ")[1] for m in mistakes] == [key, "regions.CR.selection"], mistakes
    assert configuration is not None
    assert key == "classes" or getattr(configuration.models, key) == right


def test_a_region_that_models_use_and_that_cannot_be_read_hides_nothing_else(
    tiny: TinyAnalysis,
) -> None:
    tiny.change("regions", "regions.SR.selection", "njets = 4")
    tiny.change("models", "models.mlp.parameters", {"wdith": 3})
    configuration, mistakes = survey(tiny.config)
    keys = [str(m).split(": ")[1] for m in mistakes]
    assert keys == ["regions.SR.selection", "models.mlp.parameters.wdith"]
    assert configuration is not None


def test_a_file_that_is_no_yaml_hides_only_itself(tiny: TinyAnalysis) -> None:
    tiny.change("fits", "fits.score.poi", 3)
    tiny.path("models").write_text("models: [")
    configuration, mistakes = survey(tiny.config)
    assert configuration is None
    assert ["models.yaml: line " in str(m) for m in mistakes] == [True, False]


def test_what_is_wrong_with_a_whole_file_is_one_mistake(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "luminosity", {"a": 1.0})
    assert [m.split(": ")[0] for m in found(tiny)] == ["inputs.yaml"]


def test_without_a_survey_the_first_mistake_ends_the_reading(tiny: TinyAnalysis) -> None:
    tiny.change("samples", "samples.signal.inputs", ["sgi"])
    tiny.change("samples", "samples.background.inputs", ["bgk"])
    assert len(found(tiny)) == 2
    with pytest.raises(ConfigurationError, match="unknown input 'sgi'"):
        load(tiny.config)
