"""Kinematics of two leptons and a photon: frames, ranges, and the decay of a scalar."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from n2mu.demo.hzgamma.variables import (
    Angles,
    angles,
    beam_axis,
    distances,
    mass_resolution,
    thrust_transverse_momentum,
    to_rest_frame,
)
from n2mu.demo.kinematics import (
    Floats,
    azimuth,
    boost,
    from_momentum,
    from_pt_eta_phi,
    mass,
    pseudorapidity,
    transverse_momentum,
    two_body,
)

HIGGS, Z, EVENTS = 125.0, 91.2, 20_000


class Decays(NamedTuple):
    negative: Floats
    positive: Floats
    photon: Floats

    @property
    def z_boson(self) -> Floats:
        return self.negative + self.positive

    @property
    def resonance(self) -> Floats:
        return self.z_boson + self.photon


def moving(momentum: Floats, mass: float) -> Floats:
    """Return four-vectors of given momenta, shape ``[n, 3]``."""
    px, py, pz = momentum.T
    return from_momentum(px, py, pz, mass)


def flying(pt: float, eta: float, phi: float) -> Floats:
    return from_pt_eta_phi(np.array([pt]), np.array([eta]), np.array([phi]), 0.0)


def scalars(events: int = EVENTS, seed: int = 1) -> Decays:
    """Return decays of moving scalars to a transversely polarised Z boson and a photon."""
    rng = np.random.default_rng(seed)
    resonance = moving(rng.normal(0, [40, 40, 300], (events, 3)), HIGGS)
    z_boson, photon = two_body(resonance, np.full(events, Z), np.zeros(events), rng)
    negative, positive = two_body(z_boson, np.zeros(events), np.zeros(events), rng)
    # helicities of the Z boson are those of the photon: 1 + cos^2
    accepted = rng.random(events) * 2 < 1 + angles(negative, positive, photon).cos_decay ** 2
    return Decays(negative[accepted], positive[accepted], photon[accepted])


def built(production: Floats, decay: Floats, phi: Floats, rapidity: Floats) -> Decays:
    """Return decays with given angles, of resonances that move along the beam."""
    momentum = (HIGGS**2 - Z**2) / (2 * HIGGS)
    sine = np.sqrt(1 - production**2)
    zero = np.zeros_like(sine)
    along = np.stack([sine, zero, production], axis=-1)
    # the beam axis times the flight of the Z boson, and what completes the axes
    across = np.stack([zero, np.ones_like(sine), zero], axis=-1)
    within = np.cross(across, along)
    transverse = np.sqrt(1 - decay**2)[:, None]
    direction = transverse * (np.cos(phi)[:, None] * within + np.sin(phi)[:, None] * across)
    direction += decay[:, None] * along
    z_boson = moving(momentum * along, Z)
    negative = boost(moving(Z / 2 * direction, 0.0), z_boson)
    photon = moving(-momentum * along, 0.0)
    frame = from_momentum(zero, zero, HIGGS * np.sinh(rapidity), HIGGS)
    there = [boost(p4, frame) for p4 in (negative, z_boson - negative, photon)]
    return Decays(*there)


def flat(values: Floats, low: float, high: float) -> float:
    """Return the probability that values are at least so far from a flat distribution."""
    return float(kstest((values - low) / (high - low), "uniform").pvalue)


def test_a_scalar_decays_the_same_way_in_all_directions() -> None:
    found = angles(*scalars())
    assert flat(found.cos_production, -1, 1) > 1e-3
    assert flat(found.phi_decay, -np.pi, np.pi) > 1e-3
    # and so do production and decay together
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(found[one], found[other])[0, 1]) < 4 / np.sqrt(EVENTS)


def test_leptons_of_a_transverse_z_boson_prefer_its_flight() -> None:
    found = angles(*scalars()).cos_decay
    edges = np.linspace(-1, 1, 21)
    observed = np.histogram(found, edges)[0]
    # the integral of 3/8 (1 + x^2)
    expected = len(found) * 3 / 8 * np.diff(edges + edges**3 / 3)
    distance = np.sum((observed - expected) ** 2 / expected)
    assert chi2.sf(distance, len(observed) - 1) > 1e-3


cosines = st.floats(-0.99, 0.99)


@given(production=cosines, decay=cosines, phi=st.floats(-3.1, 3.1), rapidity=st.floats(-3, 3))
def test_angles_are_those_that_a_decay_was_built_with(
    production: float, decay: float, phi: float, rapidity: float
) -> None:
    one = [np.array([x]) for x in (production, decay, phi, rapidity)]
    found = angles(*built(one[0], one[1], one[2], one[3]))
    np.testing.assert_allclose(np.ravel(found), [production, decay, phi], atol=1e-6)


def test_angles_are_those_of_invariants() -> None:
    """The closed forms, in which no frame appears."""
    events = scalars(2000)
    found = angles(*events)
    z_boson, photon, whole = events.z_boson, events.photon, events.resonance

    def product(one: Floats, other: Floats) -> Floats:
        return np.asarray(one[:, 3] * other[:, 3] - np.sum(one[:, :3] * other[:, :3], axis=1))

    plus_minus = [
        (p[:, 3] + p[:, 2]) * (q[:, 3] - q[:, 2]) / 2
        for p, q in ((z_boson, photon), (photon, z_boson))
    ]
    momentum = (mass(whole) ** 2 - mass(z_boson) ** 2) / (2 * mass(whole))
    transverse_mass = np.hypot(mass(whole), transverse_momentum(whole))
    production = (plus_minus[0] - plus_minus[1]) / (transverse_mass * momentum)
    np.testing.assert_allclose(found.cos_production, production, atol=1e-6)
    difference = events.negative - events.positive
    decay = product(photon, difference) / product(photon, z_boson)
    np.testing.assert_allclose(found.cos_decay, decay, atol=1e-6)


def moved(events: Decays, rapidity: float, turn: float) -> Decays:
    """Return events boosted along the beam and turned about it."""
    cosine, sine = np.cos(turn), np.sin(turn)
    fast, slow = np.cosh(rapidity), np.sinh(rapidity)
    matrix = np.array(
        [[cosine, -sine, 0, 0], [sine, cosine, 0, 0], [0, 0, fast, slow], [0, 0, slow, fast]]
    )
    return Decays(*(p4 @ matrix.T for p4 in events))


def everything(events: Decays) -> list[Floats]:
    return [
        *angles(*events),
        *distances(*events),
        thrust_transverse_momentum(events.z_boson, events.photon),
        transverse_momentum(events.resonance) / mass(events.resonance),
    ]


@pytest.mark.parametrize(("rapidity", "turn"), [(1.5, 0.0), (-2.5, 0.0), (0.0, 2.0), (0.7, -1.0)])
def test_nothing_depends_on_boosts_along_the_beam_or_turns_about_it(
    rapidity: float, turn: float
) -> None:
    events = scalars(500)
    # a difference in pseudorapidity is invariant as leptons and photons have no mass
    for before, after in zip(
        everything(events), everything(moved(events, rapidity, turn)), strict=True
    ):
        np.testing.assert_allclose(after, before, atol=1e-5)


def test_exchanged_charges_turn_the_lepton_around() -> None:
    events = scalars(500)
    there, back = angles(*events), angles(events.positive, events.negative, events.photon)
    np.testing.assert_allclose(back.cos_production, there.cos_production)
    np.testing.assert_allclose(back.cos_decay, -there.cos_decay, atol=1e-9)
    opposite = np.cos(back.phi_decay - there.phi_decay)
    np.testing.assert_allclose(opposite, -1, atol=1e-9)


def test_a_resonance_at_rest_has_the_beam_along_z() -> None:
    resting = moving(np.zeros((1, 3)), HIGGS)
    np.testing.assert_allclose(beam_axis(resting), [[0, 0, 1]], atol=1e-12)


def test_the_rest_frame_is_where_the_system_rests() -> None:
    whole = scalars(100).resonance
    there = to_rest_frame(whole, whole)
    np.testing.assert_allclose(there[:, :3], 0, atol=1e-9)
    np.testing.assert_allclose(there[:, 3], HIGGS)


def test_values_are_in_their_ranges() -> None:
    events = scalars()
    found: Angles = angles(*events)
    assert np.all(np.abs(found.cos_production) <= 1)
    assert np.all(np.abs(found.cos_decay) <= 1)
    assert np.all(np.abs(found.phi_decay) <= np.pi)
    smaller, larger = distances(*events)
    assert np.all((smaller > 0) & (smaller <= larger))
    thrust = thrust_transverse_momentum(events.z_boson, events.photon)
    assert np.all((thrust >= 0) & (thrust <= transverse_momentum(events.resonance) * (1 + 1e-9)))


def test_distances_are_those_to_the_photon() -> None:
    photon = flying(30.0, 1.0, 3.0)
    near = flying(30.0, 1.3, -2 * np.pi + 3.4)
    far = flying(30.0, -2.0, -1.0)
    expected = [0.5], [np.hypot(3.0, 2 * np.pi - 4.0)]
    np.testing.assert_allclose(distances(near, far, photon), expected)
    np.testing.assert_allclose(distances(far, near, photon), expected)


def test_thrust_momentum_is_what_recoils_across_the_axis_of_the_pair() -> None:
    one = np.array([[50.0, 0, 10, 60], [50.0, 10, 0, 60], [30.0, 0, 0, 30]])
    other = np.array([[-30.0, 0, 5, 40], [-50.0, 10, 0, 60], [30.0, 0, 0, 30]])
    np.testing.assert_allclose(thrust_transverse_momentum(one, other), [0, 20, 0], atol=1e-12)


def test_the_resolution_of_the_mass_is_the_spread_of_measured_masses() -> None:
    one_event = np.concatenate([p4[:1] for p4 in scalars(10)])
    resolutions = np.array([0.015, 0.008, 0.02])
    expected = mass_resolution(one_event[None], resolutions[None])[0]
    scales = 1 + resolutions * np.random.default_rng(3).normal(size=(50_000, 3))
    spread = np.std(mass(np.sum(one_event * scales[..., None], axis=1)))
    np.testing.assert_allclose(spread, expected, rtol=0.02)


def test_the_mass_of_a_pair_is_as_uncertain_as_half_of_each_momentum() -> None:
    events = scalars(100)
    pair = np.stack([events.negative, events.positive], axis=1)
    found = mass_resolution(pair, np.full((len(pair), 2), 0.01))
    np.testing.assert_allclose(found, 0.01 / np.sqrt(2) * mass(events.z_boson), rtol=1e-6)
    assert np.all(np.isfinite(pseudorapidity(pair)) & np.isfinite(azimuth(pair)))
