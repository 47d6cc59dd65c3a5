"""Ntuples count by what they hold, as it was listed."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.workflow.snake import edit, n2mu, planned

root = pytest.importorskip("ROOT", reason="the ROOT wheel exists for Python 3.11 on Linux only")
pytestmark = pytest.mark.xdist_group("higgs")

NTUPLE = "ntuples/Higgs_data.root"


def test_ntuples_that_are_touched_moved_or_missing_rerun_nothing(broken: Path) -> None:
    (broken / NTUPLE).touch()
    assert planned(broken) == {}
    shutil.move(broken / "ntuples", broken / "elsewhere")
    assert planned(broken) == {}
    edit(broken / "config/config.yaml", "tutorial: ntuples", "tutorial: elsewhere")
    assert planned(broken) == {}


def test_a_replaced_ntuple_reruns_its_chunk_once_it_is_listed(broken: Path) -> None:
    source = root.TFile.Open(str(broken / NTUPLE))
    copies = broken / "new.root"
    target = root.TFile.Open(str(copies), "RECREATE")
    for name in ("sig_tree", "bkg_tree"):
        source.Get(name).CloneTree(5000).Write()
    target.Close()
    source.Close()
    copies.replace(broken / NTUPLE)
    assert planned(broken) == {}
    assert n2mu(broken, "list").returncode == 0
    expected = Counter({"skim": 1, "gather_skims": 1, "train mlp": 3, "score": 1, "fit mlp": 1})
    assert expected <= planned(broken)
