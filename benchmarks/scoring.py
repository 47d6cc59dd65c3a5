"""Scoring from Parquet to friend trees beside the forward passes of the network alone.

One ntuple of as many features as config/tth has, every event of it scored by the model of its
fold. The bare forward passes begin with scaled matrices in memory, in the same batches.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import uproot

from benchmarks.timing import interleaved, one_core, print_table
from n2mu.config.features import Feature
from n2mu.config.inputs import SumOfWeights
from n2mu.config.models import Classifier
from n2mu.data.folds import fold_of
from n2mu.data.matrix import pack
from n2mu.data.scaling import fit_scaler
from n2mu.inputs.identity import NtupleFile, content_sample
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.scoring.stage import run_score
from n2mu.skim.read import Skim
from n2mu.skim.settings import SkimDataSet, SkimSettings
from n2mu.skim.stage import run_skim
from n2mu.training.checkpoint import TrainedModel, load, new_network, save
from n2mu.training.settings import TrainSettings
from n2mu.training.validation import predict_logits

REPEATS = 7
DEVICE = os.environ.get("N2MU_BENCH_DEVICE", "cpu")
CLOCK = time.perf_counter if DEVICE == "cuda" else time.process_time
FOLDS = 5
NUMBERS, CATEGORIES = 69, 28
CLASSES = ["ttH", "ttW", "ttZ", "tt", "VV", "other"]
FEATURES = {f"x{i}": Feature(missing=[-99.0]) for i in range(NUMBERS)} | {
    f"k{j}": Feature(kind="categorical", values=[0, 1, 2]) for j in range(CATEGORIES)
}
MODELS: dict[str, tuple[dict[str, Any], int]] = {
    # options of the FT-Transformer, and events that are scored
    "1 block of width 16 (ftt_small)": ({"blocks": 1, "width": 16}, 20_000),
    "3 blocks of width 64": ({"blocks": 3, "width": 64}, 5_000),
}


def main() -> None:
    """Print the table."""
    logging.getLogger("n2mu").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    rows = []
    with one_core(), tempfile.TemporaryDirectory() as scratch:
        for number, (name, (parameters, events)) in enumerate(MODELS.items()):
            tasks = prepared(Path(scratch) / str(number), parameters, events)
            for task in tasks.values():
                task()  # warm-up
            seconds, _ = interleaved(tasks, dict.fromkeys(tasks, REPEATS), CLOCK)
            whole, bare = seconds["whole"], seconds["bare"]
            rows.append([name, f"{events:,}", f"{bare:.2f}", f"{whole:.2f}", f"{whole / bare:.2f}"])
    columns = ["FT-Transformer", "events", "bare forward passes [s]", "scoring [s]", "ratio"]
    features = f"{NUMBERS} continuous and {CATEGORIES} categorical features"
    print_table(f"Scoring from Parquet to friend trees, {features}, {DEVICE}", columns, rows)


def prepared(
    directory: Path, parameters: dict[str, Any], events: int
) -> dict[str, Callable[[], None]]:
    """Write ntuple, skim and models; return what is measured."""
    ntuple = directory / "ntuples" / "a.root"
    ntuple.parent.mkdir(parents=True)
    random = np.random.default_rng(1)
    columns: dict[str, np.ndarray] = {"eventNumber": np.arange(events)}
    columns |= {f"x{i}": random.normal(size=events).astype(np.float32) for i in range(NUMBERS)}
    columns |= {f"k{j}": random.integers(0, 3, events) for j in range(CATEGORIES)}
    with uproot.recreate(ntuple) as file:
        file.mktree("nominal", {name: values.dtype for name, values in columns.items()})
        file["nominal"].extend(columns)
    listed = NtupleFile(base="mc", path="a.root", identity=content_sample(ntuple), entries=None)
    skim_settings = SkimSettings(
        chunk="c0",
        run=None,
        event="eventNumber",
        sum_of_weights=SumOfWeights(entries=True),
        weight={},
        preselection="1",
        training="1",
        data_sets=[
            SkimDataSet(
                name="a",
                tree="nominal",
                files=[listed],
                columns=list(FEATURES),
                weight_variations=[],
                tree_variations=[],
            )
        ],
    )
    bases = {"mc": ntuple.parent}
    skim = directory / "skim" / "c0"
    run_skim(skim_settings, bases, skim)
    table = Skim([skim]).table("a", "nominal", ["n2mu_event", *FEATURES])
    fold = fold_of(table["n2mu_event"], FOLDS)
    packed = pack(table, FEATURES, events)
    scaler = fit_scaler(packed.continuous)
    paths = []
    for k in range(FOLDS):
        told = settings(k, parameters)
        paths.append(directory / f"fold{k}.pt")
        save(paths[-1], told, scaler, new_network(told).state_dict())
    asked = ScoreSettings(
        chunk="c0",
        event="eventNumber",
        models=["bench"],
        data_sets=[ScoredDataSet(name="a", tree="nominal", tree_variations=[], files=[listed])],
    )
    parts = []
    for k, path in enumerate(paths):
        of_fold = fold == k
        numbers = torch.from_numpy(scaler.apply(packed.continuous[of_fold]))
        classes = torch.from_numpy(packed.categorical[of_fold])
        model = load(path, DEVICE)
        parts.append((model, numbers.to(model.device), classes.to(model.device)))

    def whole() -> None:
        scores = directory / "scores" / "c0"
        run_score(asked, skim, {"bench": paths}, bases, scores, directory / "friends", DEVICE)

    return {"whole": whole, "bare": lambda: forward(parts)}


def settings(fold: int, parameters: dict[str, Any]) -> TrainSettings:
    classifier = Classifier(
        architecture="ft_transformer", parameters=parameters, validation_region="SR", epochs=1
    )
    return TrainSettings(
        model="bench",
        fold=fold,
        folds=FOLDS,
        classes=CLASSES,
        signal_class="ttH",
        classifier=classifier,
        features=FEATURES,
        training_selection="1",
        validation_selection="1",
        samples=[],
    )


def forward(parts: list[tuple[TrainedModel, torch.Tensor, torch.Tensor]]) -> None:
    for model, numbers, classes in parts:
        predict_logits(model.network, numbers, classes)
    if DEVICE == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
