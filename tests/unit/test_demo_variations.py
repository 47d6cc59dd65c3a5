"""Variations of the demo: the same random numbers, other energies or weights."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from demo_events import DATA_SETS, VARIED, generated, jets_of

from n2mu.demo.tth.reconstruct import SHIFTS
from n2mu.demo.write import Columns

VARIED_WEIGHT = re.compile(r"_UP$|_DOWN$|_MEMBER_\d+$")
JETS = ("JET_JES__1up", "JET_JES__1down")


def pairs(data_set: str, tree: str) -> Iterator[tuple[int, int]]:
    """Yield the rows of the events that nominal and varied tree share."""
    sample = generated(data_set)
    nominal, varied = (sample.trees[t].scalars["eventNumber"] for t in ("nominal", tree))
    _, one, other = np.intersect1d(nominal, varied, return_indices=True)
    yield from zip(one.tolist(), other.tolist(), strict=True)


def shared(data_set: str, tree: str) -> tuple[Columns, Columns]:
    """Return the columns of the events that nominal and varied tree share."""
    rows = np.array(list(pairs(data_set, tree)))
    sample = generated(data_set)
    nominal, varied = (
        {n: v[rows[:, side]] for n, v in sample.trees[t].scalars.items()}
        for side, t in enumerate(("nominal", tree))
    )
    return nominal, varied


@pytest.mark.parametrize("tree", JETS)
def test_the_jet_scale_scales_jets_by_the_stated_factor_and_nothing_else(tree: str) -> None:
    sample = generated("ttH_346344.mc16a")
    nominal, varied = (jets_of(sample.trees[t]) for t in ("nominal", tree))
    factor = SHIFTS[tree].jet
    compared = 0
    for one, other in pairs("ttH_346344.mc16a", tree):
        if len(nominal[one]["pt"]) != len(varied[other]["pt"]):
            continue
        assert varied[other]["pt"] == pytest.approx(factor * nominal[one]["pt"], rel=1e-5)
        assert varied[other]["e"] == pytest.approx(factor * nominal[one]["e"], rel=1e-5)
        assert varied[other]["eta"] == pytest.approx(nominal[one]["eta"])
        compared += 1
    assert compared > 100
    before, after = shared("ttH_346344.mc16a", tree)
    same = [name for name in before if name.startswith(("lep_", "taus_", "Mll", "DRll"))]
    same = [name for name in same if name in after]
    for name in same:
        assert np.mean(before[name] == after[name]) > 0.99, name


@pytest.mark.parametrize("tree", JETS)
def test_missing_momentum_balances_what_the_jets_gain(tree: str) -> None:
    before, after = shared("ttH_346344.mc16a", tree)
    jets = jets_of(generated("ttH_346344.mc16a").trees["nominal"])
    rows = [one for one, _ in pairs("ttH_346344.mc16a", tree)]
    compared = 0
    for index, row in enumerate(rows):
        if after["HT"][index] != pytest.approx(SHIFTS[tree].jet * before["HT"][index], rel=1e-5):
            continue
        gained = (SHIFTS[tree].jet - 1) * jets[row]["pt"]
        for function in (np.cos, np.sin):
            moved = after["met_met"][index] * function(after["met_phi"][index]) - before["met_met"][
                index
            ] * function(before["met_phi"][index])
            assert moved == pytest.approx(-np.sum(gained * function(jets[row]["phi"])), abs=10)
        compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("tree", "branch", "lepton", "factor"),
    [
        ("TAUS_TES__1up", "taus_pt_0", None, 1.02),
        ("TAUS_TES__1down", "taus_pt_0", None, 0.98),
        ("EG_SCALE__1up", "lep_Pt_0", 11, 1.005),
        ("EG_SCALE__1down", "lep_E_0", 11, 0.995),
        ("MUON_SCALE__1up", "lep_Pt_0", 13, 1.003),
        ("MUON_SCALE__1down", "lep_E_0", 13, 0.997),
    ],
)
def test_a_scale_moves_its_objects_by_the_stated_factor(
    tree: str, branch: str, lepton: int | None, factor: float
) -> None:
    before, after = shared("ttH_346344.mc16a", tree)
    kind = np.abs(before["lep_ID_0"])
    same = (kind == np.abs(after["lep_ID_0"])) & (before["nTaus_OR"] == after["nTaus_OR"])
    same &= (before["total_leptons"] == after["total_leptons"]) & (before["nTaus_OR"] == 1)
    moved = same if lepton is None else same & (kind == lepton)
    ratio = after[branch][moved] / before[branch][moved]
    # leptons that change places, and what was beside a lost object, are few
    assert moved.sum() > 30
    assert np.mean(np.isclose(ratio, factor, rtol=1e-5)) > 0.97
    if lepton is not None:
        assert (
            np.mean(
                after[branch][same & (kind != lepton)] == before[branch][same & (kind != lepton)]
            )
            > 0.97
        )


def test_the_jet_resolution_widens_about_the_nominal_without_a_shift() -> None:
    before, after = shared("ttH_346344.mc16a", "JET_JER__1up")
    with_jets = before["HT"] > 0
    ratio = after["HT"][with_jets] / before["HT"][with_jets]
    assert np.std(ratio) > 0.003
    assert abs(np.median(ratio) - 1) < 0.01
    assert np.array_equal(before["lep_Pt_0"], after["lep_Pt_0"])


def test_events_migrate_into_and_out_of_the_ntuple() -> None:
    numbers = {tree: set[tuple[str, int]]() for tree in SHIFTS}
    for data_set in VARIED:
        for tree, table in generated(data_set).trees.items():
            numbers[tree] |= {(data_set, n) for n in table.scalars["eventNumber"].tolist()}
    nominal = numbers["nominal"]
    assert numbers["TAUS_TES__1up"] - nominal
    assert nominal - numbers["TAUS_TES__1down"]
    for tree in SHIFTS:
        assert len(numbers[tree] & nominal) > 0.9 * len(nominal), tree


@pytest.mark.parametrize("data_set", VARIED)
def test_varied_trees_hold_every_branch_but_the_varied_weights(data_set: str) -> None:
    trees = generated(data_set).trees
    nominal = trees["nominal"].scalars
    for tree, table in trees.items():
        dtypes = {name: values.dtype for name, values in table.scalars.items()}
        assert dtypes.items() <= {name: v.dtype for name, v in nominal.items()}.items()
        if tree != "nominal":
            missing = set(nominal) - set(dtypes)
            assert missing
            assert all(VARIED_WEIGHT.search(name) for name in missing)
            assert not any(VARIED_WEIGHT.search(name) for name in dtypes)


@pytest.mark.parametrize("data_set", VARIED)
def test_generator_and_object_weights_follow_the_event_through_the_trees(data_set: str) -> None:
    for tree in SHIFTS:
        before, after = shared(data_set, tree)
        for name in ("weight_mc", "weight_pileup"):
            assert np.array_equal(before[name], after[name]), (tree, name)


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_varied_weights_lie_on_both_sides_of_the_nominal(data_set: str) -> None:
    columns = generated(data_set).trees["nominal"].scalars
    varied = [name.removesuffix("_UP") for name in columns if name.endswith("_UP")]
    assert len(varied) >= 15
    for name in varied:
        factor = next(
            known
            for known in sorted(columns, key=len, reverse=True)
            if name.startswith(known) and not known.endswith(("_UP", "_DOWN"))
        )
        up, down, nominal = columns[f"{name}_UP"], columns[f"{name}_DOWN"], columns[factor]
        assert np.all(np.isfinite(up)) and np.all(np.isfinite(down))
        assert up + down == pytest.approx(2 * nominal, rel=1e-4)
        assert np.all(np.abs(up - nominal) <= 0.45 * np.abs(nominal)), name
