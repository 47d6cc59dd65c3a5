"""What the demo's ntuples hold, against quantities worked out again event by event."""

import math
from itertools import combinations
from typing import Any

import awkward as ak
import numpy as np
import pytest
from demo_events import DATA_SETS, generated, jets_of, planned

from n2mu.demo.tth.datasets import DATA_SETS as OF_NUMBER
from n2mu.demo.tth.generate import make_trees
from n2mu.demo.tth.processes import PROCESSES
from n2mu.demo.tth.reconstruct import SHIFTS
from n2mu.demo.tth.weights import OWN_SUMS

Vector = tuple[float, float, float, float]


def vector(pt: float, eta: float, phi: float, energy: float) -> Vector:
    return pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta), energy


def invariant_mass(*vectors: Vector) -> float:
    px, py, pz, energy = (math.fsum(parts) for parts in zip(*vectors, strict=True))
    return math.sqrt(max(energy**2 - px**2 - py**2 - pz**2, 0.0))


def distance(eta_one: float, phi_one: float, eta_two: float, phi_two: float) -> float:
    angle = abs(phi_one - phi_two)
    return math.hypot(eta_one - eta_two, min(angle, 2 * math.pi - angle))


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_lepton_combinations_follow_from_the_four_vectors(data_set: str) -> None:
    columns = generated(data_set).trees["nominal"].scalars
    events = min(len(columns["Mll01"]), 250)
    for row in range(events):
        value = {name: float(values[row]) for name, values in columns.items()}
        leptons = [
            vector(*(value[f"lep_{q}_{i}"] for q in ("Pt", "Eta", "Phi", "E"))) for i in (0, 1)
        ]
        met = vector(value["met_met"], 0.0, value["met_phi"], value["met_met"])
        assert value["lep_Pt_0"] >= value["lep_Pt_1"] >= 10e3
        assert value["Mll01"] == pytest.approx(invariant_mass(*leptons), rel=1e-3, abs=50)
        both = [a + b for a, b in zip(*leptons, strict=True)]
        assert value["Ptll01"] == pytest.approx(math.hypot(both[0], both[1]), rel=1e-4, abs=1)
        assert value["DRll01"] == pytest.approx(
            distance(*(value[f"lep_{q}_{i}"] for i in (0, 1) for q in ("Eta", "Phi"))), rel=1e-4
        )
        assert value["MLepMet"] == pytest.approx(invariant_mass(leptons[0], met), rel=1e-3, abs=50)
        for index, name in ((0, "MtLepMet"), (1, "MtLep1Met")):
            angle = value[f"lep_Phi_{index}"] - value["met_phi"]
            pt = value[f"lep_Pt_{index}"]
            expected = math.sqrt(2 * pt * value["met_met"] * (1 - math.cos(angle)))
            assert value[name] == pytest.approx(expected, rel=1e-3, abs=50)
        signs = [-math.copysign(1, value[f"lep_ID_{i}"]) for i in (0, 1)]
        flavours = [abs(value[f"lep_ID_{i}"]) for i in (0, 1)]
        if value["total_leptons"] == 2:
            assert value["dilep_type"] == {26: 1, 24: 2, 22: 3}[sum(map(int, flavours))]
            assert value["total_charge"] == sum(signs)
            assert value["HT_lep"] == pytest.approx(value["lep_Pt_0"] + value["lep_Pt_1"], rel=1e-5)
            opposite = signs[0] != signs[1]
            same_flavour = opposite and flavours[0] == flavours[1]
            pair = pytest.approx(value["Mll01"])
            assert value["minOSMll"] == (pair if opposite else -99)
            assert value["minOSSFMll"] == (pair if same_flavour else -99)
            assert value["best_Z_Mll"] == (pair if same_flavour else -99)
            for name in ("Mlll012", "Mllll0123", "best_Z_other_Mll", "best_Z_other_MtLepMet"):
                assert value[name] == -99
        else:
            assert value["dilep_type"] == 0
            assert value["Mlll012"] > value["Mll01"] - 1
        assert value["nTaus_OR"] >= value["taus_JetRNNSigMedium_0"]
        if value["nTaus_OR"] == 0:
            assert value["HT_taus"] == value["nTaus_OR_Pt25"] == 0
        if value["nTaus_OR"] == 1:
            assert value["HT_taus"] == pytest.approx(value["taus_pt_0"])
            assert value["nTaus_OR_Pt25"] == (value["taus_pt_0"] > 25e3)


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_jet_quantities_follow_from_the_jets_of_the_event(data_set: str) -> None:
    table = generated(data_set).trees["nominal"]
    for row, jets in enumerate(jets_of(table)[:250]):
        value = {name: float(values[row]) for name, values in table.scalars.items()}
        assert np.all(np.diff(jets["pt"]) <= 0)
        central = [j for j in range(len(jets["pt"])) if abs(jets["eta"][j]) < 2.5]
        forward = [j for j in range(len(jets["pt"])) if j not in central]
        assert value["nJets_OR"] == len(central)
        assert value["nFwdJets_OR"] == len(forward)
        assert value["nJets_OR_DL1r_77"] <= value["nJets_OR_DL1r_85"] <= len(central)
        assert value["sumPsbtag"] >= len(central)
        assert value["HT_jets"] == pytest.approx(sum(jets["pt"][central]), rel=1e-5)
        assert value["HT_fwdJets"] == pytest.approx(sum(jets["pt"][forward]), rel=1e-5)
        assert value["HT"] == pytest.approx(sum(jets["pt"]), rel=1e-5)

        def to_lepton(
            lepton: int,
            chosen: list[int],
            value: dict[str, float] = value,
            jets: dict[str, Any] = jets,
        ) -> float:
            where = value[f"lep_Eta_{lepton}"], value[f"lep_Phi_{lepton}"]
            nearest = [distance(*where, jets["eta"][j], jets["phi"][j]) for j in chosen]
            return min(nearest, default=-99.0)

        for lepton in (0, 1):
            expected = to_lepton(lepton, central)
            assert value[f"minDeltaR_LJ_{lepton}"] == pytest.approx(expected, rel=1e-4)
        for name, chosen in (("jet", central), ("jet_fwd", forward)):
            expected = min(to_lepton(0, chosen), to_lepton(1, chosen))
            assert value[f"DeltaR_min_lep_{name}"] == pytest.approx(expected, rel=1e-4)
        if len(central) >= 2:
            first, second = central[:2]
            assert value["DRjj_lead"] == pytest.approx(
                distance(*(jets[q][j] for j in (first, second) for q in ("eta", "phi"))), rel=1e-4
            )
        else:
            assert value["DRjj_lead"] == -99
        pairs = [
            (
                invariant_mass(
                    *(vector(*(jets[q][k] for q in ("pt", "eta", "phi", "e"))) for k in (i, j))
                ),
                abs(jets["eta"][i] - jets["eta"][j]),
            )
            for i, j in combinations(forward, 2)
        ]
        heaviest = max(pairs, default=(-99.0, -99.0))
        assert value["mjjMax_frwdJet"] == pytest.approx(heaviest[0], rel=1e-3)
        assert value["dEta_maxMjj_frwdjet"] == pytest.approx(heaviest[1], rel=1e-3)
        leading = float(jets["eta"][forward[0]]) if forward else -99.0
        assert value["eta_frwdjet"] == pytest.approx(leading)
        if value["total_leptons"] == 2 and value["nTaus_OR"] == 1:
            etas = [*jets["eta"], *(value[f"lep_Eta_{i}"] for i in (0, 1)), value["taus_eta_0"]]
            assert value["max_eta"] >= max(map(abs, etas)) * (1 - 1e-5)


