"""Exported models give the same scores in onnxruntime."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from n2mu.config.features import Feature
from n2mu.config.models import Classifier
from n2mu.data.matrix import pack
from n2mu.data.scaling import Scaler
from n2mu.errors import TrainingError
from n2mu.models.registry import ARCHITECTURES
from n2mu.models.trees import BoostedTrees
from n2mu.training.checkpoint import load, new_network, save
from n2mu.training.onnx import export_onnx
from n2mu.training.settings import TrainSettings

NETWORKS = sorted(a for a, kind in ARCHITECTURES.items() if not issubclass(kind, BoostedTrees))


def model(directory: Path, architecture: str, **changes: Any) -> Any:
    told = TrainSettings(
        model="toy",
        fold=0,
        folds=3,
        classes=["ttH", "ttW", "tt"],
        signal_class="ttH",
        classifier=Classifier.model_validate(
            {"architecture": architecture, "validation_region": "SR", "epochs": 1, **changes}
        ),
        features={
            "x": Feature(missing=[-99.0]),
            "y": Feature(),
            "charge": Feature(kind="categorical", values=[-1, 1], missing=[0]),
        },
        training_selection="1",
        validation_selection="1",
        samples=[],
    )
    torch.manual_seed(1)
    scaler = Scaler(np.array([50.0, -2.0], np.float32), np.array([20.0, 3.0], np.float32))
    path = directory / "model.pt"
    save(path, told, scaler, new_network(told).state_dict())
    return load(path, "cpu")


def events(size: int) -> dict[str, Any]:
    random = np.random.default_rng(1)
    x = random.normal(50, 20, size)
    return {
        "x": np.where(random.random(size) < 0.3, -99.0, x),
        "y": random.normal(-2, 3, size),
        "charge": random.choice([-1, 0, 1], size),
    }


@pytest.mark.parametrize("architecture", [*NETWORKS, "binary", "ensemble"])
def test_an_exported_model_gives_the_same_scores(tmp_path: Path, architecture: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "binary": {"formulation": "binary"},
        "ensemble": {"seeds": [1, 2]},
    }
    kind = architecture if architecture in NETWORKS else "mlp"
    trained = model(tmp_path, kind, **changes.get(architecture, {}))
    export_onnx(trained, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for size in (1, 300):
        columns = events(size)
        packed = pack(columns, trained.features, size)
        inputs = {"continuous": packed.continuous, "categorical": packed.categorical}
        (scores,) = session.run(["probabilities"], inputs)
        assert scores.dtype == np.float32
        assert scores == pytest.approx(trained.predict(columns, size), abs=1e-5)


def test_trees_are_not_exported(tmp_path: Path) -> None:
    trained = model(tmp_path, "xgboost")
    with pytest.raises(TrainingError, match="'toy' is made of trees"):
        export_onnx(trained, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
