"""The features of the demo tell its signal from its backgrounds as those of an analysis do."""

import numpy as np
import pytest
from benchmarks.separation import areas, events

from n2mu.demo.kinematics import two_body
from n2mu.demo.tth.decays import decay_taus, tau_polarisation
from n2mu.demo.tth.modes import Leaf
from n2mu.demo.tth.rates import SIMULATION
from n2mu.demo.tth.strata import strata


def test_the_signal_is_neither_buried_in_the_signal_region_nor_obvious() -> None:
    found = events({"ttH": 50_000, "ttW": 90_000, "ttZ": 90_000, "VV": 120_000})
    assert set(found.group) == {"ttH", "ttW", "ttZ", "VV"}
    assert 0.68 < areas(found)["all"] < 0.85


@pytest.mark.parametrize("asymmetry", [-1.0, 0.0, 0.45])
def test_daughters_fly_along_the_parent_as_the_asymmetry_says(asymmetry: float) -> None:
    events = 40_000
    parent = np.tile([30e3, -40e3, 120e3, 150e3], (events, 1))
    massless = np.zeros(events)
    first, second = two_body(
        parent, massless, massless, np.random.default_rng(3), np.full(events, asymmetry)
    )
    assert first + second == pytest.approx(parent)
    # of massless daughters the share of energy is (1 + beta cos) / 2
    beta = 130 / 150
    cosine = (2 * first[:, 3] / 150e3 - 1) / beta
    assert np.abs(cosine).max() < 1 + 1e-9
    assert cosine.mean() == pytest.approx(asymmetry / 3, abs=4 / np.sqrt(3 * events))


def visible_share(polarisation: float) -> float:
    """Return the mean share of their energy that fast taus give to what is seen."""
    events = 40_000
    p4 = np.tile([0.0, 60e3, 0.0, np.hypot(60e3, 1777.0)], (events, 1))
    leaf = np.full(events, Leaf.TAU_HADRON)
    visible, _ = decay_taus(p4, leaf, np.full(events, polarisation), np.random.default_rng(5))
    return float(visible[:, 3].mean() / p4[0, 3])


def test_hadronic_taus_of_w_bosons_are_softer_than_those_of_a_scalar() -> None:
    assert visible_share(-1.0) < visible_share(0.0) - 0.03


def test_the_polarisation_is_that_of_the_boson_that_a_tau_comes_from() -> None:
    table = strata(346344, SIMULATION)
    topology = np.arange(len(table.leaves), dtype=np.int32)
    found = tau_polarisation(("t", "tbar", "H"), table, topology)
    assert np.all(found[:, :6] == -1)
    direct, through_w, through_z = (found[table.pairs == pair, 6:] for pair in (0, 1, 2))
    assert np.all(direct == 0)
    assert np.all(through_w == -1)
    assert np.all((through_z > -0.2) & (through_z < 0))