def test_masses_with_a_b_jet_are_those_of_one_of_the_jets() -> None:
    table = generated("ttH_346344.mc16a").trees["nominal"]
    checked = 0
    for row, jets in enumerate(jets_of(table)[:250]):
        value = {name: float(values[row]) for name, values in table.scalars.items()}
        lepton = vector(*(value[f"lep_{q}_0"] for q in ("Pt", "Eta", "Phi", "E")))
        central = np.flatnonzero(np.abs(jets["eta"]) < 2.5)
        vectors = [vector(*(jets[q][j] for q in ("pt", "eta", "phi", "e"))) for j in central]
        masses = [invariant_mass(lepton, jet) for jet in vectors]
        if value["nJets_OR_DL1r_77"] == 0:
            assert value["Mlb"] == value["MbX"] == value["DeltaR_max_lep_bjet77"] == -99
            continue
        match = [
            j for j, mass in enumerate(masses) if mass == pytest.approx(value["Mlb"], rel=1e-3)
        ]
        assert len(match) >= 1
        if len(vectors) < 2:
            assert value["MbX"] == -99
            continue
        b_jet = central[match[0]]
        nearest = min(
            (j for j in central if j != b_jet),
            key=lambda j: distance(*(jets[q][k] for k in (b_jet, j) for q in ("eta", "phi"))),
        )
        pair = [vector(*(jets[q][j] for q in ("pt", "eta", "phi", "e"))) for j in (b_jet, nearest)]
        if len(match) == 1:
            assert value["MbX"] == pytest.approx(invariant_mass(*pair), rel=1e-3)
            checked += 1
    assert checked > 50


