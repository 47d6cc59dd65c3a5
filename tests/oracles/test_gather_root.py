"""Gathering rows of branches of all kinds that ROOT writes, against uproot's own reading."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from n2mu.errors import InputError
from n2mu.inputs.gather import Gatherer
from n2mu.inputs.ntuple import open_ntuple, tree
from n2mu.inputs.source import open_source

ENTRIES = 700
MACRO = """
#include "TFile.h"
#include "TRandom3.h"
#include "TTree.h"
#include <string>
#include <vector>
void kinds(const char* path, int compression, int autoflush, bool features) {
  TFile file(path, "RECREATE", "", compression);
  TTree tree("t", "");
  tree.SetAutoFlush(autoflush);
  if (features) {
    ROOT::TIOFeatures io;
    io.Set("kGenerateOffsetMap");
    tree.SetIOFeatures(io);
  }
  TRandom3 random(3);
  Int_t n; ULong64_t event; Bool_t flag; Double_t pair[2][3]; Float_t sized[20];
  struct { Float_t x; Int_t i; } leaves;
  std::vector<float> pt; std::vector<bool> tag; std::vector<double> mass; std::vector<char> c;
  std::vector<ULong64_t> ids; std::vector<std::vector<float>> nested;
  std::vector<std::string> names; std::string name;
  tree.Branch("event", &event, "event/l", 900);
  tree.Branch("n", &n, "n/I", 500);
  tree.Branch("flag", &flag, "flag/O");
  tree.Branch("pair", pair, "pair[2][3]/D", 3000);
  tree.Branch("sized", sized, "sized[n]/F", 2000);
  tree.Branch("leaves", &leaves, "x/F:i/I");
  tree.Branch("pt", &pt, 1500);
  tree.Branch("tag", &tag);
  tree.Branch("mass", &mass, 4000);
  tree.Branch("c", &c);
  tree.Branch("ids", &ids);
  tree.Branch("nested", &nested);
  tree.Branch("names", &names);
  tree.Branch("name", &name);
  for (int e = 0; e < ENTRIES; e++) {
    n = random.Poisson(3); event = (1ull << 50) + e; flag = random.Rndm() < 0.3;
    for (auto& row : pair) for (auto& x : row) x = random.Gaus();
    for (int i = 0; i < n; i++) sized[i] = random.Gaus();
    leaves = {(float)random.Gaus(), e};
    pt.clear(); tag.clear(); mass.clear(); c.clear(); ids.clear(); nested.clear(); names.clear();
    for (int i = random.Poisson(2); i > 0; i--) {
      pt.push_back(random.Gaus()); tag.push_back(random.Rndm() < 0.5);
      mass.push_back(random.Gaus()); c.push_back(i - 2); ids.push_back((1ull << 60) + i);
      nested.push_back(pt); names.push_back(std::string(i, 'x'));
    }
    name = std::string(n, 'y');
    tree.Fill();
  }
  tree.Write();
}
""".replace("ENTRIES", str(ENTRIES))


@pytest.fixture(scope="module")
def root(root: Any) -> Any:
    """ROOT with the macro that writes the ntuple."""
    assert root.gInterpreter.Declare(MACRO)
    return root


def rows_of(entries: int) -> Iterator[Any]:
    random = np.random.default_rng(5)
    yield np.arange(entries)
    yield np.arange(0)
    yield np.array([entries - 1])
    yield np.arange(entries // 3, entries // 2)
    for share in (0.01, 0.1, 0.7):
        yield np.flatnonzero(random.random(entries) < share)


def require_like_uproot(path: Path, names: list[str], name: str = "t") -> set[str]:
    """Compare every branch for many choices of rows; return what was read without uproot."""
    with open_ntuple(path) as file, open_source(file) as source:
        ntuple = tree(file, name, path)
        gatherer = Gatherer(ntuple, source)
        expected = {name: ntuple[name].array() for name in names}
        for rows in rows_of(int(ntuple.num_entries)):
            found = gatherer.read(names, rows)
            for branch, values in found.items():
                wanted = expected[branch][rows]
                assert ak.array_equal(ak.Array(values), wanted, dtype_exact=True), branch
                assert str(ak.Array(values).type) == str(wanted.type)
        return {name for name in names if gatherer._layouts[name] is not None}


NUMBERS = ["event", "n", "flag", "pair", "sized", "pt", "tag", "mass", "c", "ids"]


@pytest.mark.parametrize("compression", [0, 101, 207, 404, 505])
@pytest.mark.parametrize("autoflush", [0, 100, -2000])
def test_numbers_arrays_and_vectors_are_read_as_uproot_reads_them(
    root: Any, tmp_path: Path, compression: int, autoflush: int
) -> None:
    path = tmp_path / "kinds.root"
    root.kinds(str(path), compression, autoflush, False)
    assert require_like_uproot(path, NUMBERS) == set(NUMBERS)


def test_baskets_without_offsets_are_left_to_uproot(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "kinds.root"
    root.kinds(str(path), 505, 100, True)
    known = set(NUMBERS) - {"sized"}
    assert require_like_uproot(path, sorted(known)) <= known


def test_what_has_no_plain_layout_is_left_to_uproot(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "kinds.root"
    root.kinds(str(path), 404, 100, False)
    with open_ntuple(path) as file, open_source(file) as source:
        ntuple = tree(file, "t", path)
        gatherer = Gatherer(ntuple, source)
        rows = np.array([3, 50, 699])
        for name in ("nested", "leaves"):
            found = ak.Array(gatherer.read([name], rows)[name])
            assert ak.to_list(found) == ak.to_list(ntuple[name].array()[rows])
            assert gatherer._layouts[name] is None


def test_merged_files_are_read_whole(root: Any, tmp_path: Path) -> None:
    parts = []
    for i, flush in enumerate((100, 0, -2000)):
        parts.append(tmp_path / f"part{i}.root")
        root.kinds(str(parts[-1]), 505, flush, False)
    for fast, name in itertools.product((True, False), ("fast", "slow")):
        path = tmp_path / f"{name}{fast}.root"
        merger = root.TFileMerger(False, fast)
        merger.SetFastMethod(fast)
        merger.OutputFile(str(path), "RECREATE", 505)
        for part in parts:
            merger.AddFile(str(part))
        assert merger.Merge()
        require_like_uproot(path, NUMBERS)
        with uproot.open(path) as file:
            assert file["t"].num_entries == 3 * ENTRIES


def test_baskets_inside_the_tree_are_left_to_uproot(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "saved.root"
    code = f"""
    {{ TFile f("{path}", "RECREATE"); TTree t("t", ""); t.SetAutoFlush(0);
       float x; std::vector<float> v; t.Branch("x", &x, "x/F", 400); t.Branch("v", &v, 800);
       for (int i = 0; i < 1050; i++) {{ x = i; v.assign(i % 4, i); t.Fill(); }}
       f.WriteTObject(&t, "t", "Overwrite"); t.SetDirectory(nullptr); }}"""
    root.gInterpreter.ProcessLine(code)
    with uproot.open(path) as file:
        assert any(len(branch.embedded_baskets) for branch in file["t"].branches)
    assert require_like_uproot(path, ["x", "v"]) < {"x", "v"}


def test_bytes_that_change_on_the_way_are_an_error(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "kinds.root"
    root.kinds(str(path), 404, 100, False)
    whole = path.read_bytes()
    with uproot.open(path) as file:
        branch = file["t"]["mass"]
        seek, size = int(branch.member("fBasketSeek")[1]), int(branch.member("fBasketBytes")[1])
    random = np.random.default_rng(1)
    for place in (seek, seek + 6, *random.integers(seek + 80, seek + size, 30)):
        raw = bytearray(whole)
        raw[place] ^= 0x10
        path.write_bytes(raw)
        with open_ntuple(path) as file, open_source(file) as source:
            gatherer = Gatherer(tree(file, "t", path), source)
            with pytest.raises(InputError, match="cannot be read, it is truncated, damaged"):
                gatherer.read(["mass"], np.arange(ENTRIES))
