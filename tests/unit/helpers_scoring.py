"""One chunk with all that scoring reads and writes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import uproot
from helpers_templates import (
    Columns,
    write_ntuple,
)

from n2mu.config.inputs import SumOfWeights
from n2mu.errors import (
    N2muError,
)
from n2mu.inputs.identity import NtupleFile, content_sample
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.scoring.stage import run_score
from n2mu.skim.settings import SkimDataSet, SkimSettings
from n2mu.skim.stage import run_skim

FOLDS = 3


MEMBERS = {
    # data set: (file, nominal tree, varied trees)
    "ttH.a": ("deep/ttH.root", "nominal", ["JES_up", "JES_down"]),
    "tt.a": ("shared.root", "nominal", []),
    "ttW.a": ("shared.root", "loose", []),
    "empty.a": ("empty.root", "nominal", []),
}


class Chunk:
    """One chunk on disk: ntuples, skim, models, scores, friends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.base = path / "ntuples"
        self.output = path / "scores" / "c0"
        self.friends = path / "friends"
        self.models = {"toy": [path / "models" / f"fold{k}" / "model.pt" for k in range(FOLDS)]}

    def file(self, data_set: str) -> NtupleFile:
        path = MEMBERS[data_set][0]
        identity = content_sample(self.base / path)
        return NtupleFile(base="mc", path=path, identity=identity, entries=None)

    def settings(self, **changes: Any) -> ScoreSettings:
        base = {
            "chunk": "c0",
            "event": "eventNumber",
            "models": ["toy"],
            "data_sets": [
                ScoredDataSet(name=name, tree=tree, tree_variations=varied, files=[self.file(name)])
                for name, (_, tree, varied) in MEMBERS.items()
            ],
        }
        return ScoreSettings.model_validate({**base, **changes})

    def skim(self, event: str | None = "eventNumber") -> None:
        settings = SkimSettings(
            chunk="c0",
            run=None,
            event=event,
            sum_of_weights=SumOfWeights(entries=True),
            weight={"generator": "w"},
            preselection="x > 0.5",
            training="x > 0",
            data_sets=[
                SkimDataSet(
                    name=name,
                    tree=tree,
                    files=[self.file(name)],
                    columns=["x", "y"],
                    weight_variations=[],
                    tree_variations=varied,
                )
                for name, (_, tree, varied) in MEMBERS.items()
            ],
        )
        run_skim(settings, {"mc": self.base}, self.path / "skim" / "c0")

    def score(self, **changes: Any) -> None:
        settings = changes.pop("settings", None) or self.settings(**changes)
        skim = self.path / "skim" / "c0"
        bases = {"mc": self.base}
        run_score(settings, skim, self.models, bases, self.output, self.friends, "cpu")

    def copy(self, path: Path) -> "Chunk":
        shutil.copytree(self.path, path, dirs_exist_ok=True)
        return Chunk(path)

    def rewrite(self, data_set: str, change: Callable[[Columns], Columns]) -> Path:
        """Write the ntuple of a data set again with its nominal tree changed."""
        name, tree, _ = MEMBERS[data_set]
        trees = read_trees(self.base / name)
        trees[tree] = change(trees[tree])
        write_ntuple(self.base / name, trees)
        return self.base / name


def read_trees(path: Path) -> dict[str, Columns]:
    with uproot.open(path) as file:
        return {name: file[name].arrays(library="np") for name in file.keys(cycle=False)}


def scored_table(chunk: Chunk, data_set: str, kind: str = "nominal") -> dict[str, Any]:
    table = pq.read_table(chunk.output / data_set / f"{kind}.parquet")
    return {name: table.column(name).to_numpy() for name in table.column_names}


def one_line(error: pytest.ExceptionInfo[N2muError], *parts: object) -> None:
    text = str(error.value)
    assert "\n" not in text
    for part in parts:
        assert str(part) in text
