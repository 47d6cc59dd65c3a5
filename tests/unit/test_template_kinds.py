"""Kinds of systematics: from events to both sides."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_tiny_templates import Tiny, events, ghosts, only, spread, varied, weight

from n2mu.errors import TemplateError
from n2mu.templates.histogram import read_root


def test_an_input_takes_the_place_of_the_own_one(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, herwig=spread([90, 60, 30]))
    tiny.run({"shower": {"kind": "input", "samples": ["tt"], "up": ["herwig"]}})
    assert tiny.yields("tt") == [100, 50, 20]
    assert tiny.yields("tt", "shower_up") == [90, 60, 30]
    assert tiny.yields("tt", "shower_down") == [110, 40, 10]


def test_a_ghost_varies_a_sample_and_is_no_part_of_the_expectation(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, other=spread([120, 40, 20]))
    told = {"kind": "sample", "samples": ["tt"], "up": "other", "symmetrisation": "one_sided"}
    report = tiny.run({"generator": told}, samples=ghosts("other"))
    assert tiny.yields("tt", "generator_up") == [120, 40, 20]
    assert set(read_root(tmp_path / "templates.root")["SR"]) == {"sig", "ttW", "tt"}
    assert set(report["regions"]["SR"]["samples"]) == {"sig", "ttW", "tt"}


def test_the_ratio_to_a_reference_is_applied_bin_by_bin(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, other=spread([60, 30, 5]), fast=spread([50, 40, 0]))
    told = {
        "kind": "sample",
        "samples": ["tt", "ttW"],
        "up": "other",
        "reference": "fast",
        "symmetrisation": "one_sided",
    }
    report = tiny.run({"generator": told}, samples=ghosts("other", "fast"))
    assert tiny.yields("tt", "generator_up") == pytest.approx([120, 37.5, 20])
    assert tiny.yields("ttW", "generator_up") == pytest.approx([48, 30, 20])
    actions = only(report, "generator")["actions"]
    assert actions[0]["what"] == "bins 3 left at the nominal"


def test_a_comparison_without_events_is_no_effect(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, other=events([-1, -1], [1.0, 1.0]))
    told = {"kind": "sample", "samples": ["tt"], "up": "other", "symmetrisation": "one_sided"}
    entry = only(tiny.run({"generator": told}, samples=ghosts("other")), "generator")
    assert entry["status"] == "dropped"
    assert entry["actions"][0]["why"] == "what takes the sample's place has no event here"
    assert set(read_root(tmp_path / "templates.root")["SR"]["tt"]) == {"nominal"}


@pytest.mark.parametrize(
    ("combine", "up", "down"),
    [
        ("envelope", [120, 50, 22], [80, 50, 18]),
        ("standard_deviation", [100 + np.std([20, -20, 0], ddof=1), 50, 22], None),
        ("hessian", [100 + 20 * np.sqrt(2), 50, 20 + np.sqrt(8)], None),
    ],
)
def test_a_set_of_weights_makes_one_variation(
    tmp_path: Path, combine: str, up: list[float], down: list[float] | None
) -> None:
    members = {
        "pdf_0": [1.2, 1.0, 1.1],
        "pdf_1": [0.8, 1.0, 0.9],
        "pdf_2": [1.0, 1.0, 1.0],
    }
    tiny = Tiny(tmp_path, tt=spread([100, 50, 20], 1.0, **members))
    told = {
        "kind": "set",
        "samples": ["tt"],
        "members": [f"n2mu_weight_{name}" for name in members],
        "combine": combine,
    }
    report = tiny.run({"pdf": told})
    assert tiny.yields("tt", "pdf_up") == pytest.approx(up)
    mirrored = [2 * n - u for n, u in zip([100, 50, 20], up, strict=True)]
    assert tiny.yields("tt", "pdf_down") == pytest.approx(down or mirrored)
    assert set(read_root(tmp_path / "templates.root")["SR"]["tt"]) == {
        "nominal",
        "pdf_up",
        "pdf_down",
    }
    assert only(report, "pdf")["actions"][0]["what"] == "3 members combined"


def test_numbers_are_pruned_like_templates(tmp_path: Path) -> None:
    def number(kind: str, size: float) -> dict[str, Any]:
        parameters = {"SR": {"tt": "x"}}
        told = {"samples": ["tt"], "regions": ["SR"], "parameters": parameters}
        return {**told, "kind": kind, "per_bin": kind == "bins", "up": size, "down": -size}

    numbers = {
        "large": number("norm", 0.1),
        "small": number("norm", 0.01),
        "per_bin": number("bins", 0.1),
        "per_bin_small": number("bins", 0.01),
    }
    report = Tiny(tmp_path).run(numbers=numbers, pruning={"norm": 0.02, "shape": 0.02})
    assert {n: only(report, n)["status"] for n in numbers} == {
        "large": "kept",
        "small": "dropped",
        "per_bin": "kept",
        "per_bin_small": "dropped",
    }


def test_a_weight_that_is_no_number_is_refused(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.0, np.nan, 1.0], [1.0] * 3)
    with pytest.raises(
        TemplateError, match=r"'n2mu_weight_w_up' is nan for an event \(entry 200\)"
    ):
        tiny.run(weight("w"))
    assert not (tmp_path / "templates.root").exists()
