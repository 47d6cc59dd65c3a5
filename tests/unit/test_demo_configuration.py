"""The configuration of the ttH analysis agrees with the demo's ntuples and says what it means."""

from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from demo_events import generated

from n2mu.config.acting import affected_samples, factors_on, parameter
from n2mu.config.inputs import data_sets
from n2mu.config.kinds.set import SetSystematic
from n2mu.config.kinds.tree import TreeSystematic
from n2mu.config.kinds.weight import WeightSystematic
from n2mu.config.load import load
from n2mu.demo.tth.generate import make_trees
from n2mu.demo.tth.plan import plan
from n2mu.demo.tth.reconstruct import SHIFTS
from n2mu.demo.tth.yields import Normalisation
from n2mu.expressions import parse, unimplied

CONFIGURATION = load(Path(__file__).parents[2] / "config/config.yaml")
INPUTS = CONFIGURATION.inputs
SAMPLES = CONFIGURATION.samples
REGIONS = CONFIGURATION.regions
FEATURES = CONFIGURATION.features
SYSTEMATICS = CONFIGURATION.systematics
SAMPLE = generated("ttH_346344.mc16a")
JETS = {f"jets_{quantity}" for quantity in ("pt", "eta", "phi", "e")}
BRANCHES = {tree: JETS | set(table.scalars) for tree, table in SAMPLE.trees.items()}


def test_every_expression_reads_branches_that_every_tree_has() -> None:
    expressions = [REGIONS.preselection, REGIONS.training, *INPUTS.weight.values()]
    for region in REGIONS.regions.values():
        expressions += [region.selection, region.observable or "1"]
    for name, feature in FEATURES.features.items():
        expressions += feature.branches or [feature.expression or name]
    for expression in expressions:
        for tree, branches in BRANCHES.items():
            assert parse(expression).names <= branches, (expression, tree)
    assert {INPUTS.run, INPUTS.event} <= BRANCHES[INPUTS.tree or ""]


def test_every_variation_exists_in_the_ntuples() -> None:
    trees = set()
    for name, systematic in SYSTEMATICS.systematics.items():
        if isinstance(systematic, WeightSystematic):
            assert systematic.factor in INPUTS.weight, name
            assert systematic.down is not None
            for side in (systematic.up, systematic.down):
                assert parse(side).names <= BRANCHES["nominal"], name
            for own in (systematic.sum_up, systematic.sum_down):
                assert own is None or own in SAMPLE.metadata, name
        elif isinstance(systematic, TreeSystematic):
            trees |= {side for side in (systematic.up, systematic.down) if side is not None}
    assert trees == set(SHIFTS) - {INPUTS.tree}


def test_every_varied_weight_is_used() -> None:
    used: set[str] = set()
    for systematic in SYSTEMATICS.systematics.values():
        if isinstance(systematic, WeightSystematic):
            used |= parse(systematic.up).names | parse(systematic.down or "1").names
        if isinstance(systematic, SetSystematic):
            used |= {name for member in systematic.members for name in parse(member).names}
            assert set(systematic.sums or []) <= set(SAMPLE.metadata)
    only_nominal = BRANCHES["nominal"] - BRANCHES["JET_JES__1up"]
    assert used == only_nominal - {"weight_mc_PDF_UP", "weight_mc_PDF_DOWN"}


def test_there_are_at_least_sixty_nuisance_parameters_of_all_kinds() -> None:
    names, kinds = set(), set()
    for name, systematic in SYSTEMATICS.systematics.items():
        kinds.add(systematic.kind)
        for sample in affected_samples(systematic, SAMPLES, name):
            names.add(parameter(name, systematic, "SR", sample))
    assert kinds == {"norm", "weight", "set", "input", "tree"}
    assert len(names) >= 60


def misidentified(sample: str) -> list[str]:
    """Return the free factors on a sample."""
    names = factors_on(
        sample, "SR", CONFIGURATION.fits.norm_factors, SAMPLES, CONFIGURATION.regions
    )
    return [name.removeprefix("norm_fake_") for name in names]


