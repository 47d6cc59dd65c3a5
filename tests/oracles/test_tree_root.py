"""Trees opened branch by branch, against uproot's opening of the whole tree."""

import random
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from n2mu.inputs import header
from n2mu.inputs.layout import Layout, layout_of
from n2mu.inputs.ntuple import open_ntuple, read_entries, tree, tree_names
from n2mu.inputs.tree import Tree

OLD = [
    "analysis/dataframe/df017_vecOpsHEP.root",
    "machine_learning/data/Higgs_data.root",
    "machine_learning/data/tmva_class_example.root",
    "machine_learning/data/tmva_multiclass_example.root",
    "machine_learning/data/tmva_reg_example.root",
    "machine_learning/data/toy_sigbkg_categ_varoff.root",
    "machine_learning/ml_dataloader_filters_vectors_hvector.root",
]
"""Files that come with ROOT, written by versions 5.18 to 6.29."""
MACRO = """
#include "TClonesArray.h"
#include "TFile.h"
#include "TLorentzVector.h"
#include "TNamed.h"
#include "TParameter.h"
#include "TRefArray.h"
#include "TTree.h"
#include <string>
#include <vector>
void everything(const char* path) {
  TFile file(path, "RECREATE");
  file.mkdir("inner")->cd();
  TTree other("friend", "");
  float score; other.Branch("score", &score);
  TTree tree("t", "a tree");
  Int_t n = 0, m = 0; Float_t sized[9], again[9], x; Double_t pair[2][3]; Char_t text[5] = "abc";
  struct { Float_t x; Int_t i; } leaves;
  std::vector<float> pt; std::vector<std::vector<float>> nested; std::string name;
  std::vector<std::string> names;
  TLorentzVector whole, split; TClonesArray clones("TLorentzVector", 5), named("TNamed", 5);
  TRefArray references; TNamed plain("n", "t");
  tree.Branch("fUniqueID", &x);
  tree.Branch("x", &x);
  tree.Branch("sized", sized, "sized[9]/F");
  tree.Branch("pair", pair, "pair[2][3]/D");
  tree.Branch("n", &n, "n/I");
  tree.Branch("counted", sized, "counted[n]/F");
  tree.Branch("m", &m, "m/I");
  tree.Branch("again", again, "again[n]/F");
  tree.Branch("first", again, "first[m]/F");
  tree.Branch("text", text, "text/C");
  tree.Branch("leaves", &leaves, "x/F:i/I");
  tree.Branch("pt", &pt);
  tree.Branch("nested", &nested);
  tree.Branch("name", &name);
  tree.Branch("names", &names);
  tree.Branch("whole", &whole, 32000, 0);
  tree.Branch("split", &split, 32000, 99);
  tree.Branch("dotted.", &split, 32000, 99);
  tree.Branch("clones", &clones, 32000, 99);
  tree.Branch("named", &named, 32000, 0);
  tree.Branch("references", &references, 32000, 0);
  tree.Branch("plain", &plain, 32000, 99);
  for (int e = 0; e < 120; e++) {
    n = e % 4; m = e % 7; x = e; score = e; leaves = {x, e}; pt.assign(n, x); name.assign(n, 'z');
    nested.assign(m, std::vector<float>(n, e)); names.assign(n, name);
    for (int i = 0; i < 9; i++) { sized[i] = e + i; again[i] = e - i; pair[i % 2][i % 3] = e * i; }
    split.SetPxPyPzE(e, n, m, 2 * e); whole = split;
    clones.Clear("C"); new (clones[0]) TLorentzVector(split);
    named.Clear("C"); new (named[0]) TNamed("u", "v");
    tree.Fill(); other.Fill();
  }
  tree.SetAlias("twice", "2 * x");
  tree.AddFriend(&other);
  tree.GetUserInfo()->Add(new TParameter<double>("lumi", 3.));
  tree.BuildIndex("x");
  tree.BranchRef();
  tree.GetBranch("pt")->SetBit(16);
  file.Write();
}
void many(const char* path, int branches) {
  TFile file(path, "RECREATE");
  TTree tree("t", "");
  std::vector<std::vector<float>> v(branches / 3 + 1); std::vector<float> x(branches); int count;
  tree.SetAutoFlush(10);
  for (int i = 0; i < branches; i++) {
    std::string name = (i % 50 ? "b" : std::string(300, 'l')) + std::to_string(i);
    if (i % 3) tree.Branch(name.c_str(), &x[i]);
    else tree.Branch(name.c_str(), &v[i / 3]);
  }
  for (int e = 0; e < 60; e++) {
    for (auto& value : x) value += e;
    for (auto& values : v) values.assign(e % 3, e);
    tree.Fill();
  }
  file.Write();
}
"""
MEMBERS = ["fEntries", "fMaxBaskets", "fWriteBasket", "fTotBytes", "fZipBytes", "fTitle"]
PLACES = ["fBasketBytes", "fBasketEntry", "fBasketSeek"]


