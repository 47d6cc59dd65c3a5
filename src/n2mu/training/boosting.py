"""Trees: grown at once, judged round by round."""

import logging
import time

from n2mu.models.trees import BoostedTrees
from n2mu.training.batch import Batch
from n2mu.training.objective import Objective
from n2mu.training.settings import TrainSettings
from n2mu.training.state import Epoch
from n2mu.training.trainer import Training, log_epoch, without_best_epoch
from n2mu.training.validation import ValidationEvents, figure_of_merit

logger = logging.getLogger(__name__)


def boost(
    model: BoostedTrees,
    training: Batch,
    validation: ValidationEvents,
    *,
    settings: TrainSettings,
    name: str,
) -> Training:
    """Grow trees and keep the rounds up to the best one.

    An epoch is a round: its losses are those of all trees up to it.

    Parameters
    ----------
    name
        Of model and fold, for messages.

    Raises
    ------
    TrainingError
        If the library refuses the weights, or no round can be called the best.
    """
    classifier = settings.classifier
    objective = Objective(settings)
    label = training.label
    if model.n_classes == 1:
        label = (label == settings.signal).long()
    columns = model.columns(training.continuous, training.categorical)
    start = time.perf_counter()
    trees = model.grow(
        columns.cpu().numpy(),
        label.cpu().numpy(),
        training.weight.double().cpu().numpy(),
        rounds=classifier.epochs,
        learning_rate=classifier.learning_rate,
        seed=classifier.seed,
    )
    seconds = time.perf_counter() - start
    model.plant(trees)
    both = (training, validation.batch)
    logits = [model.baseline.expand(events.label.shape[0], -1).clone() for events in both]
    epochs: list[Epoch] = []
    best: int | None = None
    best_merit = 0.0
    for number in range(classifier.epochs):
        for total, events in zip(logits, both, strict=True):
            total += model.after_round(number, events.continuous, events.categorical)
        train_loss = objective.of_events(logits[0], training)
        if not classifier.validates(number + 1):
            epochs.append(Epoch(train_loss, classifier.learning_rate))
            continue
        measured = validation.measure(logits[1], objective, classifier)
        merit = figure_of_merit(measured, classifier, settings.signal_class)
        if merit is not None and (best is None or merit > best_merit):
            best, best_merit = number, merit
        epochs.append(
            Epoch(
                train_loss,
                classifier.learning_rate,
                measured.loss,
                measured.auc,
                measured.significance,
            )
        )
        start_of_line = f"{name}: round {number + 1} of {classifier.epochs}, loss {train_loss:.5f}"
        log_epoch(start_of_line, measured, settings.signal_class)
        patience = classifier.patience
        if patience is not None and best is not None and number - best >= patience:
            break
    if best is None:
        raise without_best_epoch(name, classifier)
    model.prune(best + 1)
    state = {key: value.cpu().clone() for key, value in model.state_dict().items()}
    return Training(state, best, epochs, [seconds])
