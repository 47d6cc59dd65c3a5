"""Training and validation events of one job: in memory, or on disk where they do not fit."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xxhash

from n2mu.config.architectures import grown
from n2mu.data.matrix import class_counts, continuous_features
from n2mu.data.objects import collections
from n2mu.data.scaling import Scaler, fit_scaler
from n2mu.errors import TrainingError
from n2mu.training.batch import Batch, ResidentEvents
from n2mu.training.choice import Chooser, Shares, shares
from n2mu.training.events import Events, EventSource, read_events, training_events
from n2mu.training.prepare import Weighting, batch_of, weighting_of
from n2mu.training.settings import TrainSettings
from n2mu.training.stream import FeatureFile, StreamedEvents, stream_scaler

logger = logging.getLogger(__name__)

SCALARS = 60
"""Bytes per event besides features: label, weights, event number, row."""


@dataclass(frozen=True)
class Sources:
    """What a training passes over.

    Attributes
    ----------
    training, validation
        The events that are used; those of training without features, which the source has.
    content
        Digest of the training events.
    """

    training: Events
    validation: Events
    weighting: Weighting
    scaler: Scaler
    source: ResidentEvents | StreamedEvents
    content: str


@contextmanager
def sources(
    events: EventSource, settings: TrainSettings, device: torch.device, scratch: Path
) -> Iterator[Sources]:
    """Yield the events of a training.

    Parameters
    ----------
    scratch
        Where the features go that do not fit into memory; removed at the end.

    Raises
    ------
    TrainingError
        If the events cannot train the model.
    """
    tied = [columns for c in collections(settings.features) for columns in c.tied()]
    share = _share(events, settings)
    chooser = Chooser(settings, share)
    needed, allowed = _bytes_needed(events, settings, share), _bytes_allowed(settings, device)
    if needed <= allowed:
        training, validation = read_events(events, settings, chooser.take)
        weighting = weighting_of(training, settings)
        scaler = fit_scaler(training.packed.continuous, tied)
        batch = batch_of(training, settings, scaler, weighting, device, training=True)
        source = ResidentEvents(batch)
        training = training.without_features()  # which are in the batch
        yield Sources(training, validation, weighting, scaler, source, content_of(batch))
        return
    sizes = f"{needed / 1e9:.3g} GB of training events, {allowed / 1e9:.3g} GB may be used"
    if settings.classifier.architecture in grown():
        raise TrainingError(
            f"{sizes}, and trees need all of them at once; raise memory_gb, or set fraction"
        )
    logger.info("%s: their features pass from disk in every epoch", sizes)
    n_continuous = len(continuous_features(settings.features))
    file = FeatureFile(scratch, n_continuous, len(class_counts(settings.features)))
    try:
        training, validation = read_events(events, settings, lambda e: file.take(chooser.take(e)))
        file.close()
        weighting = weighting_of(training, settings)
        scaler = stream_scaler(file, tied)
        # the features are not here, so there is nothing to scale
        none = Scaler(np.empty(0, np.float32), np.empty(0, np.float32))
        cpu = torch.device("cpu")
        scalars = batch_of(training, settings, none, weighting, cpu, training=True)
        streamed = StreamedEvents(file, scalars, scaler, device)
        content = f"{content_of(scalars)} {file.content.hexdigest()}"
        yield Sources(training, validation, weighting, scaler, streamed, content)
    finally:
        file.remove()


def content_of(batch: Batch) -> str:
    """Return a digest of events."""
    content = xxhash.xxh3_128()
    for tensor in batch.tensors():
        if tensor is not None:
            content.update(tensor.cpu().numpy().tobytes())
    return content.hexdigest()


def _share(events: EventSource, settings: TrainSettings) -> Shares | None:
    """Return which events are kept of those that can be used; none: all."""
    classifier = settings.classifier
    most = classifier.max_events
    if classifier.fraction == 1 and (most is None or most >= _rows(events, settings)):
        return None
    return shares(training_events(events, settings), settings)


def _rows(events: EventSource, settings: TrainSettings) -> int:
    """Return an upper limit of the number of training events."""
    data_sets = {sample.data_set for sample in settings.samples}
    return sum(events.rows(name, kind) for name in data_sets for kind in ("nominal", "training"))


def _bytes_needed(events: EventSource, settings: TrainSettings, share: Shares | None) -> int:
    """Return an upper limit of the size of the training events that are used."""
    rows = _rows(events, settings) if share is None else share.events
    event = 4 * len(continuous_features(settings.features)) + 8 * len(
        class_counts(settings.features)
    )
    if settings.labels is not None:
        event += 2 * settings.features[settings.labels.collection].length
    return rows * (event + SCALARS)


def _bytes_allowed(settings: TrainSettings, device: torch.device) -> float:
    allowed = settings.classifier.memory_gb * 1e9
    if device.type == "cuda":
        # the rest is for the network, its gradients and the batches on their way
        allowed = min(allowed, 0.6 * torch.cuda.mem_get_info(device)[0])
    return allowed
