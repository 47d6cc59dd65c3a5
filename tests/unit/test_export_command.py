"""``n2mu export`` on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import TinyAnalysis
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.config.load import load
from n2mu.errors import ConfigurationError, ProductError, TemplateError, WorkspaceError
from n2mu.interop.trex_histograms import histogram_config

SPEC: dict[str, Any] = {
    "channels": [
        {
            "name": "SR",
            "samples": [
                {
                    "name": "ttH",
                    "data": [3.0, 1.0],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                }
            ],
        }
    ],
    "observations": [{"name": "SR", "data": [3.0, 1.0]}],
    "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["export", *arguments])


def test_a_workspace_becomes_a_directory_that_may_be_moved(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace.json"
    workspace.write_text(json.dumps(SPEC))
    result = run("histfactory", str(workspace), "-o", str(tmp_path / "xml"))
    assert result.exit_code == 0, result.output
    files = {path.name: path for path in (tmp_path / "xml").iterdir()}
    assert set(files) == {
        "HistFactorySchema.dtd",
        "channel_SR.xml",
        "combination.xml",
        "data.root",
    }
    for name in ("channel_SR.xml", "combination.xml"):
        assert str(tmp_path) not in files[name].read_text()


def test_what_is_no_workspace_leaves_the_directory_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "xml").mkdir()
    (tmp_path / "xml/kept").touch()
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({**SPEC, "observations": []}))
    result = run("histfactory", str(broken), "-o", str(tmp_path / "xml"))
    assert isinstance(result.exception, WorkspaceError)
    assert [path.name for path in (tmp_path / "xml").iterdir()] == ["kept"]


@pytest.mark.parametrize("source", ["--ntuples", "--histograms"])
def test_without_templates_there_are_no_edges(tiny: TinyAnalysis, source: str) -> None:
    tiny.write_ntuples()
    tiny.list()
    result = run("trex", "score", source, "-o", "a.config", "--config", str(tiny.config))
    assert isinstance(result.exception, TemplateError)
    assert "make them with 'n2mu templates FIT'" in str(result.exception)
    assert not Path("a.config").exists()


def test_a_misspelt_fit_and_a_missing_listing_are_named(tiny: TinyAnalysis) -> None:
    arguments = ["--ntuples", "-o", "a.config", "--config", str(tiny.config)]
    assert isinstance(run("trex", "score", *arguments).exception, ProductError)
    tiny.write_ntuples()
    tiny.list()
    result = run("trex", "scor", *arguments)
    assert isinstance(result.exception, ConfigurationError)
    assert "unknown fit 'scor'; did you mean 'score'?" in str(result.exception)


def test_a_sample_without_events_in_the_fit_has_neither_block_nor_factor(
    tiny: TinyAnalysis,
) -> None:
    contents = {
        "SR": {"background": ["nominal", "jes_up", "jes_down"]},
        "CR": {"background": ["nominal"]},
    }
    edges = {"SR": [0.0, 0.5, 1.0], "CR": [20e3, 40e3, 80e3]}
    export = histogram_config(
        load(tiny.config), "score", edges, contents, tiny.directory / "templates.root"
    )
    blocks = {(kind, name): options for kind, name, options in export.blocks}
    assert [name for kind, name in blocks if kind == "Sample"] == ["background"]
    assert not [name for kind, name in blocks if kind == "NormFactor"]
    assert blocks["Systematic", "lumi"]["Samples"] == "background"
    assert blocks["Systematic", "jes"]["ExcludeRegionSample"] == "CR:background"
