"""Enrichment changes which events are generated, but no expectation."""

import numpy as np
import pytest

from n2mu.demo.kinematics import boost, from_pt_eta_phi, mass, transverse_momentum, two_body
from n2mu.demo.tth import misidentify as misidentification
from n2mu.demo.tth.datasets import DATA_SETS
from n2mu.demo.tth.misidentify import misidentify
from n2mu.demo.tth.modes import LEPTONS, MODES, Leaf
from n2mu.demo.tth.processes import PROCESSES
from n2mu.demo.tth.rates import OUTCOMES, PREPARATION, SIMULATION, Enrichment
from n2mu.demo.tth.strata import strata
from n2mu.demo.tth.truth import Truth, generate
from n2mu.demo.tth.weights import generator_weights


@pytest.mark.parametrize("dsid", sorted(DATA_SETS))
def test_the_strata_of_a_data_set_are_all_there_is(dsid: int) -> None:
    table = strata(dsid, SIMULATION)
    assert table.sampled.sum() == pytest.approx(1.0)
    assert table.probability.sum() == pytest.approx(1.0)
    assert np.all(table.sampled > 0)


def test_the_decays_of_each_heavy_particle_add_up_to_one() -> None:
    for name, modes in MODES.items():
        # what is missing are the Higgs boson's decays to photons
        assert sum(mode.probability for mode in modes) == pytest.approx(1, abs=4e-4), name


def unenriched(dsid: int, events: int, seed: int) -> Truth:
    """Generate with every stratum and every misidentification at its true rate."""
    nothing = Enrichment((1.0,) * len(OUTCOMES), 1.0, 1.0, 1.0, (1.0,))
    return generate(dsid, events, nothing, np.random.default_rng(seed))[1]


def test_without_enrichment_every_weight_is_one() -> None:
    truth = unenriched(504342, 2000, 1)
    assert truth.weight == pytest.approx(1.0)


@pytest.mark.parametrize("enrichment", [SIMULATION, PREPARATION])
@pytest.mark.parametrize("dsid", [504342, 346344])
def test_enrichment_changes_no_expectation(dsid: int, enrichment: Enrichment) -> None:
    """Of prompt events and of each fake, against a sample generated at the true rates."""

    def expected(truth: Truth, events: int) -> list[tuple[float, float]]:
        lepton = np.isin(truth.leaf, LEPTONS)
        tau = truth.leaf == Leaf.TAU_HADRON
        same_sign = np.abs(np.sum(truth.charge * lepton, axis=1)) == 2
        fakes = [~truth.fake.any(axis=1), (truth.fake & tau).any(axis=1), same_sign]
        found = []
        for chosen in fakes:
            weights = truth.weight[chosen]
            found.append((weights.sum() / events, np.sqrt(np.sum(weights**2)) / events))
        return found

    _, enriched = generate(dsid, 20000, enrichment, np.random.default_rng(1))
    plain = unenriched(dsid, 60000, 2)
    pairs = zip(expected(enriched, 20000), expected(plain, 60000), strict=True)
    for (one, error), (other, other_error) in pairs:
        assert abs(one - other) < 4 * np.hypot(error, other_error)


def test_events_without_a_fake_weigh_at_most_twice_their_stratum() -> None:
    rng = np.random.default_rng(3)
    events = 4000
    leaf = np.full((events, 12), Leaf.B_JET, dtype=np.int8)
    leaf[:, ::3] = Leaf.LIGHT_JET
    leaf[:, :2] = Leaf.LEPTON
    p4 = from_pt_eta_phi(
        rng.uniform(2e4, 2e5, leaf.shape),
        rng.normal(0, 1, leaf.shape),
        rng.uniform(-3, 3, leaf.shape),
        5e3,
    )
    charge, prongs = np.zeros_like(leaf), np.zeros_like(leaf)
    found = misidentify(p4, leaf, charge, np.full_like(leaf, 11), prongs, SIMULATION, rng)
    untouched = ~found.fake.any(axis=1) & ~found.flipped.any(axis=1) & ~(prongs > 0).any(axis=1)
    assert 0 < untouched.mean() < 1
    assert 1 < found.weight[untouched].max() <= 2
    assert found.weight[~untouched].max() < 2
    several = found.fake.sum(axis=1) >= 2
    assert several.any()
    assert found.weight.mean() == pytest.approx(1, abs=4 * found.weight.std() / np.sqrt(events))


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_the_sum_of_weights_is_that_of_as_many_unenriched_events(name: str) -> None:
    process = PROCESSES[name]
    dsid = next(dsid for dsid, row in DATA_SETS.items() if row.process == name)
    rng = np.random.default_rng(5)
    hard, truth = generate(dsid, 5000, SIMULATION, rng)
    weights = generator_weights(process, hard, truth, rng)
    pure = weights.weight / truth.weight
    assert np.abs(pure) == pytest.approx(process.weight_scale)
    error = 4 * np.sqrt(process.negative / len(pure)) + 1e-9
    assert np.mean(pure < 0) == pytest.approx(process.negative, abs=error)
    assert weights.total == pytest.approx(5000 * process.weight_scale * (1 - 2 * process.negative))
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


@pytest.mark.parametrize("dsid", [346344, 504342, 364253])
def test_transverse_momentum_is_conserved_where_nothing_is_misidentified(
    dsid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        misidentification, "jet_rates", lambda leaf, _: np.zeros((*leaf.shape, len(OUTCOMES)))
    )
    _, truth = generate(dsid, 2000, SIMULATION, np.random.default_rng(11))
    clean = ~truth.fake.any(axis=1)
    total = truth.p4.sum(axis=1)[:, :2] + truth.invisible
    assert clean.sum() > 30
    assert np.abs(total[clean]).max() < 1.0
    assert transverse_momentum(truth.p4).max() > 1e5


def test_two_leptons_of_a_z_boson_have_the_same_flavour() -> None:
    _, truth = generate(504334, 2000, SIMULATION, np.random.default_rng(13))
    # the Z boson's leaves follow those of the two top quarks
    assert np.all(truth.flavour[:, 6:8][truth.leaf[:, 6:8] == Leaf.LEPTON] == 13)
    _, truth = generate(364250, 2000, SIMULATION, np.random.default_rng(13))
    for first in (0, 2):
        pair = np.all(truth.leaf[:, first : first + 2] == Leaf.LEPTON, axis=1)
        assert np.all(truth.flavour[pair, first] == truth.flavour[pair, first + 1])
        assert {11, 13} == set(truth.flavour[pair, first].tolist())
