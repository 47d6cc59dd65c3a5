"""Friend trees and templates in ROOT's hands.

The ntuples are written by ROOT, in several compressions; what ROOT reads from
the friends, entry by entry, must be the scores of the Parquet product.
"""

import array
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from n2mu.config.features import Feature
from n2mu.config.inputs import SumOfWeights
from n2mu.config.models import Classifier
from n2mu.data.scaling import Scaler
from n2mu.inputs.identity import NtupleFile, content_sample
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.scoring.stage import run_score
from n2mu.skim.settings import SkimDataSet, SkimSettings
from n2mu.skim.stage import run_skim
from n2mu.templates.histogram import Template, write_root
from n2mu.training.checkpoint import new_network, save
from n2mu.training.settings import TrainSettings

FOLDS = 3
FILES = {
    # path: (compression of ROOT, entries per tree)
    "a/one.root": (505, {"nominal": 400, "JES_up": 350}),  # ZSTD
    "a/two.root": (404, {"nominal": 150, "JES_up": 160}),  # LZ4
    "a/three.root": (101, {"nominal": 260, "JES_up": 0}),  # ZLIB
    "shared.root": (0, {"nominal": 90, "loose": 120}),
}
DATA_SETS = {
    # data set: (files, nominal tree, varied trees)
    "ttH.a": (["a/one.root", "a/two.root", "a/three.root"], "nominal", ["JES_up"]),
    "tt.a": (["shared.root"], "nominal", []),
    "ttW.a": (["shared.root"], "loose", []),
}


