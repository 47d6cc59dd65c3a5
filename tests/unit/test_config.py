"""The configuration: every mistake is one line with file, key and what would be right."""

import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import TinyAnalysis

from n2mu.commands.app import main
from n2mu.commands.job import slice_json
from n2mu.config.base import Model
from n2mu.config.coherence import Configuration
from n2mu.config.inputs import data_sets
from n2mu.config.kinds.weight import WeightSystematic
from n2mu.config.load import load, read_yaml
from n2mu.errors import ConfigurationError

ROOT = Path(__file__).parents[2]

MISTAKES: list[tuple[str, str, str, Any, str]] = [
    (
        "unknown key of a sample",
        "samples",
        "samples.signal.sellection",
        "1",
        "samples.signal.sellection: unknown key; did you mean 'selection'?",
    ),
    (
        "unknown key at the top",
        "regions",
        "pre_selection",
        "1",
        "pre_selection: unknown key; did you mean 'preselection'?",
    ),
    (
        "unknown key inside a list of alternatives",
        "systematics",
        "systematics.pileup.factr",
        "pileup",
        "systematics.pileup.factr: unknown key; did you mean 'factor'?",
    ),
    (
        "unknown kind",
        "systematics",
        "systematics.pileup.kind",
        "wieght",
        "systematics.pileup: unknown 'kind' 'wieght'; did you mean 'weight'?",
    ),
    (
        "no kind",
        "systematics",
        "systematics.pileup.kind",
        ...,
        "systematics.pileup: required key 'kind' is missing",
    ),
    (
        "missing key",
        "inputs",
        "inputs.sig.cross_section",
        ...,
        "inputs.sig: 'cross_section' is missing; observed events say 'data: true' instead",
    ),
    (
        "wrong value of an enumeration",
        "regions",
        "regions.SR.role",
        "sginal",
        "regions.SR.role: expected 'signal', 'control' or 'validation', got 'sginal'",
    ),
    (
        "no number",
        "inputs",
        "luminosity",
        "much",
        "luminosity: expected a number, got 'much'",
    ),
    (
        "infinite cross-section",
        "inputs",
        "inputs.sig.cross_section",
        math.inf,
        "inputs.sig.cross_section: expected a finite number, got inf",
    ),
    (
        "edge that is no number",
        "regions",
        "regions.CR.binning.edges",
        [20e3, math.nan, 80e3],
        "regions.CR.binning.edges.1: expected a finite number, got nan",
    ),
    (
        "edges that do not increase",
        "regions",
        "regions.CR.binning.edges",
        [20e3, 10e3],
        "regions.CR.binning: edges must increase, got [20000.0, 10000.0]",
    ),
    (
        "truth value for an expression",
        "samples",
        "samples.signal.selection",
        True,
        "samples.signal.selection: expected a text, got True",
    ),
    (
        "expression that does not parse",
        "regions",
        "regions.SR.selection",
        "njets >= 4 && (pt > 20e3",
        "regions.SR.selection: cannot parse 'njets >= 4 && (pt > 20e3' "
        "at character 25: expected ')' to close '(' of character 15, found the end",
    ),
    (
        "unknown input",
        "samples",
        "samples.signal.inputs",
        ["sigg"],
        "samples.signal.inputs: unknown input 'sigg'; did you mean 'sig'?",
    ),
    (
        "unknown class",
        "samples",
        "samples.signal.training_class",
        "siig",
        "samples.signal.training_class: unknown class 'siig'; did you mean 'sig'?",
    ),
    (
        "unknown sample of a systematic",
        "systematics",
        "systematics.scale.samples",
        ["sigmal"],
        "systematics.scale.samples: unknown sample 'sigmal'; did you mean 'signal'?",
    ),
    (
        "unknown weight factor",
        "systematics",
        "systematics.pileup.factor",
        "pile_up",
        "systematics.pileup.factor: unknown weight factor 'pile_up'; did you mean 'pileup'?",
    ),
    (
        "unknown feature",
        "models",
        "models.mlp.features",
        ["x", "chrage"],
        "models.mlp.features: unknown feature 'chrage'; did you mean 'charge'?",
    ),
    (
        "unknown validation region",
        "models",
        "models.mlp.validation_region",
        "SRR",
        "models.mlp.validation_region: unknown region 'SRR'; did you mean 'SR'?",
    ),
    (
        "unknown evaluation region",
        "models",
        "evaluation_region",
        "zz",
        "evaluation_region: unknown region 'zz'; known are CR, SR",
    ),
    (
        "unknown signal class",
        "models",
        "signal_class",
        "bgk",
        "signal_class: unknown class 'bgk'; did you mean 'bkg'?",
    ),
    (
        "unknown region of a fit",
        "fits",
        "fits.score.regions",
        ["SR", "CRR"],
        "fits.score.regions: unknown region 'CRR'; did you mean 'CR'?",
    ),
    (
        "unknown parameter of interest",
        "fits",
        "fits.score.poi",
        "mu_",
        "fits.score.poi: unknown norm factor 'mu_'; did you mean 'mu'?",
    ),
    (
        "unknown sample of a norm factor",
        "fits",
        "norm_factors.mu.samples",
        ["back*", "signl"],
        "norm_factors.mu.samples: unknown sample 'signl'; did you mean 'signal'?",
    ),
    (
        "unknown model",
        "config",
        "models",
        ["mpl"],
        "models: unknown model 'mpl'; did you mean 'mlp'?",
    ),
    (
        "unknown fit",
        "config",
        "fits",
        ["score", "scores"],
        "fits: unknown fit 'scores'; did you mean 'score'?",
    ),
    (
        "unpublished fit",
        "config",
        "publish",
        "sore",
        "publish: 'sore' is not among the fits; did you mean 'score'?",
    ),
    (
        "unknown base",
        "inputs",
        "inputs.sig.base",
        "disc",
        "inputs.sig.base: unknown base 'disc'; did you mean 'disk'?",
    ),
    (
        "base that is no name",
        "config",
        "ntuples",
        {"../disk": "a"},
        "ntuples.../disk: '../disk' is no name: use letters, digits and underscores",
    ),
    (
        "region outside the preselection",
        "regions",
        "regions.SR.selection",
        "njets >= 4 && pt > 19e3",
        "regions.SR.selection: not contained in the preselection; nothing in it implies "
        "'pt > 20000': add that cut to the region, or loosen the preselection",
    ),
    (
        "class that nothing trains",
        "models",
        "classes",
        ["sig", "bkg", "top"],
        "classes: no sample has training_class 'top'",
    ),
    (
        "class twice",
        "models",
        "classes",
        ["sig", "bkg", "sig"],
        "classes: 'sig' stands twice; keep one",
    ),
    (
        "region twice in a fit",
        "fits",
        "fits.score.regions",
        ["SR", "CR", "SR"],
        "fits.score.regions: 'SR' stands twice; keep one",
    ),
    (
        "unknown placeholder",
        "inputs",
        "inputs.sig.files",
        "{campain}/*.root",
        "inputs.sig.files: unknown placeholder '{campain}'; did you mean 'campaign'?",
    ),
    (
        "path outside the base",
        "inputs",
        "inputs.sig.files",
        "../*.root",
        "inputs.sig.files: '../*.root' must be a path below the base",
    ),
    (
        "sum of weights of one side only",
        "systematics",
        "systematics.scale.down",
        "weight_mc * 0.8",
        "systematics.scale: 'sum_up' and 'sum_down' belong together, or one side changes the "
        "rate and the other does not",
    ),
    (
        "variation that would overwrite the nominal table",
        "systematics",
        "systematics.jes.down",
        "nominal",
        "systematics.jes.down: 'nominal' is the name of another table of the skim, rename the tree",
    ),
    (
        "a category that is missing as well",
        "features",
        "features.charge.missing",
        [-1],
        "features.charge: -1 is in 'values' and in 'missing'; keep one",
    ),
    (
        "a category that float32 does not tell from the next",
        "features",
        "features.charge.values",
        [-1, 2**24],
        "features.charge.values.1: expected a number less than 16777216, got 16777216",
    ),
    (
        "more folds than a fold number holds",
        "models",
        "folds",
        200,
        "folds: expected a number less than or equal to 100, got 200",
    ),
]


