"""The shipped fit of mixed data: what the control regions observe, and what follows from it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from scipy.stats import chi2

from n2mu.demo.tth.pseudodata import FAKE_FACTORS

pytestmark = pytest.mark.xdist_group("tiny")
CONTROL = ("CR_tau", "CR_e", "CR_mu")


def product(finished: Path, name: str) -> Any:
    return json.loads((finished / "results/tth/fits/mixed" / name).read_text())


def test_control_regions_recover_the_fake_factors_of_the_pseudo_data(finished: Path) -> None:
    """All three together, with their correlations: one in a hundred sets of data would fail."""
    fitted = {entry["name"]: entry for entry in product(finished, "mu_fit.json")["parameters"]}
    correlation = product(finished, "postfit.json")["correlation"]
    names = [f"norm_fake_{name}" for name in FAKE_FACTORS]
    rows = [correlation["names"].index(name) for name in names]
    errors = np.array([fitted[name]["uncertainty"] for name in names])
    covariance = np.array(correlation["matrix"])[np.ix_(rows, rows)] * np.outer(errors, errors)
    distance = np.array([fitted[name]["value"] for name in names]) - list(FAKE_FACTORS.values())
    assert (errors < 1).all(), errors
    chi_squared = distance @ np.linalg.solve(covariance, distance)
    assert chi2.sf(chi_squared, len(names)) > 0.01, dict(zip(names, distance / errors, strict=True))


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
