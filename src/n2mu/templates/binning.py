"""Bin edges of a region."""

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError

FloatArray = npt.NDArray[np.float64]


def quantile_edges(values: FloatArray, weights: FloatArray, bins: int, region: str) -> FloatArray:
    """Return edges between which the summed weights are equal.

    Events of equal value share a bin; an edge lies at the value whose lower
    side holds what is closest to its share, so that with positive weights each
    edge is off by at most half of what has one value.

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
    distinct, where = np.unique(values, return_inverse=True)
    summed = np.cumsum(np.bincount(where, weights))
    shares = total * np.arange(1, bins) / bins
    # signed weights make the running sum fall in places; its running maximum never does
    reached = np.searchsorted(np.maximum.accumulate(summed), shares)
    reached = np.minimum(reached, len(distinct) - 1)
    below = np.where(reached > 0, summed[reached - 1], 0.0)
    cuts = np.where(shares - below < summed[reached] - shares, reached, reached + 1)
    # an edge beyond the last value would leave its bin empty
    cuts = np.minimum(cuts, len(distinct) - 1)
    edges = np.concatenate([distinct[:1], distinct[cuts], distinct[-1:]])
    if np.any(np.diff(edges) <= 0):
        raise TemplateError(
            f"region '{region}': the observable has too few distinct values for {bins} quantiles; "
            "give explicit edges"
        )
    return edges
