"""Leptons and photons among the particles of an event, and the choice of three of them."""

from typing import Any

import numpy as np
import pytest

from n2mu.demo.hzgamma.detector import LEAST_PT
from n2mu.demo.hzgamma.particles import Candidates, Particles, leptons_and_photons
from n2mu.demo.hzgamma.select import LEADING_PT, SUBLEADING_PT, branches, choose
from n2mu.demo.kinematics import Floats, from_pt_eta_phi, mass, transverse_momentum

E_MINUS, E_PLUS, MU_MINUS, MU_PLUS, GAMMA, PION = 11, -11, 13, -13, 22, 211

Row = tuple[int, float, float, float, bool]
"""PDG number, transverse momentum, pseudorapidity, azimuth, prompt."""

PAIR: list[Row] = [(MU_MINUS, 45.0, 0.5, 0.0, True), (MU_PLUS, 40.0, -0.5, 3.0, True)]


def event(*rows: Row) -> Particles:
    number, pt, eta, phi, prompt = (np.array(values) for values in zip(*rows, strict=True))
    # a place without a particle, as events with fewer have
    p4 = np.concatenate([from_pt_eta_phi(pt, eta, phi, 0.0), np.zeros((1, 4))])
    return Particles(p4[None], np.append(number, 0)[None], np.append(prompt, True)[None])


def found(*rows: Row) -> tuple[list[int], list[int]]:
    """Return the numbers of the leptons and photons that are candidates."""
    leptons, photons = (c.number[0] for c in leptons_and_photons(event(*rows)))
    return [int(n) for n in leptons if n], [int(n) for n in photons if n]


def test_prompt_leptons_and_photons_are_found_by_momentum() -> None:
    rows = (*PAIR, (GAMMA, 20.0, 1.5, 1.0, True), (GAMMA, 30.0, -1.5, -1.0, True))
    assert found(*rows) == ([MU_MINUS, MU_PLUS], [GAMMA, GAMMA])
    _, photons = leptons_and_photons(event(*rows))
    np.testing.assert_allclose(transverse_momentum(photons.p4[0, :2]), [30, 20])


def test_what_hadrons_decay_to_is_no_candidate() -> None:
    assert found(*PAIR, (E_MINUS, 30.0, 2.0, 1.0, False), (GAMMA, 30.0, -2.0, 1.0, False)) == (
        [MU_MINUS, MU_PLUS],
        [],
    )


def test_a_lepton_gets_the_photons_near_it_back() -> None:
    rows = (*PAIR, (GAMMA, 20.0, 0.55, 0.05, True))
    leptons, photons = leptons_and_photons(event(*rows))
    assert not photons.number.any()
    particles = event(*rows).p4[0]
    np.testing.assert_allclose(leptons.p4[0, 0], particles[0] + particles[2])
    np.testing.assert_allclose(leptons.p4[0, 1], particles[1])


def test_a_photon_goes_to_the_nearer_of_two_leptons() -> None:
    rows = ((MU_MINUS, 45.0, 0.0, 0.0, True), (GAMMA, 3.0, 0.0, 0.08, True))
    alone, near = event(*rows), event(*rows, (MU_PLUS, 8.0, 0.0, 0.1, True))
    leptons, _ = leptons_and_photons(alone)
    np.testing.assert_allclose(leptons.p4[0, 0], alone.p4[0, 0] + alone.p4[0, 1])
    leptons, _ = leptons_and_photons(near)
    np.testing.assert_allclose(leptons.p4[0, 0], near.p4[0, 0])


@pytest.mark.parametrize("prompt", [True, False])
def test_what_hadrons_surround_is_no_candidate(prompt: bool) -> None:
    around = [(PION, 20.0, 0.6, 0.1, prompt), (PION, 20.0, 1.5, 1.1, prompt)]
    assert found(*PAIR, (GAMMA, 30.0, 1.5, 1.0, True), *around) == ([MU_PLUS], [])


def test_hadrons_outside_the_cone_do_no_harm() -> None:
    around = [(PION, 90.0, 0.9, 0.0, False), (PION, 90.0, 1.5, 1.4, False)]
    rows = (*PAIR, (GAMMA, 30.0, 1.5, 1.0, True), *around)
    assert found(*rows) == ([MU_MINUS, MU_PLUS], [GAMMA])


