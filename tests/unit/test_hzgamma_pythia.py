"""What PYTHIA generates for H -> Z gamma: reproducible, counted, with its spin correlations."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from scipy.stats import chi2, kstest

from n2mu.config.load import load
from n2mu.demo.generators import GENERATORS
from n2mu.demo.hzgamma.plan import HZGammaFile, plan
from n2mu.demo.hzgamma.variables import angles
from n2mu.demo.write import Columns
from n2mu.errors import N2muError

pythia8mc: Any = pytest.importorskip(
    "pythia8mc", reason="the wheels of PYTHIA do not exist for this platform"
)

ROOT = Path(__file__).parents[2]

FLOATS = [
    *(f"{p}_{q}" for p in ("gamma", "lep_leading", "lep_subleading") for q in ("pt", "eta", "phi")),
    *("m_ll", "m_llgamma", "sigma_m_llgamma", "min_dR", "max_dR", "cos_production", "cos_decay"),
    *("phi_decay", "pt_llgamma_over_m", "ptt_llgamma", "gamma_pt_over_m", "weight_mc"),
]


def planned(process: str, events: int, part: int = 0, multiparton: bool = False) -> HZGammaFile:
    files = [file for file in plan("tiny") if file.process == process]
    return replace(files[part], events=events, multiparton=multiparton)


def made(file: HZGammaFile) -> tuple[Columns, Columns]:
    from n2mu.demo.hzgamma.output import make_events

    return make_events(file)


def in_signal_region(events: Columns) -> Any:
    mass = events["m_llgamma"]
    return (
        (events["gamma_pt_over_m"] > 15 / 110)
        & (events["min_dR"] > 0.4)
        & (events["m_ll"] > 50)
        & (mass + events["m_ll"] > 185)
        & (mass > 100)
        & (mass < 180)
    )


@pytest.mark.parametrize("process", ["signal", "background"])
def test_the_same_file_holds_the_same_events_whatever_was_made_before(process: str) -> None:
    file, other = planned(process, 300), planned(process, 300, part=1)
    (one, counted), (different, _), (again, recounted) = made(file), made(other), made(file)
    assert counted == recounted
    assert len(one["m_ll"]) > 40
    for name, values in one.items():
        assert np.array_equal(values, again[name])
    assert not np.array_equal(one["m_ll"][:40], different["m_ll"][:40])


def test_the_sum_of_weights_counts_hard_processes_that_go_no_further() -> None:
    _, signal = made(planned("signal", 300))
    assert signal["totalEventsWeighted"] == signal["totalEvents"] == 300
    _, background = made(planned("background", 300))
    assert background["totalEvents"] == 300
    assert 380 < background["totalEventsWeighted"][0] < 560


def test_protons_that_interact_more_than_once_leave_more_particles() -> None:
    from n2mu.demo.hzgamma.pythia import Generator

    once, often = (
        sum(int(np.sum(p.number != 0)) for p in Generator(planned("signal", 20, 0, m)).batches())
        for m in (False, True)
    )
    assert often > 2 * once


def test_higgs_bosons_are_found_where_they_are_and_as_wide_as_their_resolution_says() -> None:
    events, _ = made(planned("signal", 2000))
    chosen = in_signal_region(events)
    assert 0.24 < chosen.sum() / 2000 < 0.34
    pulls = (events["m_llgamma"][chosen] - 125.0) / events["sigma_m_llgamma"][chosen]
    low, middle, high = np.percentile(pulls, [15.87, 50, 84.13])
    assert abs(middle) < 0.3
    # photons of the leptons that no cone gives back make the lower side wider
    assert 0.85 < (high - low) / 2 < 1.3


def test_backgrounds_fill_the_window_of_the_mass() -> None:
    events, metadata = made(planned("background", 2000))
    chosen = in_signal_region(events)
    assert 0.09 < chosen.sum() / metadata["totalEventsWeighted"][0] < 0.13
    assert set(events["lepton_flavour"]) == {11, 13}
    low, high = np.percentile(events["m_llgamma"][chosen], [10, 90])
    assert 100 < low < 115 < 140 < high < 180


def without_showers(process: str) -> Any:
    """Return PYTHIA as it generates hard processes and nothing else."""
    from n2mu.demo.hzgamma.pythia import COMMON, PROCESSES

    pythia = pythia8mc.Pythia("", False)
    for setting in (*COMMON, *PROCESSES[process], "PartonLevel:all = off"):
        assert pythia.readString(setting)
    assert pythia.init()
    return pythia


def hard_processes(process: str, events: int) -> list[Any]:
    """Return the leptons and photons of hard processes: negative, positive, photon."""
    pythia = without_showers(process)
    found: list[list[Any]] = [[], [], []]
    for _ in range(events):
        assert pythia.next()
        for place in range(5, pythia.process.size()):
            p = pythia.process[place]
            if p.status() > 0:
                which = 2 if p.id() == 22 else int(p.id() < 0)
                found[which].append((p.px(), p.py(), p.pz(), p.e()))
    return [np.array(p4) for p4 in found]


def test_the_signal_decays_as_a_scalar_to_a_transverse_z_boson() -> None:
    found = angles(*hard_processes("signal", 5000))
    assert kstest((found.cos_production + 1) / 2, "uniform").pvalue > 1e-3
    assert kstest(found.phi_decay / (2 * np.pi) + 0.5, "uniform").pvalue > 1e-3
    edges = np.linspace(-1, 1, 11)
    observed = np.histogram(found.cos_decay, edges)[0]
    expected = len(found.cos_decay) * 3 / 8 * np.diff(edges + edges**3 / 3)
    assert chi2.sf(np.sum((observed - expected) ** 2 / expected), 9) > 1e-3


def test_the_cross_section_of_the_background_is_the_one_of_its_generator() -> None:
    pythia = without_showers("background")
    for _ in range(5000):
        assert pythia.next()
    millibarn = 1e9  # in pb
    information = pythia.infoPython()
    found, error = information.sigmaGen() * millibarn, information.sigmaErr() * millibarn
    assert error < 0.02 * found
    background = load(ROOT / "config/hzgamma.yaml").inputs.inputs["background"]
    assert background.cross_section == pytest.approx(found, abs=4 * error)


def test_z_bosons_of_the_background_follow_the_beam() -> None:
    found = angles(*hard_processes("background", 3000)).cos_production
    assert np.mean(np.abs(found) > 0.8) > 0.25


def test_the_ntuple_is_what_the_configuration_reads(tmp_path: Path) -> None:
    file = planned("signal", 60, multiparton=True)
    GENERATORS["hzgamma"].generate(file, tmp_path, "plan:x")
    with uproot.open(tmp_path / file.path) as root:
        assert root["n2mu_plan"] == "plan:x"
        tree = root["events"]
        types = {branch.name: branch.typename for branch in tree.branches}
        assert types == {
            "runNumber": "uint32_t",
            "eventNumber": "uint64_t",
            "lepton_flavour": "int32_t",
            **dict.fromkeys(FLOATS, "float"),
        }
        events = tree.arrays(library="np")
        assert root["sumWeights"]["totalEventsWeighted"].array(library="np") == [60.0]
    number = events["eventNumber"]
    assert np.all(np.diff(number.astype(int)) > 0)
    assert number[0] >= 1
    assert number[-1] <= 60
    assert all(np.all(np.isfinite(events[name])) for name in FLOATS)


def test_without_pythia_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in ("pythia", "output"):
        monkeypatch.delitem(sys.modules, f"n2mu.demo.hzgamma.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(N2muError, match=r"PYTHIA is not installed.*pip install.*pythia"):
        GENERATORS["hzgamma"].generate(planned("signal", 1), tmp_path, "plan:x")
