"""Standardisation of continuous features."""

from collections.abc import Iterable
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
    """Return the scaler of the training events.

    The events count equally: with weights, a few events of large weight would
    set the scale of all others.

    Parameters
    ----------
    continuous
        Training events [events, n_continuous]; NaN means missing and is left out.
    tied
        Columns that hold the same quantity and are scaled alike.

    Returns
    -------
    Scaler
        A feature that is constant has standard deviation 1, one that is
        missing everywhere mean 0 as well.
    """
    n_continuous = continuous.shape[1]
    mean = np.zeros(n_continuous, np.float32)
    std = np.ones(n_continuous, np.float32)
    together = [list(group) for group in tied]
    inside = {i for group in together for i in group}
    for i in [*([k] for k in range(n_continuous) if k not in inside), *together]:
        values = continuous[:, i]
        present = values[~np.isnan(values)].astype(np.float64)
        if present.size == 0:
            continue
        mean[i] = present.mean()
        if present.min() < present.max():
            std[i] = present.std()
    return Scaler(mean, std)
