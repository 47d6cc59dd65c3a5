"""The learning rate over a training."""

import math

from n2mu.config.learning import Schedule


def learning_rate_factor(schedule: Schedule, progress: float, epochs: int) -> float:
    """Return the factor of the learning rate.

    Parameters
    ----------
    progress
        Epochs done, with the fraction of the present one.
    epochs
        Epochs of the whole training.
    """
    if progress < schedule.warmup_epochs:
        return progress / schedule.warmup_epochs
    if schedule.kind == "constant":
        return 1.0
    part = (progress - schedule.warmup_epochs) / (epochs - schedule.warmup_epochs)
    if schedule.kind == "exponential":
        return math.exp(part * math.log(schedule.final))
    return schedule.final + (1 - schedule.final) * 0.5 * (1 + math.cos(math.pi * part))
