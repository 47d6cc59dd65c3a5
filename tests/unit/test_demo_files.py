"""The demo's files: TTrees that ROOT and uproot open, with metadata and identity."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from demo_events import generated, planned

from n2mu.config.load import load
from n2mu.demo import write
from n2mu.demo.tth.output import generate_file
from n2mu.demo.tth.reconstruct import SHIFTS
from n2mu.demo.write import write_ntuple
from n2mu.errors import N2muError

CONFIGURATION = Path(__file__).parents[2] / "config/config.yaml"
IDENTITY = "plan:0123456789abcdef"


@pytest.fixture(scope="module")
def ntuple(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base: Path = tmp_path_factory.mktemp("ntuples")
    file = planned("ttH_346344.mc16a")
    generate_file(file, base, IDENTITY)
    assert [path.name for path in (base / file.path).parent.iterdir()] == ["346344_000001.root"]
    return base / file.path


def test_a_file_holds_its_identity_metadata_and_all_trees(ntuple: Path) -> None:
    sample = generated("ttH_346344.mc16a")
    with uproot.open(ntuple) as file:
        assert str(file["n2mu_plan"]) == IDENTITY
        kinds = file.classnames(cycle=False)
        assert {name: kind for name, kind in kinds.items() if kind == "TTree"}.keys() == {
            *SHIFTS,
            "sumWeights",
        }
        metadata = file["sumWeights"].arrays(library="np")
        assert metadata.keys() == sample.metadata.keys()
        for name, values in sample.metadata.items():
            assert metadata[name].dtype == values.dtype
            assert np.array_equal(metadata[name], values)


def test_what_is_read_back_is_what_was_generated(ntuple: Path) -> None:
    sample = generated("ttH_346344.mc16a")
    with uproot.open(ntuple) as file:
        for name, table in sample.trees.items():
            tree = file[name]
            assert tree.num_entries == len(table.jets)
            for branch, values in table.scalars.items():
                read = tree[branch].array(library="np")
                assert read.dtype == values.dtype, branch
                assert np.array_equal(read, values), (name, branch)
            for quantity in ("pt", "eta", "phi", "e"):
                read = tree[f"jets_{quantity}"].array()
                assert read.type.content.content.primitive == "float32"
                assert read.to_list() == table.jets[quantity].to_list()


def test_an_interrupted_file_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise N2muError("stopped")

    monkeypatch.setattr("n2mu.demo.tth.output.write_ntuple", fail)
    with pytest.raises(N2muError, match="stopped"):
        generate_file(planned("tt_410470.mc16a", 100), tmp_path, IDENTITY)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_remembered_headers_change_nothing_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = generated("tt_410470.mc16e")
    for _ in range(2):
        write_ntuple(tmp_path / "fast.root", sample.trees, sample.metadata, IDENTITY)
    monkeypatch.setattr(write, "remembered_headers", nullcontext)
    write_ntuple(tmp_path / "slow.root", sample.trees, sample.metadata, IDENTITY)
    with uproot.open(tmp_path / "fast.root") as fast, uproot.open(tmp_path / "slow.root") as slow:
        for name in (*SHIFTS, "sumWeights"):
            headers = [
                bytes(file.key(name).get_uncompressed_chunk_cursor()[0].raw_data)
                for file in (fast, slow)
            ]
            assert len(headers[0]) > 1000
            assert headers[0] == headers[1], name


def test_a_tree_without_events_is_written_and_read(tmp_path: Path) -> None:
    sample = generated("ttZ_504334.mc16d")
    nominal = sample.trees["nominal"]
    empty = write.Table({n: v[:0] for n, v in nominal.scalars.items()}, nominal.jets[:0])
    write_ntuple(tmp_path / "empty.root", {"nominal": empty}, sample.metadata, IDENTITY)
    with uproot.open(tmp_path / "empty.root") as file:
        assert file["nominal"].num_entries == 0
        assert set(nominal.scalars) < set(file["nominal"].keys())


def test_root_opens_the_trees_and_finds_events_in_every_region(ntuple: Path) -> None:
    ROOT = pytest.importorskip("ROOT", reason="the wheel of ROOT exists for Python 3.11 only")
    regions = load(CONFIGURATION).regions
    cuts = {name: region.selection for name, region in regions.regions.items()}
    file = ROOT.TFile.Open(str(ntuple))
    assert file.Get("n2mu_plan").GetString().Data() == IDENTITY
    for name in SHIFTS:
        tree = file.Get(name)
        assert tree.ClassName() == "TTree"
        inside = tree.GetEntries(regions.preselection)
        for cut in cuts.values():
            formula = ROOT.TTreeFormula("cut", cut, tree)
            # ROOT counts every entry where an expression does not compile
            assert formula.GetNdim() > 0
            assert 0 < tree.GetEntries(cut) < inside
        assert tree.GetEntries("jets_pt[0] > 0") <= tree.GetEntries() == tree.GetEntriesFast()
    file.Close()
