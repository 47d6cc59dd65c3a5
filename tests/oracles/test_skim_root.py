"""The skim of ntuples that ROOT wrote, against ROOT's own selection."""

import array
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from n2mu.config.inputs import SumOfWeights
from n2mu.errors import InputError
from n2mu.inputs.finding import tree_entries
from n2mu.inputs.identity import NtupleFile, content_sample
from n2mu.skim import tree as skim_tree
from n2mu.skim.read import Skim
from n2mu.skim.settings import SkimDataSet, SkimSettings, WeightVariation
from n2mu.skim.stage import run_skim

ENTRIES = 500
CUT = "flag && charge > -2 && Sum$(jets_pt > 0.4) >= 1 && fixed[2] < 4e2 && Entry$ % 7 != 3"
WEIGHT = "weight * (1 + 0.5 * Sum$(jets_tag)) * (Entry$ % 2 == 0 ? 1.5 : 0.25)"
VARIED = "(1 + Entry$ / 8) * (1 + 0.5 * Sum$(jets_tag)) * (Entry$ % 2 == 0 ? 1.5 : 0.25)"
# compression of ROOT by name: 100 * algorithm + level
COMPRESSIONS = {"none": 0, "ZLIB": 101, "LZMA": 207, "LZ4": 404, "ZSTD": 505}
SCALARS = {
    # branch: (leaf type of ROOT, array type, dtype)
    "event": ("l", "Q", np.uint64),
    "run": ("i", "I", np.uint32),
    "flag": ("O", "B", np.bool_),
    "charge": ("B", "b", np.int8),
    "quality": ("b", "B", np.uint8),
    "status": ("S", "h", np.int16),
    "njets": ("I", "i", np.int32),
    "long": ("L", "q", np.int64),
    "pt": ("F", "f", np.float32),
    "weight": ("D", "d", np.float64),
}
LISTS = {"jets_pt": "float", "jets_id": "int", "jets_tag": "bool"}


def write(root: Any, path: Path, compression: int) -> dict[str, Any]:
    """Write one ntuple and return what was written, list branches as lists of lists."""
    random = np.random.default_rng(compression)
    file = root.TFile.Open(str(path), "RECREATE", "", compression)
    tree = root.TTree("nominal", "")
    tree.SetAutoFlush(120)
    cells: dict[str, Any] = {name: array.array(kind, [0]) for name, (_, kind, _) in SCALARS.items()}
    for name, (leaf, _, _) in SCALARS.items():
        tree.Branch(name, cells[name], f"{name}/{leaf}")
    fixed = array.array("f", [0, 0, 0])
    tree.Branch("fixed", fixed, "fixed[3]/F")
    lists = {name: root.std.vector(kind)() for name, kind in LISTS.items()}
    for name, vector in lists.items():
        tree.Branch(name, vector)
    written: dict[str, Any] = {name: [] for name in (*SCALARS, "fixed", *LISTS)}
    for entry in range(ENTRIES):
        values: dict[str, Any] = {
            "event": 2**40 + 7 * entry,
            "run": 4_000_000_000 + entry,
            "flag": int(random.random() < 0.7),
            "charge": int(random.integers(-3, 4)),
            "quality": int(random.integers(0, 256)),
            "status": int(random.integers(-30_000, 30_000)),
            "njets": int(random.poisson(2)),
            "long": -(2**60) + entry,
            "pt": float(random.exponential(40.0)),
            "weight": float(random.normal(1.0, 1.0)),
        }
        for name, value in values.items():
            cells[name][0] = value
            written[name].append(cells[name][0])
        for i in range(3):
            fixed[i] = entry + i
        written["fixed"].append(list(fixed))
        content: dict[str, list[Any]] = {
            "jets_pt": [float(np.float32(x)) for x in random.random(values["njets"])],
            "jets_id": [int(x) for x in random.integers(-5, 6, values["njets"])],
            "jets_tag": [bool(x) for x in random.random(values["njets"]) < 0.5],
        }
        for name, items in content.items():
            lists[name].clear()
            for item in items:
                lists[name].push_back(item)
            written[name].append(items)
        tree.Fill()
        if entry == 300:
            tree.AutoSave()  # leaves an older cycle of the tree in the file
    tree.Write()
    sums = root.TTree("sums", "")
    total = array.array("d", [1000.5])
    sums.Branch("total", total, "total/D")
    sums.Fill()
    sums.Write()
    file.Close()
    return written


def settings(path: Path) -> SkimSettings:
    file = NtupleFile(
        base="disk", path=path.name, identity=content_sample(path), entries=tree_entries(path)
    )
    late = WeightVariation(name="late_up", factor="weight", expression="1 + Entry$ / 8", sum=None)
    data_set = SkimDataSet(
        name="x",
        tree="nominal",
        files=[file],
        columns=[*SCALARS, "fixed", *LISTS],
        weight_variations=[late],
        tree_variations=[],
    )
    return SkimSettings(
        chunk="c0000",
        run="run",
        event="event",
        sum_of_weights=SumOfWeights(tree="sums", branch="total"),
        weight={
            "weight": "weight",
            "tag": "1 + 0.5 * Sum$(jets_tag)",
            "even": "Entry$ % 2 == 0 ? 1.5 : 0.25",
        },
        preselection=CUT,
        training="1",
        data_sets=[data_set],
    )