@pytest.fixture(scope="module")
def root(root: Any) -> Any:
    """ROOT with the macro that writes the ntuple."""
    assert root.gInterpreter.Declare(MACRO)
    return root


def described(branch: Any) -> list[Any]:
    """Return all that is read of a branch but its values, with the branches inside of it."""
    count = branch.count_branch
    return [
        branch.name,
        branch.typename,
        # without the places of objects in memory
        re.sub("0x[0-9a-f]+", "", str(branch.interpretation)),
        branch.tree.name,
        (branch.num_entries, branch.num_baskets, len(branch.embedded_baskets)),
        list(branch.entry_offsets),
        None if count is None else count.name,
        [branch.member(member) for member in MEMBERS],
        [branch.member(member).tolist() for member in PLACES],
        [described(inner) for inner in branch.branches],
    ]


def require_alike(branch: Any, expected: Any) -> None:
    """Compare a branch with uproot's."""
    assert described(branch) == described(expected)


def laid_out(layout: Layout | None) -> list[Any] | None:
    """Return the content of a layout."""
    if layout is None:
        return None
    places = [layout.entries.tolist(), layout.seeks.tolist(), layout.sizes.tolist()]
    return [layout.name, layout.dtype, layout.shape, layout.header, layout.total, *places]


def require_plain(ntuple: Tree, name: str, expected: Any) -> bool:
    """Compare a layout that was told without uproot with uproot's; return whether there is one."""
    layout = ntuple.plain(name)
    if layout is None:
        return False
    assert laid_out(layout) == laid_out(layout_of(expected))
    assert expected.typename != "int8_t[]"
    assert ntuple.num_entries != expected.num_entries or layout.entries[-1] == expected.num_entries
    return True


def require_like_uproot(path: Path, whole: Collection[str] = ()) -> list[str]:
    """Compare all trees of a file, branch by branch in any order; return their names.

    Parameters
    ----------
    whole
        Trees that are opened whole.
    """
    shuffle = random.Random(1)
    with open_ntuple(path) as file, uproot.open(path, object_cache=None) as other:
        names = tree_names(file, path)
        for name in names:
            expected = other[name]
            top = expected.keys(recursive=False)
            for order in (sorted(top), sorted(top, reverse=True), shuffle.sample(top, len(top))):
                ntuple = tree(file, name, path)
                assert ntuple.names == set(top)
                assert (ntuple.name, ntuple.num_entries) == (expected.name, expected.num_entries)
                for branch in order:
                    require_alike(ntuple[branch], expected[branch])
                assert [b.name for b in ntuple.with_branches([]).branches] == top
                assert (ntuple._partial is None) is (name in whole)
            for branch in top:
                require_alike(tree(file, name, path)[branch], expected[branch])
                require_plain(tree(file, name, path), branch, expected[branch])
        return names


@pytest.mark.parametrize("name", OLD)
def test_trees_of_earlier_versions_of_root_are_opened_alike(root: Any, name: str) -> None:
    path = Path(root.gROOT.GetTutorialDir().Data()) / name
    assert require_like_uproot(path)


