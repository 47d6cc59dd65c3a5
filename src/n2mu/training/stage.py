"""The training stage: skims in, one model file and its history out."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch

from n2mu.data.scaling import Scaler, fit_scaler
from n2mu.errors import TrainingError
from n2mu.products import write_json
from n2mu.skim.read import Skim
from n2mu.training.checkpoint import new_network, save
from n2mu.training.device import resolve_device
from n2mu.training.events import Events, EventSource, read_events
from n2mu.training.settings import TrainSettings
from n2mu.training.trainer import Batch, Training, train
from n2mu.training.weighting import choose_evenly, class_factors

logger = logging.getLogger(__name__)


def run_train(
    settings: TrainSettings, skim: list[Path], output: Path, history: Path, device: str
) -> None:
    """Train one model of one fold.

    Parameters
    ----------
    skim
        Directories ``skim/<chunk>``.
    output
        ``model.pt``.
    history
        ``history.json``: losses and AUC per epoch, what the model was trained on.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    TrainingError
        If the events cannot train the model, or the loss is not finite;
        nothing is written then.
    """
    train_from(settings, Skim(skim), output, history, device)


def train_from(
    settings: TrainSettings, source: EventSource, output: Path, history: Path, device: str
) -> None:
    """Train on the events of any source; otherwise as :func:`run_train`."""
    where = resolve_device(device)
    name = f"model '{settings.model}' fold {settings.fold}"
    classifier = settings.classifier
    n_classes = len(settings.classes)
    training, validation = read_events(source, settings)
    if classifier.max_events is not None:
        rows = choose_evenly(training.event, training.label, n_classes, classifier.max_events)
        training = training.take(rows)
    try:
        factors = class_factors(training.label, training.weight, settings.classes)
    except TrainingError as error:
        raise TrainingError(f"{name}: {error}") from None
    _check_validation(name, validation, settings)
    scaler = fit_scaler(training.packed.continuous)

    torch.manual_seed(classifier.seed)
    network = new_network(settings).to(where)
    logger.info(
        "%s: %d training and %d validation events, %d parameters, on %s",
        name,
        training.label.size,
        validation.label.size,
        sum(parameter.numel() for parameter in network.parameters()),
        where,
    )
    result = train(
        network,
        _to_device(training, scaler, factors, where),
        _to_device(validation, scaler, factors, where),
        validation.weight,
        signal=settings.classes.index(settings.signal_class),
        classifier=classifier,
        name=name,
    )
    save(output, settings, scaler, result.state)
    write_json(history, _history(settings, result, training, validation))


def _check_validation(name: str, validation: Events, settings: TrainSettings) -> None:
    present = np.bincount(validation.label, minlength=len(settings.classes))
    if not np.abs(validation.weight).sum() > 0:
        raise TrainingError(
            f"{name}: no event of non-zero weight in the validation fold passes the validation "
            f"selection; loosen region '{settings.classifier.validation_region}'"
        )
    for class_name, events in zip(settings.classes, present, strict=True):
        if events == 0:
            logger.warning(
                "%s: class '%s' has no validation events and does not enter the choice of the "
                "best epoch",
                name,
                class_name,
            )


def _to_device(events: Events, scaler: Scaler, factors: np.ndarray, device: torch.device) -> Batch:
    weight = (np.abs(events.weight) * factors[events.label]).astype(np.float32)
    return Batch(
        torch.from_numpy(scaler.apply(events.packed.continuous)).to(device),
        torch.from_numpy(events.packed.categorical).to(device),
        torch.from_numpy(events.label).to(device),
        torch.from_numpy(weight).to(device),
    )


def _history(
    settings: TrainSettings, result: Training, training: Events, validation: Events
) -> dict[str, Any]:
    return {
        "model": settings.model,
        "fold": settings.fold,
        "best_epoch": result.best_epoch,
        "epochs": [
            {
                "train_loss": epoch.train_loss,
                "validation_loss": epoch.validation_loss,
                "auc": epoch.auc,
                "learning_rate": epoch.learning_rate,
            }
            for epoch in result.epochs
        ],
        "training_events": _counts(training, settings.classes),
        "validation_events": _counts(validation, settings.classes),
        "timing": {
            "events_per_second": training.label.size * len(result.epochs) / result.seconds,
            "seconds": result.seconds,
        },
    }


def _counts(events: Events, classes: list[str]) -> dict[str, dict[str, float]]:
    """Return raw and weighted events per class, and the share of |weight| that is negative."""
    counts = {}
    for k, name in enumerate(classes):
        weight = events.weight[events.label == k]
        absolute = float(np.abs(weight).sum())
        negative = float(np.abs(weight[weight < 0]).sum())
        counts[name] = {
            "raw": weight.size,
            "weighted": float(weight.sum()),
            "negative_share": negative / absolute if absolute > 0 else 0.0,
        }
    return counts
