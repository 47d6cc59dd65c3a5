"""How many unweighted events weighted ones are worth."""

import numpy as np
from numpy.typing import NDArray


def effective_events(weight: NDArray[np.floating]) -> float:
    """Return ``(sum w)^2 / sum w^2``: the unweighted events of equal relative uncertainty.

    Parameters
    ----------
    weight
        Signed weights [events]; none, or only zeros, are worth no event.
    """
    weight = weight.astype(np.float64)
    squares = float(np.sum(weight**2))
    return float(np.sum(weight)) ** 2 / squares if squares > 0 else 0.0


def effective_sums(sumw: NDArray[np.float64], sumw2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(sum w)^2 / sum w^2`` of each bin; 0 where the yield is not positive.

    Parameters
    ----------
    sumw, sumw2
        Sums of weights and of squared weights [bins].
    """
    known = (sumw > 0) & (sumw2 > 0)
    ratio = np.divide(sumw**2, sumw2, out=np.zeros(len(sumw)), where=known)
    return np.asarray(ratio)