def candidates(count: int, *rows: Row) -> tuple[Candidates, Candidates]:
    """Return an event many times."""
    leptons, photons = leptons_and_photons(event(*rows))
    return repeated(leptons, count), repeated(photons, count)


def repeated(found: Candidates, count: int) -> Candidates:
    """Return candidates many times."""
    return Candidates(np.repeat(found.p4, count, 0), np.repeat(found.number, count, 0))


PHOTON_ROW: Row = (GAMMA, 30.0, 1.0, 1.5, True)


def test_the_pair_nearest_to_the_z_boson_is_chosen() -> None:
    far: list[Row] = [(E_MINUS, 60.0, 1.3, -1.0, True), (E_PLUS, 60.0, 0.6, 1.0, True)]
    leptons, photons = candidates(300, *PAIR, *far, PHOTON_ROW)
    chosen = choose(leptons, photons, np.random.default_rng(1))
    flavours = set(chosen.flavour)
    # where a muon is lost the electrons are all that there is
    assert flavours == {11, 13}
    assert np.mean(chosen.flavour == 13) > 0.7


@pytest.mark.parametrize(
    "pair",
    [
        [(MU_MINUS, 45.0, 0.5, 0.0, True), (E_PLUS, 40.0, -0.5, 3.0, True)],
        [(MU_MINUS, 45.0, 0.5, 0.0, True), (MU_MINUS, 40.0, -0.5, 3.0, True)],
        [(MU_MINUS, 20.0, 0.5, 0.0, True), (MU_PLUS, 20.0, -0.5, 3.0, True)],
        [(MU_MINUS, 45.0, 0.5, 0.0, True), (MU_PLUS, 10.0, -0.5, 3.0, True)],
    ],
    ids=["flavours", "charges", "leading", "subleading"],
)
def test_other_pairs_are_refused(pair: list[Row]) -> None:
    leptons, photons = candidates(300, *pair, PHOTON_ROW)
    assert not len(choose(leptons, photons, np.random.default_rng(1)).rows)


def test_an_event_without_a_photon_is_refused() -> None:
    leptons, photons = candidates(300, *PAIR)
    assert not len(choose(leptons, photons, np.random.default_rng(1)).rows)


def four_vectors(columns: dict[str, Any], names: list[str]) -> Floats:
    polar = [[columns[f"{name}_{q}"].astype(float) for q in ("pt", "eta", "phi")] for name in names]
    return np.stack([from_pt_eta_phi(pt, eta, phi, 0.0) for pt, eta, phi in polar], axis=1)


def test_branches_describe_the_same_three_particles() -> None:
    leptons, photons = candidates(500, *PAIR, PHOTON_ROW, (GAMMA, 20.0, -1.0, -1.5, True))
    columns = branches(choose(leptons, photons, np.random.default_rng(1)))
    p4 = four_vectors(columns, ["lep_leading", "lep_subleading", "gamma"])
    assert len(p4) > 300
    np.testing.assert_allclose(columns["m_ll"], mass(p4[:, 0] + p4[:, 1]), rtol=1e-5)
    whole = p4.sum(axis=1)
    np.testing.assert_allclose(columns["m_llgamma"], mass(whole), rtol=1e-5)
    ratio = transverse_momentum(whole) / mass(whole)
    np.testing.assert_allclose(columns["pt_llgamma_over_m"], ratio, rtol=1e-3)
    np.testing.assert_allclose(columns["gamma_pt_over_m"], columns["gamma_pt"] / mass(whole), 1e-5)
    assert np.all(columns["lep_leading_pt"] >= columns["lep_subleading_pt"])
    assert columns["lep_leading_pt"].min() > LEADING_PT
    assert columns["lep_subleading_pt"].min() > SUBLEADING_PT
    assert columns["gamma_pt"].min() > LEAST_PT[22]
    # the softer photon is taken only where the other one is lost
    assert 0.7 < np.mean(columns["gamma_eta"] > 0) < 1
    assert set(columns["lepton_flavour"]) == {13}
