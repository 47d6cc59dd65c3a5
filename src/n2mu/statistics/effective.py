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
