"""The second analysis, from generated collisions to mu: the mass in eight bins of a score."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
import yaml

from n2mu.demo.hzgamma.plan import plan
from tests.workflow.snake import ROOT, n2mu, snakemake

pytest.importorskip("pythia8mc", reason="the wheels of PYTHIA do not exist for this platform")
pytestmark = pytest.mark.xdist_group("hzgamma")

EVENTS = {"signal": 3000, "background": 5000}
FITS = ("l138", "l400")


@contextmanager
def changed(path: Path) -> Iterator[Any]:
    """Give the content of a YAML file, and write it back with what was changed."""
    content = yaml.safe_load(path.read_text())
    yield content
    path.write_text(yaml.safe_dump(content))


@pytest.fixture(scope="module")
def hzgamma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished run of the committed analysis on a few listed ntuples of its generator."""
    from n2mu.demo.hzgamma.output import generate_file

    directory = tmp_path_factory.mktemp("hzgamma")
    shutil.copytree(ROOT / "config/hzgamma", directory / "config/hzgamma")
    main = directory / "config/hzgamma.yaml"
    shutil.copy(ROOT / "config/hzgamma.yaml", main)
    with changed(main) as content:
        del content["demo"]
        content |= {"listing": "listing.json", "fits": list(FITS)}
    with changed(directory / "config/hzgamma/models.yaml") as content:
        content["models"]["etn_disco"]["epochs"] = 3
    with changed(directory / "config/hzgamma/fits.yaml") as content:
        content["free_shapes"]["background_shape"]["degree"] = 2
    for process, events in EVENTS.items():
        file = next(file for file in plan("tiny") if file.process == process)
        small = replace(file, events=events, multiparton=False)
        generate_file(small, directory / "ntuples/hzgamma/small", identity=process)
    listed = n2mu(directory, "list", "--config", str(main))
    assert listed.returncode == 0, listed.stderr
    targets = [f"results/hzgamma/fits/{fit}/mu_fit.json" for fit in FITS]
    arguments = ("--configfile", str(main), "--cores", "2", "--show-failed-logs")
    snakemake(directory, *targets, "results/mu_fit.json", *arguments)
    return directory


def product(directory: Path, fit: str, name: str) -> Any:
    return json.loads((directory / f"results/hzgamma/fits/{fit}/{name}").read_text())


def selected(directory: Path, process: str) -> int:
    """Return how many events of the ntuples are in the signal region."""
    (path,) = (directory / f"ntuples/hzgamma/small/{process}").glob("*.root")
    with uproot.open(path) as file:
        events = file["events"].arrays(library="np")
    mass = events["m_llgamma"]
    inside = (
        (events["lep_leading_pt"] > 25)
        & (events["lep_subleading_pt"] > 15)
        & (events["gamma_pt_over_m"] > 15 / 110)
        & (events["min_dR"] > 0.4)
        & (events["m_ll"] > 50)
        & (mass + events["m_ll"] > 185)
        & (mass > 100)
        & (mass < 180)
    )
    return int(inside.sum())


def test_mu_comes_out_with_the_precision_of_the_luminosity(hzgamma: Path) -> None:
    published = json.loads((hzgamma / "results/mu_fit.json").read_text())
    fits = {fit: product(hzgamma, fit, "mu_fit.json") for fit in FITS}
    assert published["mu"] == fits["l138"]["mu"]
    for content in fits.values():
        assert content["mu"]["value"] == pytest.approx(1, abs=1e-6)
        assert all(gate["passed"] for gate in content["gates"])
    assert "projection" not in fits["l138"]
    assert fits["l400"]["projection"] == {"luminosity": 400e3, "inputs": 138e3}
    errors = [fits[fit]["mu_stat_only"]["up"] for fit in FITS]
    assert errors[0] / errors[1] == pytest.approx((400 / 138) ** 0.5, rel=0.02)


def test_eight_regions_of_equal_signal_hold_every_event_once(hzgamma: Path) -> None:
    regions = product(hzgamma, "l138", "templates_report.json")["regions"]
    assert list(regions) == [f"SR_{number}" for number in range(1, 9)]
    edges = {tuple(region["split"]["edges"]) for region in regions.values()}
    projected = product(hzgamma, "l400", "templates_report.json")["regions"]
    assert edges == {tuple(region["split"]["edges"]) for region in projected.values()}
    for process in EVENTS:
        counts = [region["samples"][process]["events"] for region in regions.values()]
        assert sum(counts) == selected(hzgamma, process)
        if process == "signal":
            assert max(counts) - min(counts) <= 1


def test_the_background_is_a_smooth_shape_that_is_free_in_each_region(hzgamma: Path) -> None:
    workspace = product(hzgamma, "l138", "workspace.json")
    for channel in workspace["channels"]:
        parts = [s for s in channel["samples"] if s["name"].startswith("background")]
        assert len(parts) == 3
        total = np.sum([part["data"] for part in parts], axis=0)
        # the logarithm of the sum is a parabola: its third differences vanish
        assert np.abs(np.diff(np.log(total), n=3)).max() < 1e-8
    free = {p["name"] for p in product(hzgamma, "l138", "mu_fit.json")["parameters"]}
    assert {f"background_shape_SR_{r}_{k}" for r in range(1, 9) for k in range(3)} < free