@pytest.mark.parametrize(
    ("part", "key", "value", "message"), [row[1:] for row in MISTAKES], ids=[r[0] for r in MISTAKES]
)
def test_a_mistake_is_one_line_with_file_key_and_remedy(
    tiny: TinyAnalysis, part: str, key: str, value: Any, message: str
) -> None:
    tiny.change(part, key, value)
    refused(tiny, part, message)


def refused(tiny: TinyAnalysis, part: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tiny.config)
    assert str(caught.value) == f"{tiny.path(part)}: {message}"
    assert "\n" not in str(caught.value)


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


def test_several_mistakes_are_counted(tiny: TinyAnalysis) -> None:
    tiny.change("samples", "samples.signal.kind", "sig")
    tiny.change("samples", "samples.background.coluor", "red")
    message = "samples.signal.kind: expected 'signal', 'background', 'data' or 'ghost', got 'sig'"
    refused(tiny, "samples", f"{message} (and 1 more)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "key 'a' stands twice, in lines 1 and 3; keep one"),
        ("x: {a: 1, a: 2}\n", "key 'a' stands twice, in lines 1 and 1; keep one"),
        (
            "d: &d {a: 1}\nx:\n  <<: *d\n  <<: *d\n",
            "key '<<' stands twice, in lines 3 and 4; keep one",
        ),
        ("files: {campaign}/x.root\n", "line 1: not valid YAML"),
        ("a: {{x}}\n", "line 1: a key is a mapping or a list; put it in quotes"),
        ("a: [1, 2\n", "line 2: not valid YAML"),
        ("a: *nothing\n", "line 1: not valid YAML"),
    ],
)
def test_what_is_no_good_yaml_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "samples.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(path)
    assert re.match(rf"{re.escape(str(path))}: ?{re.escape(message)}", str(caught.value))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tiny: TinyAnalysis) -> None:
    tiny.path("fits").unlink()
    refused(tiny, "fits", "no such file")
    tiny.path("fits").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"fits\.yaml: not UTF-8"):
        load(tiny.config)
    tiny.path("fits").write_text("")
    refused(
        tiny, "fits", "is empty; its keys are norm_factors, shape_factors, fits, compare_models"
    )


