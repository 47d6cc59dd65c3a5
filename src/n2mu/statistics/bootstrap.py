"""Errors of anything that is computed from weighted events, by the Poisson bootstrap."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

SEED = 20240419
"""The same for all models: the replicas of two models on the same events are the same."""

_AT_ONCE = 10_000_000  # weights in memory

Statistic = Callable[[NDArray[np.float64]], Mapping[str, NDArray[np.float64]]]
"""From weights [replicas, events] to named numbers [replicas, ...]."""


def bootstrap(
    statistic: Statistic, weight: NDArray[np.floating], replicas: int, seed: int = SEED
) -> dict[str, NDArray[np.float64]]:
    """Return what a statistic is in replicas of the sample.

    In a replica every event counts as often as a Poisson number of mean one
    says, the limit of drawing events with replacement: N. Chamandy and others,
    "Estimating uncertainty for massive data streams", Google (2012).  The total
    fluctuates with it, as the number of simulated events does.

    Parameters
    ----------
    statistic
        Is called with the weights of some replicas at a time.
    weight
        Signed weights [events].
    replicas
        How many.
    seed
        Of the Poisson numbers.

    Returns
    -------
    dict
        By name [replicas, ...].
    """
    random = np.random.default_rng(seed)
    block = max(1, min(replicas, _AT_ONCE // max(weight.size, 1)))
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for start in range(0, replicas, block):
        count = min(block, replicas - start)
        times = random.poisson(1.0, (count, weight.size))
        for name, values in statistic(times * weight).items():
            parts.setdefault(name, []).append(np.asarray(values, np.float64))
    return {name: np.concatenate(values) for name, values in parts.items()}


def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation over replicas of each number.

    Parameters
    ----------
    values
        [replicas, ...]; NaN in replicas in which the number does not exist.

    Returns
    -------
    array
        [...]; NaN where it does not exist in more than half of the replicas,
        or in all but one.
    """
    exists = np.isfinite(values)
    count = exists.sum(axis=0)
    enough = (count >= 2) & (2 * count >= values.shape[0])
    divisor = np.where(enough, count, 2)
    mean = np.where(exists, values, 0.0).sum(axis=0) / divisor
    squares = np.where(exists, (values - mean) ** 2, 0.0).sum(axis=0)
    return np.asarray(np.where(enough, np.sqrt(squares / (divisor - 1)), np.nan))
