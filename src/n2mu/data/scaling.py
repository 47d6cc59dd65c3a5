"""Standardisation of continuous features."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of each continuous feature, float32 [n_continuous]."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def apply(self, continuous: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``(x - mean) / std``, [events, n_continuous]; missing stays NaN."""
        scaled = continuous - self.mean
        scaled /= self.std
        return scaled


def fit_scaler(continuous: NDArray[np.float32], tied: Iterable[list[int]] = ()) -> Scaler:
    """Return the scaler of training events in memory; see :func:`scaler_of_parts`.

    Parameters
    ----------
    continuous
        Training events [events, n_continuous].
    """
    return scaler_of_parts(lambda: [continuous], continuous.shape[1], tied)


def scaler_of_parts(
    parts: Callable[[], Iterable[NDArray[np.float32]]],
    n_continuous: int,
    tied: Iterable[list[int]] = (),
) -> Scaler:
    """Return the scaler of the training events.

    The events count equally: with weights, a few events of large weight would
    set the scale of all others.

    Parameters
    ----------
    parts
        Returns the training events in parts [events, n_continuous], as often as
        it is called; NaN means missing and is left out.
    tied
        Columns that hold the same quantity and are scaled alike.

    Returns
    -------
    Scaler
        A feature that is constant has standard deviation 1, one that is
        missing everywhere mean 0 as well.
    """
    together = [list(group) for group in tied]
    inside = {i for group in together for i in group}
    groups = [*([k] for k in range(n_continuous) if k not in inside), *together]
    count, total, squares = np.zeros((3, len(groups)))
    low, high = np.full(len(groups), np.inf), np.full(len(groups), -np.inf)
    for part in parts():
        for g, columns in enumerate(groups):
            present = _present(part, columns)
            if present.size:
                count[g] += present.size
                total[g] += present.sum()
                low[g], high[g] = min(low[g], present.min()), max(high[g], present.max())
    mean_of = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    # about the mean, in a second pass: a difference of large sums would lose the spread
    for part in parts():
        for g, columns in enumerate(groups):
            squares[g] += ((_present(part, columns) - mean_of[g]) ** 2).sum()
    mean = np.zeros(n_continuous, np.float32)
    std = np.ones(n_continuous, np.float32)
    for g, columns in enumerate(groups):
        mean[columns] = mean_of[g]
        if low[g] < high[g]:
            std[columns] = np.sqrt(squares[g] / count[g])
    return Scaler(mean, std)


def _present(part: NDArray[np.float32], columns: list[int]) -> NDArray[np.float64]:
    """Return the values of some columns that are not missing."""
    values = part[:, columns]
    return values[~np.isnan(values)].astype(np.float64)