@pytest.mark.parametrize("text", ["10e3", "1e4", "1.e4", "+1E4", "10000", "1.0e+4"])
def test_numbers_are_numbers_however_they_are_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"a: {{b: [{text}]}}\nname: {text}x\n")
    content = read_yaml(path)
    assert content["a"]["b"] == [10000.0]
    assert not isinstance(content["a"]["b"][0], str)
    assert content["name"] == f"{text}x"


def test_numbers_reach_the_parameters_of_a_model(tiny: TinyAnalysis) -> None:
    path = tiny.path("models")
    path.write_text(
        path.read_text().replace("epochs: 1", "epochs: 1\n    parameters: {dropout: 1e-3}")
    )
    assert load(tiny.config).models.models["mlp"].parameters == {"dropout": 0.001}


def test_a_number_is_an_expression(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "weight.k_factor", 1.25)
    tiny.change("regions", "training", 1)
    configuration = load(tiny.config)
    assert configuration.inputs.weight["k_factor"] == "1.25"
    assert configuration.regions.training == "1"


def test_anchors_give_defaults_that_may_be_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "base: &base {a: 1, b: {c: 2}}\n"
        "more: &more\n  <<: *base\n  a: 3\n"
        "x:\n  <<: *more\n  d: 4\n"
        "y: {<<: [*more, *base], a: 5}\n"
        "z: *base\n"
    )
    base = {"a": 1, "b": {"c": 2}}
    assert read_yaml(path) == {
        "base": base,
        "more": {**base, "a": 3},
        "x": {**base, "a": 3, "d": 4},
        "y": {**base, "a": 5},
        "z": base,
    }


