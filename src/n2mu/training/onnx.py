"""Models for programs without PyTorch: the ONNX format."""

import io
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from n2mu.errors import TrainingError
from n2mu.models.trees import BoostedTrees
from n2mu.products import atomic_file
from n2mu.training.checkpoint import TrainedModel
from n2mu.training.validation import probabilities

OPSET = 18


class _WithScaling(nn.Module):
    """Network with scaling before and probabilities after."""

    mean: Tensor
    std: Tensor

    def __init__(self, model: TrainedModel) -> None:
        super().__init__()
        self.network = model.network
        self.register_buffer("mean", torch.from_numpy(model.scaler.mean))
        self.register_buffer("std", torch.from_numpy(model.scaler.std))

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        return probabilities(self.network((continuous - self.mean) / self.std, categorical))


def export_onnx(model: TrainedModel, path: Path) -> None:
    """Write a model as ONNX, atomically.

    Its inputs are ``continuous``, float32 [events, columns] as
    :func:`n2mu.data.matrix.pack` makes them, not scaled, with NaN for missing,
    and ``categorical``, int64 [events, features]; its output ``probabilities``
    is float32 [events, classes].

    Parameters
    ----------
    model
        A network; it must lie on the CPU.

    Raises
    ------
    TrainingError
        If the model is made of trees or tells objects apart.
    """
    if model.settings.labels is not None:
        raise TrainingError(
            f"model '{model.name}' has labels per object, whose scores are not exported; "
            "export a model of classes of events"
        )
    if any(isinstance(part, BoostedTrees) for part in model.network.modules()):
        raise TrainingError(
            f"model '{model.name}' is made of trees, which ONNX has no such operation for; "
            "write their library's own format, or export a network"
        )
    categorical = [f for f in model.features.values() if f.kind == "categorical"]
    # two events: of one, an operation could take the number of events for a constant
    inputs = (
        torch.zeros(2, model.scaler.mean.size),
        torch.zeros(2, len(categorical), dtype=torch.int64),
    )
    names = ["continuous", "categorical"]
    buffer: Any = io.BytesIO()
    with warnings.catch_warnings():
        # the newer exporter needs onnxscript; the tracer warns of branches on shapes that are fixed
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*trace might not generalize.*")
        torch.onnx.export(
            _WithScaling(model).eval(),
            inputs,
            buffer,
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=["probabilities"],
            dynamic_axes={name: {0: "events"} for name in (*names, "probabilities")},
        )
    with atomic_file(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