def write_ntuple(root: Any, path: Path, compression: int, trees: dict[str, int], seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    file = root.TFile.Open(str(path), "RECREATE", "", compression)
    event, x, y = array.array("Q", [0]), array.array("f", [0]), array.array("d", [0])
    for name, entries in trees.items():
        tree = root.TTree(name, name)
        tree.Branch("eventNumber", event, "eventNumber/l")
        tree.Branch("x", x, "x/F")
        tree.Branch("y", y, "y/D")
        numbers = 10_000_000_000 * seed + random.permutation(10 * max(entries, 1))
        for entry in range(entries):
            event[0], x[0], y[0] = int(numbers[entry]), random.normal(), random.normal()
            tree.Fill()
        tree.Write()
    file.Close()


def save_fold(path: Path, fold: int) -> Path:
    told = TrainSettings(
        model="toy",
        fold=fold,
        folds=FOLDS,
        classes=["sig", "bkg"],
        signal_class="sig",
        classifier=Classifier(
            architecture="mlp",
            parameters={"layers": 1, "width": 8},
            validation_region="SR",
            epochs=1,
        ),
        features={"x": Feature(), "y": Feature()},
        training_selection="1",
        validation_selection="1",
        samples=[],
    )
    with torch.random.fork_rng():
        torch.manual_seed(fold)
        state = new_network(told).state_dict()
    save(path, told, Scaler(np.zeros(2, np.float32), np.ones(2, np.float32)), state)
    return path


class Chunk:
    """Ntuples of ROOT, skimmed and scored."""

    def __init__(self, root: Any, path: Path) -> None:
        self.base, self.friends = path / "ntuples", path / "friends"
        self.scores = path / "scores" / "c0"
        for seed, (name, (compression, trees)) in enumerate(FILES.items(), start=1):
            write_ntuple(root, self.base / name, compression, trees, seed)
        members: dict[str, dict[str, Any]] = {
            name: {
                "tree": tree,
                "tree_variations": varied,
                "files": [self._listed(f) for f in files],
            }
            for name, (files, tree, varied) in DATA_SETS.items()
        }
        skim = SkimSettings(
            chunk="c0",
            run=None,
            event="eventNumber",
            sum_of_weights=SumOfWeights(entries=True),
            weight={},
            preselection="x > 0.3",
            training="1",
            data_sets=[
                SkimDataSet(name=name, columns=["x", "y"], weight_variations=[], **entry)
                for name, entry in members.items()
            ],
        )
        run_skim(skim, {"mc": self.base}, path / "skim" / "c0")
        score = ScoreSettings(
            chunk="c0",
            event="eventNumber",
            models=["toy"],
            data_sets=[ScoredDataSet(name=name, **entry) for name, entry in members.items()],
        )
        models = {"toy": [save_fold(path / f"fold{k}.pt", k) for k in range(FOLDS)]}
        bases = {"mc": self.base}
        run_score(score, path / "skim" / "c0", models, bases, self.scores, self.friends, "cpu")

    def _listed(self, name: str) -> NtupleFile:
        identity = content_sample(self.base / name)
        return NtupleFile(base="mc", path=name, identity=identity, entries=None)

    def expected(self, data_set: str, tree: str, column: str) -> np.ndarray:
        """Return a score for every entry of all files, -99 where Parquet has none."""
        files, nominal, _ = DATA_SETS[data_set]
        kind = "nominal" if tree == nominal else tree
        table = pq.read_table(self.scores / data_set / f"{kind}.parquet")
        index, entry, score = (
            table.column(name).to_numpy() for name in ("n2mu_file", "n2mu_entry", column)
        )
        parts = []
        for i, name in enumerate(files):
            full = np.full(FILES[name][1][tree], -99.0, dtype=np.float32)
            full[entry[index == i]] = score[index == i]
            parts.append(full)
        return np.concatenate(parts)


@pytest.fixture(scope="module")
def chunk(root: Any, tmp_path_factory: pytest.TempPathFactory) -> Chunk:
    return Chunk(root, tmp_path_factory.mktemp("friends"))


def drawn(tree: Any, expression: str, entries: int) -> np.ndarray:
    """Return what ``TTree::Draw`` computes for every entry, in double precision."""
    tree.SetEstimate(entries + 1)
    assert tree.Draw(expression, "", "goff") == entries
    values = tree.GetV1()
    return np.array([values[i] for i in range(entries)])


TREES = [
    ("ttH.a", "nominal"),
    ("ttH.a", "JES_up"),
    ("tt.a", "nominal"),
    ("ttW.a", "loose"),
]


@pytest.mark.parametrize(("data_set", "tree"), TREES)
def test_a_friend_of_one_file_has_the_scores_of_the_parquet(
    root: Any, chunk: Chunk, data_set: str, tree: str
) -> None:
    path = DATA_SETS[data_set][0][0]
    entries = FILES[path][1][tree]
    file = root.TFile.Open(str(chunk.base / path))
    ntuple = file.Get(tree)
    assert ntuple.AddFriend(tree, str(chunk.friends / "mc" / path))
    for column in ("toy_sig", "toy_bkg"):
        expected = chunk.expected(data_set, tree, column)[:entries]
        np.testing.assert_array_equal(drawn(ntuple, column, entries), expected)
        assert 0 < (expected == -99).sum() < entries
    # the numbers exceed 2^32; a double holds them exactly
    assert (drawn(ntuple, "n2mu_eventNumber - eventNumber", entries) == 0).all()
    assert drawn(ntuple, "n2mu_eventNumber", entries).min() >= 1e10
    scored = ntuple.GetEntries("x > 0.3")
    assert ntuple.GetEntries("toy_sig >= 0 && x > 0.3") == ntuple.GetEntries("toy_sig >= 0")
    assert scored == ntuple.GetEntries("toy_sig >= 0") > 0
    file.Close()


@pytest.mark.parametrize("tree", ["nominal", "JES_up"])
def test_chains_of_ntuples_and_friends_join_entry_by_entry(
    root: Any, chunk: Chunk, tree: str
) -> None:
    ntuples, friends = root.TChain(tree), root.TChain(tree)
    files = DATA_SETS["ttH.a"][0]
    for path in files:
        ntuples.Add(str(chunk.base / path))
        friends.Add(str(chunk.friends / "mc" / path))
    entries = sum(FILES[path][1][tree] for path in files)
    assert (ntuples.GetEntries(), friends.GetEntries()) == (entries, entries)
    ntuples.AddFriend(friends)
    for column in ("toy_sig", "toy_bkg"):
        expected = chunk.expected("ttH.a", tree, column)
        np.testing.assert_array_equal(drawn(ntuples, column, entries), expected)
    assert (drawn(ntuples, "n2mu_eventNumber - eventNumber", entries) == 0).all()


def test_a_data_frame_of_a_chain_with_friends_selects_by_score(root: Any, chunk: Chunk) -> None:
    ntuples, friends = root.TChain("nominal"), root.TChain("nominal")
    for path in DATA_SETS["ttH.a"][0]:
        ntuples.Add(str(chunk.base / path))
        friends.Add(str(chunk.friends / "mc" / path))
    ntuples.AddFriend(friends, "scores")
    frame = root.RDataFrame(ntuples).Filter("scores.toy_sig > 0.5")
    count, total = frame.Count(), frame.Sum["float"]("scores.toy_sig")
    expected = chunk.expected("ttH.a", "nominal", "toy_sig")
    chosen = expected[expected > 0.5]
    assert count.GetValue() == len(chosen) > 0
    assert total.GetValue() == pytest.approx(chosen.sum(), rel=1e-4)


def test_branches_have_the_promised_types(root: Any, chunk: Chunk) -> None:
    file = root.TFile.Open(str(chunk.friends / "mc" / "shared.root"))
    for name in ("nominal", "loose"):
        tree = file.Get(name)
        assert tree.ClassName() == "TTree"
        types = {leaf.GetName(): leaf.GetTypeName() for leaf in tree.GetListOfLeaves()}
        assert types == {
            "toy_sig": "Float_t",
            "toy_bkg": "Float_t",
            "n2mu_eventNumber": "Long64_t",
        }
    file.Close()


def test_templates_are_histograms_of_root_with_their_errors(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "templates.root"
    edges = {"SR": np.array([0.0, 0.25, 1.0, 4.0])}
    template = Template(np.array([1.5, -0.25, 3e-6]), np.array([0.25, 2.0, 9e-12]), 7)
    write_root(path, edges, {("SR", "ttH", "JES_up"): template})
    file = root.TFile.Open(str(path))
    histogram = file.Get("SR/ttH/JES_up")
    assert histogram.ClassName() == "TH1D"
    assert histogram.GetSumw2N() == 5
    bins = range(1, 4)
    assert [histogram.GetBinContent(i) for i in bins] == template.sumw.tolist()
    found = [histogram.GetBinError(i) for i in bins]
    np.testing.assert_allclose(found, np.sqrt(template.sumw2), rtol=1e-15)
    assert [histogram.GetXaxis().GetBinLowEdge(i) for i in range(1, 5)] == edges["SR"].tolist()
    assert histogram.GetBinContent(0) == histogram.GetBinContent(4) == 0
    assert histogram.Integral() == pytest.approx(template.total)
    file.Close()
