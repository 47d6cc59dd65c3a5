"""The configuration as YAML: what is read, and what no good file is."""

import json
import re
from pathlib import Path

import pytest
from helpers_config import refused
from tests.conftest import TinyAnalysis

from n2mu.commands.job import slice_json
from n2mu.config.load import load, read_yaml
from n2mu.errors import ConfigurationError


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
    refused(tiny, "fits", "no such file; each analysis has one, see docs/reference.md")
    tiny.path("fits").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"fits\.yaml: not UTF-8"):
        load(tiny.config)
    tiny.path("fits").write_text("")
    keys = "norm_factors, shape_factors, free_shapes, fits, compare_models"
    refused(tiny, "fits", f"is empty; its keys are {keys}")


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


def test_missing_may_be_nan_and_is_part_of_what_jobs_are_told(tiny: TinyAnalysis) -> None:
    path = tiny.path("features")
    path.write_text(path.read_text().replace("x: {}", "x: {missing: [-99, .nan]}"))
    tiny.write_ntuples()
    told = tiny.list().slices.train("mlp", 0)
    assert json.loads(slice_json(told))["features"]["x"]["missing"] == [-99.0, "NaN"]
    assert slice_json(type(told).model_validate_json(slice_json(told))) == slice_json(told)
