"""Bin edges of a region."""

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError

FloatArray = npt.NDArray[np.float64]


def quantile_edges(values: FloatArray, weights: FloatArray, bins: int, region: str) -> FloatArray:
    """Return edges between which the summed weights are equal.

    Parameters
    ----------
    values, weights
        Observable and signed weight of all expected events [events].

    Returns
    -------
    ndarray
        Edges [bins + 1]; the outer ones are the smallest and largest value.

    Raises
    ------
    TemplateError
        If there is no expected yield, or too few distinct values.
    """
    total = float(weights.sum())
    if not total > 0:
        raise TemplateError(
            f"region '{region}': the expected yield is {total:g}, no quantiles can be chosen"
        )
    order = np.argsort(values, kind="stable")
    # signed weights make the running sum fall in places; its running maximum never does
    running = np.maximum.accumulate(np.cumsum(weights[order]))
    cuts = np.searchsorted(running, total * np.arange(1, bins) / bins)
    edges = np.concatenate([values[order[:1]], values[order[cuts]], values[order[-1:]]])
    if np.any(np.diff(edges) <= 0):
        raise TemplateError(
            f"region '{region}': the observable has too few distinct values for {bins} quantiles; "
            "give explicit edges"
        )
    return edges
