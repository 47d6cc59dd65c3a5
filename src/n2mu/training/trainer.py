"""The training loop: packed matrices on the device, one permutation per epoch."""

import logging
import math
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from n2mu.config.models import Classifier
from n2mu.errors import TrainingError
from n2mu.progress import watched
from n2mu.training.batch import TrainingSource
from n2mu.training.interruption import Interruption
from n2mu.training.objective import Objective
from n2mu.training.optimiser import AdamW
from n2mu.training.schedule import learning_rate_factor
from n2mu.training.settings import TrainSettings
from n2mu.training.state import Checkpoint, Epoch, Progress, random_state, set_random_state
from n2mu.training.validation import (
    Measured,
    ValidationEvents,
    figure_of_merit,
    predict_logits,
)

logger = logging.getLogger(__name__)

_PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Training:
    """A finished training.

    Attributes
    ----------
    state
        The weights of the best epoch.
    best_epoch
        Counted from 0.
    seconds
        Spent in training steps, by epoch; of trees, which grow at once, one number.
    """

    state: dict[str, Tensor]
    best_epoch: int
    epochs: list[Epoch]
    seconds: list[float]


class Trainer:
    """Trains a model and keeps the weights of its best epoch.

    Parameters
    ----------
    model
        On the device of the events.
    training, validation
        The events.
    settings
        Of the training.
    name
        Of model and fold, for messages.
    checkpoint
        Where the state goes when the training is interrupted, and comes from.
    interruption
        What may interrupt it.
    """

    def __init__(
        self,
        model: nn.Module,
        training: TrainingSource,
        validation: ValidationEvents,
        *,
        settings: TrainSettings,
        name: str,
        checkpoint: Checkpoint,
        interruption: Interruption,
    ) -> None:
        self.model = model
        self.training = training
        self.validation = validation
        self.settings = settings
        self.classifier = settings.classifier
        self.name = name
        self.checkpoint = checkpoint
        self.interruption = interruption
        self.device = validation.batch.label.device
        self.optimiser = AdamW(model, self.classifier)
        self.objective = Objective(settings, by_stages=getattr(model, "loss", "") == "pairwise")
        self.progress = Progress()
        self.forward = torch.compile(model) if self.classifier.compile else model

    def run(self) -> Training:
        """Train, from where an interrupted training of the same settings and events stopped.

        Raises
        ------
        TrainingError
            If a loss is NaN or infinite, no epoch can be called the best, or the
            training was interrupted.
        """
        classifier = self.classifier
        found = self.checkpoint.read(self.model, self.optimiser)
        random = None
        if found is not None:
            self.progress, random = found
            epoch, steps = len(self.progress.epochs) + 1, self.progress.steps
            logger.info("%s: going on after step %d of epoch %d", self.name, steps, epoch)
        with self.interruption.listening():
            while len(self.progress.epochs) < classifier.epochs:
                self._train_epoch(random)
                random = None
                if self._enough():
                    break
        progress = self.progress
        if progress.best_epoch is None:
            raise without_best_epoch(self.name, classifier)
        return Training(progress.best_state, progress.best_epoch, progress.epochs, progress.seconds)

    def _train_epoch(self, random: list[Tensor] | None) -> None:
        progress = self.progress
        number = len(progress.epochs)
        if random is None:
            progress.order, progress.steps = random_state(), 0
            progress.seconds.append(0.0)
            progress.total = torch.zeros((), dtype=torch.float64, device=self.device)
        else:
            set_random_state(progress.order)
        start = time.perf_counter()
        size = self.classifier.batch_size
        batches = self.training.batches(size, progress.steps)
        if random is not None:
            set_random_state(random)
        steps = -(-self.training.events // size)
        rate = self._learning_rate(number + progress.steps / steps)
        assert progress.total is not None
        # summed on the device: reading it after every step would wait for the GPU each time
        total = progress.total.to(self.device)
        self.model.train()
        what = f"{self.name}: epoch {number + 1} of {self.classifier.epochs}"
        for batch in watched(batches, logger, what, "steps", steps - progress.steps):
            rate = self._learning_rate(number + (progress.steps + 1) / steps)
            self.optimiser.zero_grad()
            with self._arithmetic():
                output = self.forward(batch.continuous, batch.categorical)
            loss = self.objective.of_batch(output, batch, number)
            self.optimiser.backward(loss)
            self.optimiser.step(rate)
            total += loss.detach() * batch.label.shape[0]
            progress.steps += 1
            if (reason := self.interruption.reason) is not None:
                progress.total = total.cpu()
                progress.seconds[-1] += time.perf_counter() - start
                self.checkpoint.write(progress, self.model, self.optimiser)
                raise TrainingError(
                    f"{self.name}: stopped by {reason} after step {progress.steps} of {steps} in "
                    f"epoch {number + 1}; run the same again, it goes on from there "
                    f"({self.checkpoint.path})"
                )
        train_loss = float(total) / self.training.events
        progress.seconds[-1] += time.perf_counter() - start
        self._finish_epoch(train_loss, rate)

    def _finish_epoch(self, train_loss: float, rate: float) -> None:
        progress = self.progress
        number = len(progress.epochs)
        self._require_finite("training", train_loss)
        if not self.classifier.validates(number + 1):
            progress.epochs.append(Epoch(train_loss, rate))
            logger.info("%s, loss %.5f", self._where(), train_loss)
            return
        events = self.validation.batch
        with self._arithmetic():
            logits = predict_logits(self.model, events.continuous, events.categorical).float()
        measured = self.validation.measure(logits, self.objective, self.classifier)
        self._require_finite("validation", measured.loss)
        merit = figure_of_merit(measured, self.classifier, self.settings.signal_class)
        if merit is not None and (progress.best_merit is None or merit > progress.best_merit):
            progress.best_epoch, progress.best_merit = number, merit
            state = self.model.state_dict()
            progress.best_state = {key: value.cpu().clone() for key, value in state.items()}
        progress.epochs.append(
            Epoch(train_loss, rate, measured.loss, measured.auc, measured.significance)
        )
        log_epoch(f"{self._where()}, loss {train_loss:.5f}", measured, self.settings.signal_class)

    def _where(self) -> str:
        return f"{self.name}: epoch {len(self.progress.epochs)} of {self.classifier.epochs}"

    def _enough(self) -> bool:
        """Return whether the best epoch is longer ago than the patience reaches."""
        patience, best = self.classifier.patience, self.progress.best_epoch
        done = len(self.progress.epochs)
        if patience is None or best is None or done - 1 - best < patience:
            return False
        logger.info("%s: no better epoch than %d in %d", self.name, best + 1, patience)
        return True

    def _learning_rate(self, progress: float) -> float:
        factor = learning_rate_factor(self.classifier.schedule, progress, self.classifier.epochs)
        return self.classifier.learning_rate * factor

    def _arithmetic(self) -> AbstractContextManager[Any]:
        precision = _PRECISIONS.get(self.classifier.precision)
        return nullcontext() if precision is None else torch.autocast(self.device.type, precision)

    def _require_finite(self, what: str, loss: float) -> None:
        if not math.isfinite(loss):
            number = len(self.progress.epochs) + 1
            raise TrainingError(
                f"{self.name}: the {what} loss is {loss} in epoch {number} of "
                f"{self.classifier.epochs}; try a learning rate below "
                f"{self.classifier.learning_rate:g}"
            )


def without_best_epoch(name: str, classifier: Classifier) -> TrainingError:
    """Return the error of a training none of whose epochs can be called the best."""
    return TrainingError(
        f"{name}: no epoch has a {classifier.best_epoch}, since signal or background of the "
        "validation events has no positive sum of weights; loosen region "
        f"'{classifier.validation_region}', or set best_epoch: loss"
    )


def log_epoch(start: str, measured: Measured, signal: str) -> None:
    """Log one validated epoch."""
    if signal not in measured.auc:
        areas = [f"{name} {_shown(auc, 4)}" for name, auc in measured.auc.items()]
        logger.info("%s, validation loss %.5f, AUC %s", start, measured.loss, ", ".join(areas))
        return
    logger.info(
        "%s, validation loss %.5f, AUC %s, significance %s",
        start,
        measured.loss,
        _shown(measured.auc[signal], 4),
        _shown(measured.significance, 3),
    )


def _shown(value: float | None, digits: int) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"
