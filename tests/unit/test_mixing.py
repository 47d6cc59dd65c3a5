"""Mixed data: observed counts in some regions, what a fit to these predicts in the others."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyhf
import pytest

from n2mu.errors import FitError
from n2mu.fit.mixing import mixed
from n2mu.fit.opened import open_fit
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit


def norm(name: str) -> dict[str, Any]:
    return {"name": name, "type": "normfactor", "data": None}


SPEC: dict[str, Any] = {
    "channels": [
        {
            "name": "SR",
            "samples": [
                {"name": "ttH", "data": [3.0, 12.0], "modifiers": [norm("mu")]},
                {
                    "name": "fake",
                    "data": [30.0, 10.0],
                    "modifiers": [
                        norm("k"),
                        {"name": "jes", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
                    ],
                },
            ],
        },
        {
            "name": "CR",
            "samples": [
                {"name": "ttH", "data": [1.0], "modifiers": [norm("mu")]},
                {"name": "fake", "data": [200.0], "modifiers": [norm("k")]},
            ],
        },
    ],
    "observations": [{"name": "SR", "data": [-1.0, -2.0]}, {"name": "CR", "data": [261.0]}],
    "measurements": [
        {
            "name": "m",
            "config": {
                "poi": "mu",
                "parameters": [
                    {"name": "mu", "bounds": [[-5, 10]], "inits": [1.0]},
                    {"name": "k", "bounds": [[0, 5]], "inits": [1.0]},
                ],
            },
        }
    ],
    "version": "1.0.0",
}
SETTINGS = FitSettings(dataset="mixed", asimov_mu=1.0, data_regions=["CR"])


def stored(spec: dict[str, Any]) -> dict[str, list[float]]:
    return {entry["name"]: entry["data"] for entry in spec["observations"]}


def with_sr(counts: list[float]) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC)
    spec["observations"][0]["data"] = counts
    return spec


def fitted(directory: Path, spec: dict[str, Any], settings: FitSettings = SETTINGS) -> Any:
    (directory / "w.json").write_text(json.dumps(spec))
    run_fit(settings, directory / "w.json", directory / "mu_fit.json", {})
    return json.loads((directory / "mu_fit.json").read_text())


def test_other_regions_hold_what_pyhf_expects_after_its_fit_of_the_observed_ones() -> None:
    found = stored(mixed(with_sr([999.0, 999.0]), ["CR"], 1.0))
    alone = copy.deepcopy(SPEC)
    alone["channels"], alone["observations"] = alone["channels"][1:], alone["observations"][1:]
    workspace = pyhf.Workspace(alone)
    model = workspace.model()
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-6))
    fit = pyhf.infer.mle.fixed_poi_fit(1.0, workspace.data(model), model)
    factor = fit[model.config.par_slice("k")][0]
    assert factor == pytest.approx(1.3, rel=1e-4)
    assert found["CR"] == [261.0]
    assert found["SR"] == pytest.approx([3 + 30 * factor, 12 + 10 * factor], rel=1e-4)


def test_what_stood_in_the_other_regions_does_not_matter() -> None:
    assert mixed(with_sr([999.0, 5.0]), ["CR"], 1.0) == mixed(with_sr([0.0, 0.0]), ["CR"], 1.0)


def test_the_fit_of_a_stored_mix_says_mixed_and_finds_the_factor(tmp_path: Path) -> None:
    content = fitted(tmp_path, mixed(with_sr([0.0, 0.0]), ["CR"], 1.0))
    values = {entry["name"]: entry["value"] for entry in content["parameters"]}
    assert content["dataset"] == "mixed"
    assert content["provenance"]["observations"] == "stored"
    assert content["provenance"]["data_regions"] == ["CR"]
    assert values["k"] == pytest.approx(1.3, rel=1e-6)
    assert content["mu"]["value"] == pytest.approx(1.0, abs=1e-6)
    gates = {gate["name"]: gate["passed"] for gate in content["gates"]}
    assert gates == dict.fromkeys(
        ("covariance", "bounds", "mixed_rates", "goodness", "data_pulls"), True
    )


def test_a_stored_mix_gives_what_a_mix_made_by_the_fit_gives(tmp_path: Path) -> None:
    one = fitted(tmp_path, mixed(with_sr([0.0, 0.0]), ["CR"], 1.0))
    made = SETTINGS.model_copy(update={"dataset": None})
    other = fitted(tmp_path, with_sr([7.0, 9.0]), made)
    assert other["dataset"] == "mixed"
    for side in ("value", "up", "down"):
        assert one["mu"][side] == pytest.approx(other["mu"][side], rel=1e-6)


def test_observed_counts_in_a_region_that_is_not_observed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="gate 'mixed_rates' failed: with mu = 1 the largest diff"):
        fitted(tmp_path, with_sr([50.0, 20.0]))


def test_a_blinded_bin_of_an_asimov_region_keeps_the_counts_of_the_mix(tmp_path: Path) -> None:
    spec = mixed(with_sr([0.0, 0.0]), ["CR"], 1.0)
    blinding = {"threshold": 0.3, "bins": {"SR": [False, True], "CR": [False]}}
    fitted(tmp_path, spec, SETTINGS.model_copy(update={"blinding": blinding}))
    opened = open_fit(SETTINGS, tmp_path / "w.json", tmp_path / "mu_fit.json")
    assert np.allclose(opened.best.likelihood.observed, [261.0, *stored(spec)["SR"]])
    assert opened.asimov_bins() == {"SR": [True, True], "CR": [False]}


def test_a_mix_whose_observed_regions_cannot_be_fitted_is_refused() -> None:
    spec = with_sr([0.0, 0.0])
    spec["channels"][1]["samples"][1]["data"] = [0.0]
    with pytest.raises(FitError, match=r"no Asimov data for a mix: the fit of CR failed|negative"):
        mixed(spec, ["CR"], -1.0)