@pytest.mark.parametrize("path", ["config/config.yaml", "tests/workflow/higgs/config/config.yaml"])
def test_the_committed_configurations_load(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    configuration = load(Path(path))
    assert isinstance(configuration, Configuration)
    assert load(read_yaml(Path(path)), Path(path).parent).fits == configuration.fits


def test_an_alias_stands_for_its_expression_in_every_file(tiny: TinyAnalysis) -> None:
    aliases = {"many": "njets >= few", "few": 4, "XXX_HARD": "(pt > 20e3)", "up": "weight_mc * 2"}
    tiny.change("regions", "aliases", aliases)
    tiny.change("regions", "regions.SR.selection", "many && XXX_HARD")
    tiny.change("regions", "preselection", "njets >= few - 3 && XXX_HARD || many && XXX_HARD")
    tiny.change("regions", "regions.CR.selection", "njets >= few - 3 && XXX_HARD")
    tiny.change("samples", "samples.signal.selection", "!many")
    tiny.change("inputs", "weight.generator", "up")
    tiny.change("systematics", "systematics.scale.up", "up * 1.25")
    tiny.change("features", "features.x", {"expression": "x * (many ? 1 : 2)"})
    tiny.change("fits", "fits.score.observable", "many * mlp_sig")
    loaded = load(tiny.config)
    assert loaded.regions.regions["SR"].selection == "(njets >= (4)) && ((pt > 20e3))"
    assert loaded.samples.samples["signal"].selection == "!(njets >= (4))"
    assert loaded.inputs.weight["generator"] == "(weight_mc * 2)"
    systematic = loaded.systematics.systematics["scale"]
    assert isinstance(systematic, WeightSystematic)
    assert systematic.up == "(weight_mc * 2) * 1.25"
    assert loaded.features.features["x"].expression == "x * ((njets >= (4)) ? 1 : 2)"
    assert loaded.fits.fits["score"].observable == "(njets >= (4)) * mlp_sig"


def test_jobs_are_told_expressions_without_aliases(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    plain = tiny.list()
    tiny.change("regions", "aliases", {"hard": "pt > 20e3", "unused": "pt > 30e3"})
    tiny.change("regions", "training", "hard && njets >= 1")
    told = tiny.job().slices.skim("c0000")
    assert told.training == "(pt > 20e3) && njets >= 1"
    assert "unused" not in slice_json(told)
    assert slice_json(plain.slices.templates("score")) == slice_json(
        tiny.job().slices.templates("score")
    )


ALIAS_MISTAKES = [
    ({"a": "b2", "b2": "a"}, "aliases: alias 'a' is defined by itself: a -> b2 -> a"),
    ({"a": "pt > a"}, "aliases: alias 'a' is defined by itself: a -> a"),
    (
        {"a": "pt > > 3"},
        "aliases: alias 'a': cannot parse 'pt > > 3' at character 6: expected a value, found '>'",
    ),
    (
        {"c": "a && 1", "a": "pt >"},
        "aliases: alias 'a': cannot parse 'pt >' at character 5: expected a value, found the end",
    ),
    ({"sqrt": "pt"}, "aliases: alias 'sqrt': this name has a meaning already, rename it"),
    ({"n2mu_run": "pt"}, "aliases: alias 'n2mu_run': this name has a meaning already, rename it"),
    ({"a b": "pt"}, "aliases.a b: 'a b' is no name: use letters, digits and underscores"),
    ({"a": ["pt"]}, "aliases.a: expected a text, got ['pt']"),
    (
        {"pt": "x > 3"},
        "aliases.pt: it would hide the column of feature 'pt' with this name; rename the alias",
    ),
    (
        {"jets_pt": "x > 3"},
        "aliases.jets_pt: it would hide the column of feature 'jets' with this name; "
        "rename the alias",
    ),
    (
        {"mlp_bkg": "x > 3"},
        "aliases.mlp_bkg: it would hide the column of model 'mlp' with this name; rename the alias",
    ),
    (
        {"event": "x > 3"},
        "aliases.event: it would hide the column of inputs.yaml with this name; rename the alias",
    ),
    (
        {"XXX_SR": "pt > 3", "a": "XXX_RS && x"},
        "aliases: alias 'a': in 'XXX_RS && x' no alias 'XXX_RS'; did you mean 'XXX_SR'?",
    ),
    (
        {"XXX_SR": "pt > 3 || x", "a": "XXX_SR && x"},
        "aliases: alias 'a': in 'XXX_SR && x' TRExFitter would put 'XXX_SR' here without "
        "parentheses, which means something else; write parentheses around its definition",
    ),
    ({"a": "x", "c": "a[0]"}, "aliases: alias 'c': in 'a[0]' alias 'a' takes no '['"),
    ({"a": "x", "c": "@a.size()"}, "aliases: alias 'c': in '@a.size()' 'a' is an alias, no branch"),
]


@pytest.mark.parametrize(("aliases", "message"), ALIAS_MISTAKES)
def test_a_mistake_in_an_alias_names_it(
    tiny: TinyAnalysis, aliases: dict[str, Any], message: str
) -> None:
    tiny.change("regions", "aliases", aliases)
    refused(tiny, "regions", message)


def test_an_unknown_replacement_is_named_where_it_stands(tiny: TinyAnalysis) -> None:
    tiny.change("regions", "aliases", {"XXX_SR": "pt > 3"})
    tiny.change("samples", "samples.signal.selection", "XXX_SRR")
    refused(
        tiny,
        "samples",
        "samples.signal.selection: in 'XXX_SRR' no alias 'XXX_SRR'; did you mean 'XXX_SR'?",
    )


def test_below_a_mistake_stand_the_expression_and_a_caret(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.change("regions", "regions.SR.selection", "njets >= 4 && pt > > 20e3")
    monkeypatch.setattr(sys, "argv", ["n2mu", "list", "--config", str(tiny.config)])
    with pytest.raises(SystemExit):
        main()
    line, expression, caret = capsys.readouterr().err.splitlines()
    assert line.startswith(f"n2mu: error: {tiny.path('regions')}: regions.SR.selection: cannot")
    assert expression == "  njets >= 4 && pt > > 20e3"
    assert expression[caret.index("^") :] == "> 20e3"


def test_missing_may_be_nan_and_is_part_of_what_jobs_are_told(tiny: TinyAnalysis) -> None:
    path = tiny.path("features")
    path.write_text(path.read_text().replace("x: {}", "x: {missing: [-99, .nan]}"))
    tiny.write_ntuples()
    told = tiny.list().slices.train("mlp", 0)
    assert json.loads(slice_json(told))["features"]["x"]["missing"] == [-99.0, "NaN"]
    assert slice_json(type(told).model_validate_json(slice_json(told))) == slice_json(told)


def test_what_is_read_does_not_change(tiny: TinyAnalysis) -> None:
    configuration = load(tiny.config)
    assert isinstance(configuration.main, Model)
    with pytest.raises(ValueError, match="frozen"):
        configuration.main.analysis = "other"
