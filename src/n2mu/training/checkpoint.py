"""The file of a trained model: everything that scoring needs, and no code."""

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor, nn

from n2mu.config.features import Feature
from n2mu.data.matrix import PackedEvents, branches_of, class_counts, continuous_features, pack
from n2mu.data.objects import collections
from n2mu.data.scaling import Scaler
from n2mu.errors import ConfigurationError, ProductError, TrainingError
from n2mu.losses.objects import object_log_probabilities
from n2mu.models.ensemble import Ensemble
from n2mu.models.layout import Layout, objects_of
from n2mu.models.registry import build
from n2mu.products import atomic_file
from n2mu.training.device import resolve_device
from n2mu.training.settings import TrainSettings
from n2mu.training.validation import predict_logits, probabilities

FORMAT = "n2mu model 1"
NO_OBJECT = -99.0
"""Score of an object that the event does not have."""


@dataclass(frozen=True)
class TrainedModel:
    """One model of one fold, ready to score.

    Attributes
    ----------
    fold
        The fold that the model may score.
    classes
        What the scores of an event are of, in their order: classes, or
        ``<label>_<i>`` for the labels of object ``i``.
    settings
        What the model was trained with.
    """

    name: str
    fold: int
    folds: int
    features: dict[str, Feature]
    classes: list[str]
    signal_class: str
    settings: TrainSettings
    scaler: Scaler
    network: nn.Module
    device: torch.device

    @property
    def columns(self) -> list[str]:
        """Branches that :meth:`predict` needs."""
        return branches_of(self.features)

    def predict(self, columns: Mapping[str, Any], size: int) -> NDArray[np.float32]:
        """Return the probability of each class, or of each label of each object.

        Parameters
        ----------
        columns
            Branches by name, each [events].
        size
            Number of events.

        Returns
        -------
        array
            float32 [events, scores]; -99 for an object that is not there.

        Raises
        ------
        InputError
            If a feature has a value that the model does not know.
        TrainingError
            If a feature or an output is NaN or infinite.
        """
        return self.score(pack(columns, self.features, size))

    def score(self, packed: PackedEvents) -> NDArray[np.float32]:
        """Return the same as :meth:`predict` for events that are packed already."""
        size = packed.continuous.shape[0]
        continuous = torch.from_numpy(self.scaler.apply(packed.continuous)).to(self.device)
        categorical = torch.from_numpy(packed.categorical).to(self.device)
        logits = predict_logits(self.network, continuous, categorical)
        scores: NDArray[np.float32] = self._scores(logits, continuous).float().cpu().numpy()
        bad = ~np.isfinite(scores).all(axis=1)
        if bad.any():
            raise TrainingError(
                f"model '{self.name}' fold {self.fold}: the output is NaN for {bad.sum()} of "
                f"{size} events; train it again with a lower learning rate"
            )
        return scores

    def _scores(self, logits: Tensor, continuous: Tensor) -> Tensor:
        labels = self.settings.labels
        if labels is None:
            return probabilities(logits)
        found = {c.name: c for c in collections(self.features)}[labels.collection]
        _, present = objects_of(continuous, found)
        of_objects = object_log_probabilities(logits, present, labels.softmax).exp()
        return of_objects.masked_fill(~present[:, :, None], NO_OBJECT).flatten(1)


def save(path: Path, settings: TrainSettings, scaler: Scaler, state: dict[str, Tensor]) -> None:
    """Write a model file, atomically; the same model gives the same bytes."""
    content = {
        "format": FORMAT,
        # NaN may be a missing code, which strict JSON cannot hold
        "settings": json.dumps(settings.model_dump()),
        "mean": torch.from_numpy(scaler.mean),
        "std": torch.from_numpy(scaler.std),
        "state": state,
    }
    # through memory: written to a path, the archive would hold the temporary name
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with atomic_file(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load(path: Path, device: str) -> TrainedModel:
    """Read a model file; no code in it is run.

    Parameters
    ----------
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ProductError
        If the file is missing, is no model or was written by another version.
    """
    where = resolve_device(device)
    content = _read(path)
    try:
        settings = TrainSettings.model_validate(json.loads(content["settings"]))
        network = new_network(settings)
        network.load_state_dict(content["state"])
    except (ValidationError, ConfigurationError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ProductError(
            f"{path}: written by another version of n2mu ({reason}); train the model again"
        ) from None
    return TrainedModel(
        name=settings.model,
        fold=settings.fold,
        folds=settings.folds,
        features=settings.features,
        classes=settings.scores,
        signal_class=settings.signal_class,
        settings=settings,
        scaler=Scaler(content["mean"].numpy(), content["std"].numpy()),
        network=network.to(where).eval(),
        device=where,
    )


def new_network(settings: TrainSettings) -> nn.Module:
    """Return the network that the settings describe, with fresh weights."""
    classifier = settings.classifier
    networks = [
        build(classifier.architecture, layout_of(settings), classifier.parameters)
        for _ in classifier.seeds or [classifier.seed]
    ]
    return networks[0] if classifier.seeds is None else Ensemble(networks)


def layout_of(settings: TrainSettings) -> Layout:
    """Return what the network is told of its inputs and outputs."""
    labels, found = settings.labels, collections(settings.features)
    categorical = [name for name, f in settings.features.items() if f.kind == "categorical"]
    counts = class_counts(settings.features)
    return Layout(
        continuous=continuous_features(settings.features),
        categorical=dict(zip(categorical, counts, strict=True)),
        classes=settings.targets,
        signal=settings.signal if labels is None else None,
        collections=found,
        labelled=None if labels is None else [c.name for c in found].index(labels.collection),
        outputs=1 if settings.classifier.formulation == "binary" else len(settings.targets),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ProductError(f"{path}: no such model; run n2mu train") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError):
        raise ProductError(f"{path}: not a model of n2mu; run n2mu train again") from None
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise ProductError(
            f"{path}: expected the format '{FORMAT}', got {found!r}; run n2mu train again"
        )
    return dict(content)