@pytest.mark.parametrize("compression", COMPRESSIONS.values(), ids=COMPRESSIONS)
def test_a_skim_of_roots_ntuple_holds_what_root_selects(
    root: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: int
) -> None:
    monkeypatch.setattr(skim_tree, "STEP", 130)
    path = tmp_path / "ntuple.root"
    written = write(root, path, compression)
    assert tree_entries(path) == {"nominal": ENTRIES, "sums": 1}
    told = settings(path)
    run_skim(told, {"disk": tmp_path}, tmp_path / "skim")

    file = root.TFile.Open(str(path))
    tree = file.Get("nominal")
    assert root.TTreeFormula("cut", CUT, tree).GetNdim() > 0
    size = tree.Draw(f"Entry$:{WEIGHT}:{VARIED}", CUT, "goff")
    assert 20 < size < ENTRIES
    rows = np.frombuffer(tree.GetV1(), dtype=np.float64, count=size).astype(np.int64)
    weights = np.frombuffer(tree.GetV2(), dtype=np.float64, count=size)
    varied = np.frombuffer(tree.GetV3(), dtype=np.float64, count=size)

    source = Skim([tmp_path / "skim"])
    own = ["n2mu_entry", "n2mu_run", "n2mu_event", "n2mu_weight", "n2mu_weight_late_up"]
    names = [*own, *told.data_sets[0].columns]
    found = source.table("x", "nominal", names)
    assert np.array_equal(found["n2mu_entry"], rows)
    # factors are multiplied in another order than ROOT does here
    assert found["n2mu_weight"] == pytest.approx(weights, rel=1e-15, abs=0)
    assert found["n2mu_weight_late_up"] == pytest.approx(varied, rel=1e-15, abs=0)
    assert found["n2mu_event"].dtype == found["n2mu_run"].dtype == np.int64
    assert found["n2mu_event"].tolist() == [written["event"][row] for row in rows]
    assert found["n2mu_run"].tolist() == [written["run"][row] for row in rows]
    for name, (_, _, dtype) in SCALARS.items():
        assert found[name].dtype == dtype
        assert found[name].tolist() == [written[name][row] for row in rows]
    for name in ("fixed", *LISTS):
        assert ak.to_list(found[name]) == [written[name][row] for row in rows]
    kinds = {name: str(found[name].type) for name in ("fixed", *LISTS)}
    assert kinds == {
        "fixed": f"{size} * 3 * float32",
        "jets_pt": f"{size} * var * float32",
        "jets_id": f"{size} * var * int32",
        "jets_tag": f"{size} * var * bool",
    }
    others = source.table("x", "training", ["n2mu_entry"])["n2mu_entry"]
    assert sorted([*rows, *others]) == list(range(ENTRIES))
    assert source.sum_of_weights("x") == 1000.5


def test_what_root_takes_for_a_text_is_refused_by_name(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "ntuple.root"
    file = root.TFile.Open(str(path), "RECREATE")
    tree = root.TTree("nominal", "")
    size, letters, marks = (
        array.array("i", [2]),
        array.array("b", [65, 66, 0]),
        root.std.vector("char")(),
    )
    marks.push_back("A")
    tree.Branch("n", size, "n/I")
    tree.Branch("letters", letters, "letters[n]/B")
    tree.Branch("marks", marks)
    tree.Fill()
    tree.Write()
    # a comparison with a text is what this type means to ROOT
    assert tree.GetEntries('letters == "AB"') == 1
    file.Close()
    wanted = settings(path)
    bare = wanted.data_sets[0].model_copy(update={"weight_variations": [], "columns": ["marks"]})
    told = wanted.model_copy(
        update={
            "run": None,
            "event": None,
            "sum_of_weights": SumOfWeights(entries=True),
            "weight": {"mark": "marks[0] == 65"},
            "preselection": "n > 0",
            "data_sets": [bare],
        }
    )
    run_skim(told, {"disk": tmp_path}, tmp_path / "skim")
    found = Skim([tmp_path / "skim"]).table("x", "nominal", ["marks", "n2mu_weight"])
    assert (ak.to_list(found["marks"]), found["n2mu_weight"].tolist()) == ([[65]], [1.0])
    for changed, use in (
        ({"preselection": "letters[0] > 60"}, "the preselection"),
        (
            {"data_sets": [bare.model_copy(update={"columns": ["letters"]})]},
            "a region, sample, feature or observable",
        ),
    ):
        with pytest.raises(InputError) as caught:
            run_skim(told.model_copy(update=changed), {"disk": tmp_path}, tmp_path / "skim")
        assert f"branch 'letters' of tree 'nominal' (needed by {use}) is an array of char" in str(
            caught.value
        )
