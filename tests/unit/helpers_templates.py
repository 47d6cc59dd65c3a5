"""Small skims, scores, models and ntuples, made by hand."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import uproot

from n2mu.config.features import Feature
from n2mu.config.kinds.sources import InputSource, TreeSource, WeightSource
from n2mu.config.models import Classifier
from n2mu.config.systematics import Systematics
from n2mu.data.scaling import Scaler
from n2mu.products import write_json
from n2mu.training.checkpoint import new_network, save
from n2mu.training.settings import TrainingSample, TrainSettings

Columns = dict[str, Any]
Tables = dict[str, dict[str, Columns]]
"""Columns by kind of table, by data set."""


def identifiers(first_event: int, size: int, index: int = 0) -> Columns:
    """Return the columns that every skim has; events are numbered from ``first_event``."""
    return {
        "n2mu_file": np.full(size, index, dtype=np.int32),
        "n2mu_entry": 2 * np.arange(size, dtype=np.int64),
        "n2mu_run": np.zeros(size, dtype=np.int64),
        "n2mu_event": first_event + np.arange(size, dtype=np.int64),
    }


def write_tables(directory: Path, tables: Tables) -> None:
    for data_set, kinds in tables.items():
        for kind, columns in kinds.items():
            path = directory / data_set / f"{kind}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(columns), path)


def hand_skim(
    directory: Path,
    tables: Tables,
    sums: Mapping[str, Mapping[str, float]],
    trees: Mapping[str, list[str]] | None = None,
) -> Path:
    """Write a skim of one file per data set.

    Parameters
    ----------
    directory
        ``skim/<chunk>``.
    sums
        Sums of weights by variation, by data set.
    trees
        Varied trees that the skim read, by data set; without it those that have a table.
    """
    write_tables(directory, tables)
    data_sets = {}
    for name, kinds in tables.items():
        varied = (trees or {}).get(name, [k for k in kinds if k not in ("nominal", "training")])
        file = {
            "base": "mc",
            "path": f"{directory.name}/{name}.root",
            "identity": "sample:0",
            "entries": dict.fromkeys(["nominal", *varied], 1000),
            "sums": dict(sums[name]),
        }
        data_sets[name] = {"files": [file], "cutflow": []}
    metadata = {"chunk": directory.name, "data_sets": data_sets, "settings": {"event": None}}
    write_json(directory / "metadata.json", metadata)
    return directory


def hand_scores(directory: Path, tables: Tables) -> Path:
    """Write scores without friend trees; ``tables`` are the skim's, with score columns."""
    keys = ("n2mu_file", "n2mu_entry", "n2mu_event")
    kept = {
        data_set: {
            kind: {n: v for n, v in columns.items() if n in keys or n.startswith("toy_")}
            for kind, columns in kinds.items()
        }
        for data_set, kinds in tables.items()
    }
    write_tables(directory, kept)
    manifest: dict[str, Any] = {"chunk": directory.name, "models": ["toy"], "friends": []}
    write_json(directory / "manifest.json", manifest)
    return directory


def told_of(name: str, entry: Mapping[str, Any], regions: Iterable[str]) -> dict[str, Any]:
    """A systematic as the templates job is told of it: everywhere, with one parameter of its name.

    Names of inputs are those of data sets.
    """
    samples = entry["samples"]
    given = {key: value for key, value in entry.items() if value is not None and key != "samples"}
    own = {"factor": "generator"} if entry["kind"] in ("weight", "set") else {}
    (definition,) = Systematics.model_validate(
        {"systematics": {name: {"group": "", **own, **given}}}
    ).systematics.values()
    filled: dict[str, dict[str, Any]] = {}
    for ending, source in definition.sources.items():
        match source:
            case WeightSource():
                filled[ending] = {"column": f"n2mu_weight_{name}_{ending}"}
            case TreeSource():
                filled[ending] = {"table": source.tree}
            case InputSource():
                filled[ending] = {"data_sets": source.inputs}
    return {
        "definition": definition,
        "samples": samples,
        "regions": list(regions),
        "parameters": {region: dict.fromkeys(samples, name) for region in regions},
        "filled": filled,
    }


def training(fold: int, folds: int, **changes: object) -> TrainSettings:
    base = {
        "model": "toy",
        "fold": fold,
        "folds": folds,
        "classes": ["sig", "bkg"],
        "signal_class": "sig",
        "classifier": Classifier(
            architecture="mlp",
            parameters={"layers": 1, "width": 8},
            validation_region="SR",
            epochs=1,
        ),
        "features": {
            "x": Feature(),
            "z": Feature(expression="x * y", missing=[float("nan")]),
        },
        "training_selection": "1",
        "validation_selection": "1",
        "samples": [
            TrainingSample(
                data_set="A",
                sample="A",
                training_class="sig",
                selection="1",
                luminosity=1.0,
                cross_section=1.0,
            )
        ],
    }
    return TrainSettings.model_validate({**base, **changes})


def save_folds(directory: Path, folds: int = 3, **changes: object) -> list[Path]:
    """Write an untrained model per fold, each with its own random weights."""
    paths = []
    for fold in range(folds):
        told = training(fold, folds, **changes)
        with torch.random.fork_rng():
            torch.manual_seed(fold)
            network = new_network(told)
        scaler = Scaler(np.zeros(2, np.float32), np.ones(2, np.float32))
        path = directory / f"fold{fold}" / "model.pt"
        save(path, told, scaler, network.state_dict())
        paths.append(path)
    return paths


def ntuple_columns(seed: int, first_event: int, size: int) -> Columns:
    random = np.random.default_rng(seed)
    return {
        "eventNumber": first_event + random.permutation(size).astype(np.uint64),
        "x": random.normal(size=size).astype(np.float32),
        "y": random.normal(size=size),
        "w": random.choice([-1.0, 1.0, 2.0], size),
    }


def write_ntuple(path: Path, trees: Mapping[str, Columns]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as file:
        for name, columns in trees.items():
            file.mktree(name, {branch: values.dtype for branch, values in columns.items()})
            file[name].extend(columns)
