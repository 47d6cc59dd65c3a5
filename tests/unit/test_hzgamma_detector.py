"""The parametric detector of H -> Z gamma: what it finds and how well it measures."""

import numpy as np
import pytest

from n2mu.demo.hzgamma.detector import ELECTRON, LEAST_PT, MUON, PARTS, PHOTON, Measured, measure
from n2mu.demo.kinematics import azimuth, from_pt_eta_phi, pseudorapidity, transverse_momentum

KINDS = (ELECTRON, MUON, PHOTON)
EVENTS = 20_000


def measured(kind: int, pt: float, eta: float, events: int = EVENTS) -> Measured:
    p4 = from_pt_eta_phi(np.full(events, pt), np.full(events, eta), np.ones(events), 0.0)
    return measure(p4, np.full(events, kind), np.random.default_rng(2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("eta", [0.3, -1.1, 2.2])
def test_momenta_spread_as_far_as_the_detector_says(kind: int, eta: float) -> None:
    seen = measured(kind, 40.0, eta)
    pulls = (transverse_momentum(seen.p4) / 40.0 - 1) / seen.resolution
    assert abs(pulls.mean()) < 4 / np.sqrt(EVENTS)
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * EVENTS)


@pytest.mark.parametrize("kind", KINDS)
def test_directions_are_exact(kind: int) -> None:
    seen = measured(kind, 40.0, 0.7, 100)
    np.testing.assert_allclose(pseudorapidity(seen.p4), 0.7)
    np.testing.assert_allclose(azimuth(seen.p4), 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_each_part_finds_its_share(kind: int) -> None:
    inner = 0.0
    for part in PARTS[kind]:
        seen = measured(kind, 60.0, (inner + part.eta) / 2)
        spread = np.sqrt(part.efficiency * (1 - part.efficiency) / EVENTS)
        assert abs(seen.found.mean() - part.efficiency) < 4 * spread
        inner = part.eta


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_found_outside_or_below_the_threshold(kind: int) -> None:
    assert not measured(kind, 60.0, PARTS[kind][-1].eta + 0.01, 1000).found.any()
    seen = measured(kind, LEAST_PT[kind], 0.1)
    assert 0 < seen.found.mean() < PARTS[kind][0].efficiency
    assert transverse_momentum(seen.p4)[seen.found].min() > LEAST_PT[kind]


def test_only_muons_are_found_between_barrel_and_endcaps() -> None:
    assert measured(MUON, 60.0, 1.5, 1000).found.any()
    assert not measured(ELECTRON, 60.0, 1.5, 1000).found.any()
    assert not measured(PHOTON, 60.0, -1.5, 1000).found.any()


def test_where_there_is_no_particle_none_is_found() -> None:
    assert not measure(np.zeros((10, 4, 4)), np.zeros((10, 4), int), np.random.default_rng(1))[
        2
    ].any()


@pytest.mark.parametrize(
    ("kind", "pt", "eta", "low", "high"),
    [
        # the published values that the tables follow
        (MUON, 100.0, 0.5, 0.01, 0.015),
        (MUON, 100.0, 2.0, 0.025, 0.035),
        (ELECTRON, 45.0, 0.5, 0.015, 0.025),
        (ELECTRON, 45.0, 2.2, 0.03, 0.05),
        (PHOTON, 60.0, 0.5, 0.010, 0.018),
        (PHOTON, 60.0, 2.2, 0.022, 0.05),
    ],
)
def test_resolutions_are_as_large_as_published_ones(
    kind: int, pt: float, eta: float, low: float, high: float
) -> None:
    assert low < measured(kind, pt, eta).resolution.mean() < high
