"""The training stage: skims in, one model file and its history out."""

import logging
from pathlib import Path

import numpy as np
import torch

from n2mu.errors import TrainingError
from n2mu.models.trees import BoostedTrees
from n2mu.products import digest, write_json
from n2mu.skim.read import Skim
from n2mu.training.absence import why_absent
from n2mu.training.batch import ResidentEvents
from n2mu.training.boosting import boost
from n2mu.training.checkpoint import new_network, save
from n2mu.training.device import resolve_device
from n2mu.training.events import Events, EventSource
from n2mu.training.history import history_of
from n2mu.training.interruption import Interruption
from n2mu.training.prepare import validation_of
from n2mu.training.settings import TrainSettings
from n2mu.training.source import content_of, sources
from n2mu.training.state import Checkpoint
from n2mu.training.trainer import Trainer

logger = logging.getLogger(__name__)

UNFINISHED = "unfinished.pt"
"""Beside the model: the state of a training that was stopped."""


def run_train(
    settings: TrainSettings,
    skim: list[Path],
    output: Path,
    history: Path,
    device: str,
    time_limit: float | None = None,
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
    time_limit
        Seconds after which the training is stopped; the same call goes on from there.

    Raises
    ------
    TrainingError
        If the events cannot train the model, the loss is not finite, or the
        training was stopped; nothing is written then but, in the last case,
        ``unfinished.pt`` beside the output.
    """
    train_from(settings, Skim(skim), output, history, device, Interruption(time_limit))


def train_from(
    settings: TrainSettings,
    source: EventSource,
    output: Path,
    history: Path,
    device: str,
    interruption: Interruption | None = None,
) -> None:
    """Train on the events of any source; otherwise as :func:`run_train`."""
    where = resolve_device(device)
    name = f"model '{settings.model}' fold {settings.fold}"
    scratch = output.with_name("features.parquet")
    has_events = False
    try:
        with sources(source, settings, where, scratch) as found:
            _check_validation(found.validation, settings, name)
            has_events = True
            torch.manual_seed(settings.classifier.seed)
            network = new_network(settings).to(where)
            parameters = sum(parameter.numel() for parameter in network.parameters())
            logger.info(
                "%s: %d training and %d validation events, %d parameters, on %s",
                name,
                found.training.label.size,
                found.validation.label.size,
                parameters,
                where,
            )
            judged = validation_of(found.validation, settings, found.scaler, found.weighting, where)
            if isinstance(network, BoostedTrees) and isinstance(found.source, ResidentEvents):
                result = boost(network, found.source.all, judged, settings=settings, name=name)
            else:
                key = _key(settings, where, found.content, content_of(judged.batch))
                result = Trainer(
                    network,
                    found.source,
                    judged,
                    settings=settings,
                    name=name,
                    checkpoint=Checkpoint(output.with_name(UNFINISHED), key),
                    interruption=interruption or Interruption(),
                ).run()
    except TrainingError as error:
        text = str(error)
        absent = None if has_events else why_absent(source, settings)
        if absent is not None:
            raise TrainingError(f"{name}: {absent} ({text.split(';')[0]})") from None
        raise TrainingError(text if text.startswith(name) else f"{name}: {text}") from None
    save(output, settings, found.scaler, result.state)
    write_json(history, history_of(settings, result, found, parameters))
    output.with_name(UNFINISHED).unlink(missing_ok=True)


def _check_validation(validation: Events, settings: TrainSettings, name: str) -> None:
    region = settings.classifier.validation_region
    weight = np.where(validation.extra["scope"], validation.weight, 0.0)
    if not np.abs(weight).sum() > 0:
        raise TrainingError(
            "no event of non-zero weight in the validation fold passes the validation "
            f"selection; loosen region '{region}'"
        )
    if settings.labels is not None:
        return  # which classes have objects with labels is no matter
    present = np.bincount(validation.label, minlength=len(settings.classes))
    for class_name, events in zip(settings.classes, present, strict=True):
        if events == 0:
            logger.warning(
                "%s: class '%s' has no validation events and does not enter the choice of the "
                "best epoch",
                name,
                class_name,
            )


def _key(settings: TrainSettings, device: torch.device, *contents: str) -> str:
    """Return the digest of settings, device and all events."""
    told = settings.model_dump_json()
    return digest(f"{told} {torch.__version__} {device.type} {' '.join(contents)}", length=64)
