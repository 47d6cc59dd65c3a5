"""Aliases in the configuration, and mistakes in expressions."""

import sys
from typing import Any

import pytest
from helpers_config import refused
from tests.conftest import TinyAnalysis

from n2mu.commands.app import main
from n2mu.commands.job import slice_json
from n2mu.config.kinds.weight import WeightSystematic
from n2mu.config.load import load


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