def test_samples_carry_a_factor_for_each_of_their_misidentified_objects() -> None:
    assert misidentified("ttH") == ["mu"]
    assert misidentified("ttH_fake_tau") == ["mu", "tau"]
    for sample in ("fake_tau", "fake_tau_ttW", "fake_tau_ttZ", "fake_tau_QmisID"):
        assert misidentified(sample) == ["tau"]
    assert misidentified("fake_e") == misidentified("fake_e_e") == ["e"]
    assert misidentified("fake_mu") == misidentified("fake_mu_mu") == ["mu"]
    assert misidentified("fake_e_mu") == ["e", "mu"]
    assert misidentified("fake_tau_e") == misidentified("fake_tau_e_e") == ["tau", "e"]
    assert misidentified("fake_tau_mu_e") == ["tau", "e", "mu"]
    for sample in ("ttW", "tt", "VV", "QmisID"):
        assert misidentified(sample) == []


def test_nothing_is_trained_on_misidentified_objects() -> None:
    trained = [s for s in SAMPLES.samples.values() if s.training_class is not None]
    assert len(trained) == 17
    assert len({sample.selection for sample in trained}) == 1
    selection = parse(trained[0].selection)
    truth = {name: np.array([0, 0]) for name in selection.names}
    truth["taus_isHadronicTau_0"] = np.array([1, 0])
    assert selection.select(truth, 2).tolist() == [True, False]


@pytest.mark.parametrize("data_set", ["ttH_346344.mc16a", "ttZ_504334.mc16d", "tt_410470.mc16e"])
def test_prompt_and_misidentified_events_are_all_events(data_set: str) -> None:
    columns = generated(data_set).trees["nominal"].scalars
    size = len(columns["runNumber"])
    owners = [
        sample.selection
        for sample in SAMPLES.samples.values()
        if sample.kind != "data"
        and any(fnmatch(data_set.split(".")[0], pattern) for pattern in sample.inputs)
    ]
    assert len(owners) in (14, 15)
    masks = [parse(text).select(columns, size) for text in owners]
    assert (np.sum(masks, axis=0) == 1).all()
    weight = columns["weight_mc"].astype(np.float64)
    for region in REGIONS.regions.values():
        inside = parse(region.selection).select(columns, size)
        parts = [weight[inside & mask].sum() for mask in masks]
        assert sum(parts) == pytest.approx(weight[inside].sum(), rel=1e-12)


def test_every_region_lies_inside_the_preselection() -> None:
    for name, region in REGIONS.regions.items():
        assert unimplied(region.selection, REGIONS.preselection) == [], name


def test_categorical_features_name_every_value_that_occurs() -> None:
    for data_set in ("ttH_346344.mc16a", "ttZ_504334.mc16d", "tt_410470.mc16e", "VV_364253.mc16a"):
        columns = generated(data_set).trees["nominal"].scalars
        for name, feature in FEATURES.features.items():
            if feature.kind == "categorical":
                known = {*(feature.values or []), *feature.missing}
                assert set(np.unique(columns[name]).tolist()) <= known, (data_set, name)


def test_missing_codes_are_those_that_occur() -> None:
    everything = [
        generated(d).trees["nominal"].scalars for d in ("tt_410470.mc16e", "VV_364253.mc16a")
    ]
    for name, feature in FEATURES.features.items():
        if feature.kind == "collection":
            continue
        values = np.concatenate([columns[name] for columns in everything])
        for code in (-99, -999):
            assert code in feature.missing or not np.any(values == code), (name, code)


