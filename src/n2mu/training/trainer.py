"""The training loop: packed matrices on the device, one permutation per epoch."""

import logging
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from n2mu.config.models import Classifier
from n2mu.errors import TrainingError
from n2mu.losses.cross_entropy import cross_entropy
from n2mu.statistics.auc import NoRocError, weighted_auc
from n2mu.training.optimiser import AdamW

logger = logging.getLogger(__name__)

# 75 tokens of the 5-block FT-Transformer then need about 0.6 GB
INFERENCE_BATCH = 1024


@dataclass(frozen=True)
class Batch:
    """Events on a device.

    Attributes
    ----------
    continuous
        Standardised, float32 [events, n_continuous]; NaN means missing.
    categorical
        int64 [events, n_categorical].
    label
        int64 [events].
    weight
        Weight in the loss, float32 [events].
    """

    continuous: Tensor
    categorical: Tensor
    label: Tensor
    weight: Tensor

    def select(self, rows: Tensor) -> "Batch":
        """Return some of the events."""
        return Batch(
            self.continuous.index_select(0, rows),
            self.categorical.index_select(0, rows),
            self.label.index_select(0, rows),
            self.weight.index_select(0, rows),
        )


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave; the training loss is taken with dropout, while weights change."""

    train_loss: float
    validation_loss: float
    auc: float | None
    learning_rate: float


@dataclass(frozen=True)
class Training:
    """A finished training: the weights of the best epoch, counted from 0, and all epochs."""

    state: dict[str, Tensor]
    best_epoch: int
    epochs: list[Epoch]
    seconds: float


def predict_logits(model: nn.Module, continuous: Tensor, categorical: Tensor) -> Tensor:
    """Return the logits [events, classes], without dropout, in batches."""
    model.eval()
    with torch.inference_mode():
        parts = [
            model(c, k)
            for c, k in zip(
                torch.split(continuous, INFERENCE_BATCH),
                torch.split(categorical, INFERENCE_BATCH),
                strict=True,
            )
        ]
    return torch.cat(parts)


def train(
    model: nn.Module,
    training: Batch,
    validation: Batch,
    validation_weight: np.ndarray,
    *,
    signal: int,
    classifier: Classifier,
    name: str,
) -> Training:
    """Train a model and return the weights of the epoch of lowest validation loss.

    Parameters
    ----------
    model
        On the device of the events.
    training, validation
        The loss of the validation events is divided by their sum of weights.
    validation_weight
        Normalised signed weights [events] for the AUC of the signal class
        against all others.
    signal
        Index of the signal class.
    classifier
        Epochs, batch size, learning rate and weight decay.
    name
        Of model and fold, for messages.

    Raises
    ------
    TrainingError
        If a loss is NaN or infinite.
    """
    optimiser = AdamW(model, classifier)
    events = training.label.shape[0]
    is_signal = (validation.label == signal).cpu().numpy()
    epochs: list[Epoch] = []
    best_epoch = 0
    state: dict[str, Tensor] = {}
    seconds = 0.0
    for number in range(classifier.epochs):
        start = time.perf_counter()
        train_loss = _run_epoch(model, optimiser, training, classifier.batch_size) / events
        seconds += time.perf_counter() - start
        logits = predict_logits(model, validation.continuous, validation.categorical)
        validation_loss = _validation_loss(logits, validation)
        for what, loss in (("training", train_loss), ("validation", validation_loss)):
            if not math.isfinite(loss):
                raise TrainingError(
                    f"{name}: the {what} loss is {loss} in epoch {number + 1} of "
                    f"{classifier.epochs}; try a learning rate below {classifier.learning_rate:g}"
                )
        score = logits.softmax(1)[:, signal].cpu().numpy()
        auc = _auc(score, is_signal, validation_weight)
        if not epochs or validation_loss < epochs[best_epoch].validation_loss:
            best_epoch = number
            state = {key: value.cpu().clone() for key, value in model.state_dict().items()}
        epochs.append(Epoch(train_loss, validation_loss, auc, optimiser.learning_rate))
        logger.info(
            "%s: epoch %d of %d, loss %.5f, validation loss %.5f, AUC %s",
            name,
            number + 1,
            classifier.epochs,
            train_loss,
            validation_loss,
            "undefined" if auc is None else f"{auc:.4f}",
        )
    return Training(state, best_epoch, epochs, seconds)


def _run_epoch(model: nn.Module, optimiser: AdamW, training: Batch, batch_size: int) -> float:
    """Return the sum over the events of their loss."""
    model.train()
    device = training.label.device
    # summed on the device: reading it after every step would wait for the GPU each time
    total = torch.zeros((), dtype=torch.float64, device=device)
    permutation = torch.randperm(training.label.shape[0], device=device)
    for rows in torch.split(permutation, batch_size):
        batch = training.select(rows)
        optimiser.zero_grad()
        loss = cross_entropy(model(batch.continuous, batch.categorical), batch.label, batch.weight)
        torch.autograd.backward(loss)
        optimiser.step()
        total += loss.detach() * rows.shape[0]
    return float(total)


def _validation_loss(logits: Tensor, validation: Batch) -> float:
    mean = cross_entropy(logits.double(), validation.label, validation.weight.double())
    return float(mean / validation.weight.double().mean())


def _auc(score: np.ndarray, is_signal: np.ndarray, weight: np.ndarray) -> float | None:
    try:
        return weighted_auc(score, is_signal, weight)
    except NoRocError:
        return None