def test_branches_of_all_kinds_are_opened_alike(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "everything.root"
    root.everything(str(path))
    assert require_like_uproot(path) == ["inner/friend", "inner/t"]


def test_thousands_of_branches_are_opened_alike(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "many.root"
    root.many(str(path), 1200)
    with open_ntuple(path) as file, uproot.open(path, object_cache=None) as other:
        ntuple, expected = tree(file, "t", path), other["t"]
        assert ntuple.names == set(expected.keys(recursive=False))
        for name in random.Random(2).sample(sorted(ntuple.names), 40):
            require_alike(ntuple[name], expected[name])
        assert len(ntuple.with_branches([]).branches) == 40


def test_baskets_inside_of_the_tree_are_found_alike(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "saved.root"
    root.gInterpreter.ProcessLine(f"""
    {{ TFile f("{path}", "RECREATE"); TTree t("t", ""); t.SetAutoFlush(0);
       float x; std::vector<float> v; t.Branch("x", &x, "x/F", 400); t.Branch("v", &v, 800);
       t.Branch("w", &v, 64000);
       for (int i = 0; i < 1050; i++) {{ x = i; v.assign(i % 4, i); t.Fill(); }}
       f.WriteTObject(&t, "t", "Overwrite"); t.SetDirectory(nullptr); }}""")
    assert require_like_uproot(path) == ["t"]
    with open_ntuple(path) as file, uproot.open(path) as other:
        for name in ("w", "v", "x"):
            columns = read_entries(tree(file, "t", path), [name], 1000, 1050)
            expected = other["t"][name].array(entry_start=1000)
            assert ak.array_equal(ak.Array(columns[name]), expected, dtype_exact=True)


def test_what_uproot_wrote_is_opened_alike(tmp_path: Path) -> None:
    path = tmp_path / "uproot.root"
    with uproot.recreate(path) as file:
        file.mktree("t", {"n": "i4", "x": "f8", "v": "var * float32"})
        for size in (3, 50, 7):
            lists = ak.values_astype(ak.Array([[1.0] * (i % 5) for i in range(size)]), np.float32)
            numbers = np.arange(size)
            file["t"].extend({"n": numbers.astype(np.int32), "x": 0.5 * numbers, "v": lists})
    assert require_like_uproot(path) == ["t"]


def test_numbers_and_counted_arrays_need_not_be_interpreted(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "everything.root"
    root.everything(str(path))
    with open_ntuple(path) as file:
        ntuple = tree(file, "inner/t", path)
        found = {name for name in ntuple.names if ntuple.plain(name) is not None}
        assert found == {"fUniqueID", "x", "n", "counted", "m", "again", "first"}
        assert not ntuple.with_branches([]).branches


def test_a_branch_is_not_taken_for_one_of_its_name_inside_another(
    root: Any, tmp_path: Path
) -> None:
    path = tmp_path / "everything.root"
    root.everything(str(path))
    with open_ntuple(path) as file:
        ntuple = tree(file, "inner/t", path)
        assert ntuple["plain"]["fUniqueID"].array()[3] == 0
        for _ in range(2):
            assert read_entries(ntuple, ["fUniqueID"], 3, 4)["fUniqueID"].tolist() == [3]
            ntuple.with_branches(ntuple.names)


@pytest.mark.parametrize("place", ["_DEPTHS", "place", "elements"])
def test_a_header_that_is_not_as_expected_is_left_to_uproot(
    root: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = tmp_path / "everything.root"
    root.everything(str(path))

    def refuse(*_: Any) -> None:
        raise header.UnexpectedError("a header of another kind")

    if place == "_DEPTHS":
        monkeypatch.setattr(header, place, {"TBranch": 1})
    else:
        monkeypatch.setattr(header.Header, place, refuse)
    names = ["inner/friend", "inner/t"]
    assert require_like_uproot(path, names if place == "elements" else names[1:]) == names


def test_where_uproot_reads_a_damaged_header_it_is_read_alike(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "damaged.root"
    root.gInterpreter.ProcessLine(f"""
    {{ TFile f("{path}", "RECREATE", "", 0); TTree t("t", "");
       float x; std::vector<float> v; int n = 2; float s[3];
       t.Branch("n", &n, "n/I"); t.Branch("s", s, "s[n]/F"); t.Branch("v", &v);
       t.Branch("x", &x); for (int i = 0; i < 50; i++) t.Fill(); f.Write(); }}""")
    whole = path.read_bytes()
    with uproot.open(path) as file:
        key = file.key("t")
        start = key.data_cursor.index
        places = range(start, start + key.data_uncompressed_bytes)
    same = refused = 0
    for position in random.Random(3).sample(places, 600):
        raw = bytearray(whole)
        raw[position] ^= 1 << position % 8
        path.write_bytes(raw)
        with open_ntuple(path) as file, uproot.open(path, object_cache=None) as other:
            try:
                expected = other["t"]
                branches = {branch.name: described(branch) for branch in expected.branches}
            except Exception:  # uproot raises whatever its parser stumbles over
                refused += 1
                continue
            ntuple = tree(file, "t", path)
            assert ntuple.num_entries == expected.num_entries
            assert {name: described(ntuple[name]) for name in ntuple.names} == branches
            for name in ntuple.names:
                require_plain(ntuple, name, expected[name])
            same += 1
    assert same > 100
    assert refused > 100