def lepton(flavour: int, **changes: float) -> dict[str, np.ndarray]:
    """Return an event of the signal region whose leptons are of one flavour, with changes."""
    event: dict[str, float] = {
        "custTrigMatch_LooseID_FCLooseIso_DLT": 1,
        "dilep_type": 3 if flavour == 11 else 1,
        "nTaus_OR": 1,
        "nJets_OR": 5,
        "nJets_OR_DL1r_85": 2,
        "Mll01": 50e3,
    }
    for i in (0, 1):
        event |= {
            f"lep_ID_{i}": flavour,
            f"lep_Pt_{i}": 40e3,
            f"lep_Eta_{i}": 1.0,
            f"lep_isMedium_{i}": 1,
            f"lep_isTightLH_{i}": int(flavour == 11),
            f"lep_isolationLoose_VarRad_{i}": 1,
            f"passPLIVTight_{i}": 1,
            f"lep_ambiguityType_{i}": 0,
            f"lep_chargeIDBDTResult_recalc_rel207_tight_{i}": 0.9 if flavour == 11 else 0.0,
            f"lep_Mtrktrk_atConvV_CO_{i}": -999,
            f"lep_RadiusCO_{i}": -999,
            f"lep_Mtrktrk_atPV_CO_{i}": -999,
        }
    assert event.keys() >= changes.keys()
    return {name: np.array([value]) for name, value in (event | changes).items()}


EXTERNAL = {"lep_Mtrktrk_atConvV_CO_1": 0.05, "lep_RadiusCO_1": 50.0}
INTERNAL = {"lep_Mtrktrk_atPV_CO_0": 0.05}


@pytest.mark.parametrize(
    ("flavour", "changes", "passes"),
    [
        (11, {}, True),
        (11, EXTERNAL, False),
        (11, INTERNAL, False),
        (11, {"lep_Mtrktrk_atConvV_CO_1": 0.05, "lep_RadiusCO_1": 10.0}, True),
        (11, {"lep_chargeIDBDTResult_recalc_rel207_tight_0": 0.6}, False),
        (13, {}, True),
        (13, EXTERNAL | INTERNAL, True),
        (13, {"passPLIVTight_0": 0}, False),
        (13, {"lep_ID_0": -13}, False),
        (13, {"Mll01": 90e3}, False),
        (13, {"nTaus_OR": 2}, False),
        (13, {"nJets_OR": 3}, False),
    ],
)
def test_the_signal_region_refuses_electrons_from_conversions_and_exempts_muons(
    flavour: int, changes: dict[str, float], passes: bool
) -> None:
    selection = parse(REGIONS.regions["SR"].selection)
    assert selection.select(lepton(flavour, **changes), 1).tolist() == [passes]


CONTROLLED = {"CR_tau": "norm_fake_tau", "CR_e": "norm_fake_e", "CR_mu": "norm_fake_mu"}


def test_every_process_reaches_the_signal_region_and_control_regions_are_pure() -> None:
    selection = parse(REGIONS.regions["SR"].selection)
    prompt = [name for name, s in SAMPLES.samples.items() if s.training_class is not None]
    raw = dict.fromkeys(prompt, 0)
    entries = 0
    normalisation = Normalisation(INPUTS)
    total = dict.fromkeys(CONTROLLED, 0.0)
    controlled = dict.fromkeys(CONTROLLED, 0.0)
    for file in plan("tiny"):
        if file.group == "data" or file.group.startswith("alt_"):
            continue
        assert file.data_set in {data_set.name for data_set in data_sets(INPUTS)}
        trees, metadata = make_trees(file)[:2]
        columns = trees["nominal"].scalars
        size = len(columns["runNumber"])
        entries += size
        in_region = selection.select(columns, size)
        weight = normalisation.weights(
            columns, file.data_set, float(metadata["totalEventsWeighted"].sum())
        )
        for name, sample in SAMPLES.samples.items():
            if not any(fnmatch(file.data_set.split(".")[0], p) for p in sample.inputs):
                continue
            owned = parse(sample.selection).select(columns, size)
            if name in raw:
                raw[name] += int((in_region & owned).sum())
            for region, factor in CONTROLLED.items():
                inside = parse(REGIONS.regions[region].selection).select(columns, size) & owned
                total[region] += weight[inside].sum()
                if factor.removeprefix("norm_fake_") in misidentified(name):
                    controlled[region] += weight[inside].sum()
    assert min(raw["ttH"], raw["ttZ"]) >= 30
    assert min(raw["ttW"], raw["VV"]) >= 1
    assert entries <= 30000
    purity = {region: controlled[region] / total[region] for region in CONTROLLED}
    assert min(purity.values()) > 0.5, purity
