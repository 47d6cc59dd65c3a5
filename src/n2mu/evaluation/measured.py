"""Numbers with their errors, as products hold them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.statistics.bootstrap import spread

Number = dict[str, float | None]


def measured(value: float, replicas: NDArray[np.float64]) -> Number:
    """Return a number and its error; what does not exist is None.

    Parameters
    ----------
    value
        Of all events; NaN where it does not exist.
    replicas
        The same of the replicas [replicas].
    """
    return {"value": number(value), "error": number(float(spread(replicas)))}


def number(value: float) -> float | None:
    """Return a finite number, or None."""
    return float(value) if np.isfinite(value) else None


def numbers(values: NDArray[np.float64]) -> Any:
    """Return an array as lists in which a number that does not exist is None."""
    if values.ndim == 0:
        return number(float(values))
    return [numbers(part) for part in values]