def test_the_same_seed_gives_the_same_content_and_another_seed_does_not() -> None:
    file = planned("ttW_700168.mc16d", 400)
    (one, _), (other, _) = make_trees(file), make_trees(file)
    assert list(one) == list(other) == list(SHIFTS)
    for name, table in one.items():
        for branch, values in table.scalars.items():
            assert np.array_equal(values, other[name].scalars[branch]), (name, branch)
        assert ak.array_equal(table.jets, other[name].jets)
    elsewhere = planned("ttW_700168.mc16e", 400)
    assert elsewhere.seed != file.seed
    changed, _ = make_trees(elsewhere)
    assert not np.array_equal(
        changed["nominal"].scalars["lep_Pt_0"], one["nominal"].scalars["lep_Pt_0"]
    )


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_the_metadata_counts_every_generated_event(data_set: str) -> None:
    sample = generated(data_set)
    process = PROCESSES[OF_NUMBER[sample.file.dsid].process]
    assert sample.metadata["totalEvents"].tolist() == [sample.file.events]
    assert sample.metadata["dsid"].tolist() == [sample.file.dsid]
    mean = process.weight_scale * (1 - 2 * process.negative)
    total = sample.metadata["totalEventsWeighted"][0]
    assert total == pytest.approx(sample.file.events * mean)
    assert len(sample.trees["nominal"].jets) < sample.file.events
    for name in OWN_SUMS:
        own = sample.metadata[f"totalEventsWeighted_{name}"][0]
        assert own != total
        assert own == pytest.approx(total, rel=0.25)


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_run_and_event_numbers_are_wide_and_unique(data_set: str) -> None:
    sample = generated(data_set)
    for table in sample.trees.values():
        assert table.scalars["runNumber"].dtype == table.scalars["eventNumber"].dtype == np.int64
        numbers = table.scalars["eventNumber"]
        assert len(np.unique(numbers)) == len(numbers)
        assert numbers.min() >= sample.file.first_event
        assert numbers.max() < sample.file.first_event + sample.file.events
        assert len(np.unique(table.scalars["runNumber"])) == 1


def test_what_is_not_there_has_the_code_of_its_branch() -> None:
    columns = {
        name: np.concatenate([generated(d).trees["nominal"].scalars[name] for d in DATA_SETS])
        for name in generated(DATA_SETS[0]).trees["nominal"].scalars
    }
    for i in (0, 1):
        muon = np.abs(columns[f"lep_ID_{i}"]) == 13
        assert np.all((columns[f"lep_nTrackParticles_{i}"] == -1) == muon)
        for name in ("nInnerPix", "Mtrktrk_atConvV_CO", "Mtrktrk_atPV_CO", "RadiusCO"):
            values = columns[f"lep_{name}_{i}"]
            assert 0 < np.mean(values == -999) < 1, name
            assert np.all((values >= 0) | (values == -999)), name
    assert set(np.unique(columns["taus_passJVT_0"])) == {-99, 0, 1}


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_every_lepton_is_either_prompt_or_fake_or_of_the_wrong_charge(data_set: str) -> None:
    columns = generated(data_set).trees["nominal"].scalars
    for i in (0, 1):
        flags = [columns[f"lep_is{kind}_{i}"] for kind in ("Prompt", "FakeLep", "QMisID")]
        assert all(flag.dtype == np.int8 for flag in flags)
        assert np.all(np.sum(flags, axis=0) == 1)
        assert np.all(np.abs(columns[f"lep_ID_{i}"][flags[2] == 1]) == 11)
    assert set(np.unique(columns["taus_isHadronicTau_0"])) <= {0, 1}


def test_same_sign_leptons_of_top_pairs_are_fakes_or_of_the_wrong_charge() -> None:
    trees, _ = make_trees(planned("tt_410470.mc16e", events=12_000))
    columns = trees["nominal"].scalars
    fake_tau = columns["taus_isHadronicTau_0"] == 0
    assert 0 < fake_tau.mean() < 1
    weight = np.abs(columns["weight_mc"])
    prompt = (columns["lep_isPrompt_0"] == 1) & (columns["lep_isPrompt_1"] == 1)
    same_sign = (columns["total_leptons"] == 2) & (columns["total_charge"] != 0)
    assert same_sign.sum() > 5
    assert not np.any(prompt & same_sign)
    # beside two leptons a true tau is that of a b hadron, which fails the identification
    clean = prompt & ~fake_tau
    assert clean.sum() > 5
    assert np.all(columns["taus_JetRNNSigMedium_0"][clean] == 0)
    # what is misidentified is rare, so its events weigh little
    assert weight[same_sign].sum() < 0.1 * weight.sum()


def test_generator_weights_are_signed_where_the_process_says_so() -> None:
    for data_set in DATA_SETS:
        negative = np.mean(generated(data_set).trees["nominal"].scalars["weight_mc"] < 0)
        assert 0.02 < negative < 0.2
