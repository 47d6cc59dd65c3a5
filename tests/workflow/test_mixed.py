"""The shipped fit of mixed data: what the control regions observe, and what follows from it."""

import json
from pathlib import Path
from typing import Any

import pytest
import uproot

from n2mu.demo.pseudodata import FAKE_FACTORS

pytestmark = pytest.mark.xdist_group("tiny")
CONTROL = ("CR_tau", "CR_e", "CR_mu")


def product(finished: Path, name: str) -> Any:
    return json.loads((finished / "results/tth/fits/mixed" / name).read_text())


def test_control_regions_recover_the_fake_factors_of_the_pseudo_data(finished: Path) -> None:
    content = product(finished, "mu_fit.json")
    fitted = {entry["name"]: entry for entry in content["parameters"]}
    for name, stated in FAKE_FACTORS.items():
        found = fitted[f"norm_fake_{name}"]
        # three factors at once
        assert abs(found["value"] - stated) < 3 * found["uncertainty"], (name, found)


def test_the_product_says_what_was_observed(finished: Path) -> None:
    content = product(finished, "mu_fit.json")
    assert content["dataset"] == "mixed"
    assert content["provenance"]["data_regions"] == list(CONTROL)
    assert {"name": "mixed_rates", "passed": True}.items() <= {
        key: value
        for gate in content["gates"]
        if gate["name"] == "mixed_rates"
        for key, value in gate.items()
    }.items()


def test_the_workspace_holds_observed_counts_in_control_regions_only(finished: Path) -> None:
    observations = {
        entry["name"]: entry["data"]
        for entry in product(finished, "workspace.json")["observations"]
    }
    blinded = product(finished, "templates_report.json")["regions"]
    with uproot.open(finished / "results/tth/fits/mixed/templates.root") as file:
        for region in CONTROL:
            counts = file[f"{region}/data/nominal"].values()
            assert observations[region] == pytest.approx(counts)
            unblinded = [
                n for n, b in zip(counts, blinded[region]["blinded"], strict=True) if not b
            ]
            assert unblinded and all(n == int(n) for n in unblinded)
    assert any(n != int(n) for n in observations["SR"])
