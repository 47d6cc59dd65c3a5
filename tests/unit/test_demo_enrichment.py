"""Enrichment changes which events are generated, but no expectation."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from n2mu.demo import thin as thinning
from n2mu.demo import truth as generation
from n2mu.demo.kinematics import boost, mass, transverse_momentum, two_body
from n2mu.demo.processes import CHANNELS, MODES, PROCESSES, Leaf
from n2mu.demo.reconstruct import Shift, in_ntuple, reconstruct
from n2mu.demo.response import respond
from n2mu.demo.strata import CHARGE_FLIP, FAKE_TAU, NON_PROMPT, strata
from n2mu.demo.truth import generate
from n2mu.demo.weights import generator_weights


@pytest.mark.parametrize("dsid", sorted(CHANNELS))
def test_strata_are_sampled_with_probability_one_and_have_no_more_than_that(dsid: int) -> None:
    table = strata(dsid)
    assert table.sampled.sum() == pytest.approx(1.0)
    assert 0 < table.probability.sum() < 1
    assert np.all(table.sampled > 0)


def test_the_decays_of_each_heavy_particle_add_up_to_one() -> None:
    for name, modes in MODES.items():
        # what is missing are the Higgs boson's decays to photons
        assert sum(mode.probability for mode in modes) == pytest.approx(1, abs=4e-4), name


def test_the_probability_of_two_leptons_and_a_tau_from_zz_is_that_of_the_branching_ratios() -> None:
    """ZZ to four charged leptons with nothing misidentified, worked out by hand."""
    table = strata(364250)
    clean = (table.misidentification == 0) & ~table.fake_tau
    to_pairs = {"ll": 0.06729, "tautau": 0.0337}
    hadronic = 0.6479
    expected = 0.0
    for first, second in product(to_pairs, repeat=2):
        decay = to_pairs[first] * to_pairs[second] / sum(to_pairs.values()) ** 2
        taus = 2 * [first, second].count("tautau")
        for hadrons in range(taus + 1):
            ways = {0: [1], 2: [1, 2, 1], 4: [1, 4, 6, 4, 1]}[taus][hadrons]
            leptons = 4 - hadrons
            if leptons < 2 or hadrons < 1:
                continue
            unflipped = 1 - 0.5 * CHARGE_FLIP * leptons
            chance = ways * hadronic**hadrons * (1 - hadronic) ** (taus - hadrons)
            expected += decay * chance * unflipped
    # extra jets that are misidentified take a little away
    jets = PROCESSES["ZZ"].extra_jets
    rate = FAKE_TAU[Leaf.LIGHT_JET] + NON_PROMPT[Leaf.LIGHT_JET]
    found = table.probability[clean].sum()
    assert expected * (1 - 1.2 * jets * rate) < found < expected


def test_the_mean_weight_is_the_fraction_of_events_that_can_pass() -> None:
    truth = generate(346344, 20000, np.random.default_rng(1))
    error = truth.weight.std() / np.sqrt(len(truth.weight))
    assert abs(truth.weight.mean() - strata(346344).probability.sum()) < 4 * error


def test_an_unenriched_sample_expects_the_same_events(monkeypatch: pytest.MonkeyPatch) -> None:
    dsid = 504342

    def expected(seed: int) -> tuple[float, float]:
        rng = np.random.default_rng(seed)
        truth = generate(dsid, 12000, rng)
        response = respond(truth, rng)
        objects = reconstruct(truth, response, Shift())
        jets = np.sum(objects.jets.exists & (np.abs(objects.jets.eta) < 2.5), axis=1)
        same_sign = np.abs(objects.leptons.of_slot(truth.charge, 0).sum(axis=1)) == 2
        passing = truth.weight * (in_ntuple(objects) & (jets >= 4) & same_sign)
        return passing.mean(), passing.std() / np.sqrt(len(passing))

    enriched, error = expected(1)
    table = strata(dsid)
    plain = replace(table, sampled=table.probability / table.probability.sum())
    monkeypatch.setattr(generation, "strata", lambda _: plain)
    unenriched, other_error = expected(2)
    assert error < other_error
    assert abs(enriched - unenriched) < 4 * np.hypot(error, other_error)


def test_thinning_keeps_every_expectation_and_all_promising_events() -> None:
    rng = np.random.default_rng(3)
    truth = generate(410470, 20000, rng)
    response = respond(truth, rng)
    kept, weight = thinning.thin(truth, response, rng)
    promising = thinning.promising(truth, response)
    assert np.all(kept[promising])
    assert np.all(weight[promising] == 1)
    assert 0.19 < kept[~promising].mean() < 0.21
    total, survived = truth.weight, truth.weight * kept * weight
    error = np.sqrt(np.sum((survived - total) ** 2))
    assert abs(survived.sum() - total.sum()) < 4 * error


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_the_sum_of_weights_is_that_of_as_many_unenriched_events(name: str) -> None:
    process = PROCESSES[name]
    dsid = next(dsid for dsid, channel in CHANNELS.items() if channel.process == name)
    rng = np.random.default_rng(5)
    truth = generate(dsid, 20000, rng)
    weights = generator_weights(process, truth, rng)
    pure = weights.weight / truth.weight
    assert weights.total == pytest.approx(
        pure.sum(), abs=4 * pure.std() * np.sqrt(len(pure)) + 1e-6
    )
    assert np.mean(pure < 0) == pytest.approx(process.negative, abs=0.01)
    for variation, ratio in weights.ratios.items():
        assert 0.5 < ratio.min() < ratio.max() < 1.5
        assert 0.8 < weights.totals[variation] / weights.total < 1.2


def test_daughters_have_their_masses_and_add_up_to_the_parent() -> None:
    rng = np.random.default_rng(7)
    rest = np.tile([0.0, 0.0, 0.0, 172.5e3], (100, 1))
    frame = np.column_stack([rng.normal(0, 2e5, (100, 3)), np.full(100, 0.0)])
    frame[:, 3] = np.sqrt(np.sum(frame[:, :3] ** 2, axis=1) + 172.5e3**2)
    moving = boost(rest, frame)
    assert moving == pytest.approx(frame, rel=1e-9)
    one, two = two_body(moving, np.full(100, 80e3), np.full(100, 5e3), rng)
    assert mass(one) == pytest.approx(80e3, rel=1e-6)
    assert mass(two) == pytest.approx(5e3, rel=1e-3)
    assert one + two == pytest.approx(moving, rel=1e-9)


@pytest.mark.parametrize("dsid", [346344, 410470, 364253])
def test_transverse_momentum_is_conserved_where_nothing_is_misidentified(dsid: int) -> None:
    truth = generate(dsid, 2000, np.random.default_rng(11))
    clean = ~truth.fake_tau.any(axis=1)
    total = truth.p4.sum(axis=1)[:, :2] + truth.invisible
    assert clean.sum() > 100
    assert np.abs(total[clean]).max() < 1.0
    assert transverse_momentum(truth.p4).max() > 1e5


def test_two_leptons_of_a_z_boson_have_the_same_flavour() -> None:
    truth = generate(504334, 2000, np.random.default_rng(13))
    # the Z boson's leaves follow those of the two top quarks
    assert np.all(truth.flavour[:, 6:8][truth.leaf[:, 6:8] == Leaf.LEPTON] == 13)
    truth = generate(364250, 2000, np.random.default_rng(13))
    for first in (0, 2):
        pair = np.all(truth.leaf[:, first : first + 2] == Leaf.LEPTON, axis=1)
        assert np.all(truth.flavour[pair, first] == truth.flavour[pair, first + 1])
        assert {11, 13} == set(truth.flavour[pair, first].tolist())
