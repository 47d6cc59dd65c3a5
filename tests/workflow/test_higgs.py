"""Real input that nobody here wrote: the Higgs sample of the ROOT tutorials, to mu and ranking."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.workflow.conftest import NO_ROOT
from tests.workflow.snake import planned

root = pytest.importorskip("ROOT", reason=NO_ROOT)
pytestmark = pytest.mark.xdist_group("higgs")


def test_mu_and_ranking_come_out(higgs: Path) -> None:
    content = json.loads((higgs / "results/mu_fit.json").read_text())
    assert content["mu"]["value"] == pytest.approx(1, abs=1e-6)
    assert content["mu"]["up"] > content["mu_stat_only"]["up"] > 0
    ranked = json.loads((higgs / "results/ranking.json").read_text())["parameters"]
    assert {"luminosity", "xs_other", "staterror_SR[0]"} <= {entry["name"] for entry in ranked}
    assert planned(higgs) == {}


def test_yields_are_those_of_root(higgs: Path) -> None:
    report = json.loads((higgs / "results/higgs/fits/mlp/templates_report.json").read_text())
    file = root.TFile.Open(str(higgs / "ntuples/Higgs_data.root"))
    for region, cut in (
        ("SR", "lepton_pT > 0.4 && m_bb < 1.5"),
        ("CR", "lepton_pT > 0.4 && m_bb >= 1.5"),
    ):
        for sample, tree, events in (("Higgs", "sig_tree", 100), ("other", "bkg_tree", 1000)):
            ntuple = file.Get(tree)
            assert root.TTreeFormula("cut", cut, ntuple).GetNdim() > 0
            passed = ntuple.GetEntries(cut)
            entry = report["regions"][region]["samples"][sample]
            assert entry["events"] == passed
            assert entry["yield"] == pytest.approx(events * passed / ntuple.GetEntries(), rel=1e-12)


def scores(directory: Path, data_set: str) -> Any:
    return pq.read_table(directory / f"results/higgs/scores/c0000/{data_set}/nominal.parquet")


@pytest.mark.parametrize(("tree", "data_set"), [("sig_tree", "signal"), ("bkg_tree", "background")])
def test_root_reads_the_friend_trees_with_equal_values(
    higgs: Path, tree: str, data_set: str
) -> None:
    file = root.TFile.Open(str(higgs / "ntuples/Higgs_data.root"))
    ntuple = file.Get(tree)
    friend = higgs / "results/higgs/friends/tutorial/Higgs_data.root"
    assert ntuple.AddFriend(tree, str(friend))
    size = ntuple.Draw("mlp_signal:n2mu_eventNumber:lepton_pT", "", "goff")
    assert size == ntuple.GetEntries()
    read = np.frombuffer(ntuple.GetV1(), dtype=np.float64, count=size)
    table = scores(higgs, data_set)
    expected = np.full(size, -99.0)
    expected[table.column("n2mu_entry").to_numpy()] = table.column("mlp_signal").to_numpy()
    assert (read == expected).all()
    assert (np.frombuffer(ntuple.GetV2(), dtype=np.float64, count=size) == np.arange(size)).all()
    selected = np.frombuffer(ntuple.GetV3(), dtype=np.float64, count=size) > 0.4
    assert ((read > -99) == selected).all()


@pytest.mark.parametrize(("tree", "data_set"), [("sig_tree", "signal"), ("bkg_tree", "background")])
def test_a_chain_with_a_friend_chain_reads_the_same(higgs: Path, tree: str, data_set: str) -> None:
    chain, friends = root.TChain(tree), root.TChain(tree)
    chain.Add(str(higgs / "ntuples/Higgs_data.root"))
    friends.Add(str(higgs / "results/higgs/friends/tutorial/Higgs_data.root"))
    chain.AddFriend(friends, "scores")
    size = chain.Draw("scores.mlp_signal", "scores.mlp_signal > -99", "goff")
    read = np.frombuffer(chain.GetV1(), dtype=np.float64, count=size)
    expected = scores(higgs, data_set).column("mlp_signal").to_numpy()
    assert (read == expected.astype(np.float64)).all()
