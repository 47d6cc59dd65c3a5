"""Bin edges of a region: given, of equal yield, or chosen by what signal and background say.

Every way of binning returns its edges with one line that says how many bins there are and why.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError, counted
from n2mu.statistics.effective import effective_sums

FloatArray = npt.NDArray[np.float64]

_TIE = 1e-9
"""Of the yield of a bin: yields that are closer are equal but for rounding."""


@dataclass(frozen=True)
class Binned:
    """Chosen edges.

    Attributes
    ----------
    edges
        Strictly increasing [bins + 1].
    reason
        How many bins there are and why, in one line.
    """

    edges: FloatArray
    reason: str

    @property
    def bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1


def explicit_binning(edges: list[float]) -> Binned:
    """Return given edges."""
    return Binned(np.array(edges, np.float64), f"{counted(len(edges) - 1, 'bin')}: edges given")


def uniform_binning(bins: int, low: float, high: float) -> Binned:
    """Return edges of equal width from `low` to `high`."""
    reason = f"{counted(bins, 'bin')}: equal width from {low:g} to {high:g}"
    return Binned(np.linspace(low, high, bins + 1), reason)


def quantile_binning(values: FloatArray, weights: FloatArray, bins: int, region: str) -> Binned:
    """Return edges between which the expected yields are equal; see `quantile_edges`."""
    edges = quantile_edges(values, weights, bins, region)
    share = float(weights.sum()) / bins
    return Binned(
        edges, f"{counted(bins, 'bin')}: {share:.4g} expected events in each, as near as can be"
    )


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
    # where both are as close, rounding must not decide: another luminosity has the same edges
    tie = _TIE * total / bins
    cuts = np.where(shares - below < summed[reached] - shares - tie, reached, reached + 1)
    # an edge beyond the last value would leave its bin empty
    cuts = np.minimum(cuts, len(distinct) - 1)
    edges = np.concatenate([distinct[:1], distinct[cuts], distinct[-1:]])
    if np.any(np.diff(edges) <= 0):
        raise TemplateError(
            f"region '{region}': the observable has too few distinct values for {bins} quantiles; "
            "give explicit edges"
        )
    return edges


def few_effective(sumw: FloatArray, sumw2: FloatArray, least: float) -> list[int]:
    """Return the bins whose yield is worth fewer than `least` unweighted events.

    Parameters
    ----------
    sumw, sumw2
        Yields and sums of squared weights [bins]; a yield at or below zero is worth none.
    """
    return [int(i) for i in np.flatnonzero(effective_sums(sumw, sumw2) < least)]


def merge_few_effective(
    binned: Binned, sumw: FloatArray, sumw2: FloatArray, least: float, region: str
) -> Binned:
    """Merge bins until every one is worth at least `least` unweighted events.

    The poorest bin is merged with the poorer of its neighbours, again and again.

    Parameters
    ----------
    sumw, sumw2
        Yields and sums of squared weights [bins] in the bins of `binned`.

    Raises
    ------
    TemplateError
        If all bins together are worth less.
    """
    poor = few_effective(sumw, sumw2, least)
    if not poor:
        return binned
    starts = list(range(binned.bins))
    while True:
        effective = effective_sums(np.add.reduceat(sumw, starts), np.add.reduceat(sumw2, starts))
        worst = int(np.argmin(effective))
        if effective[worst] >= least:
            break
        if len(starts) == 1:
            raise TemplateError(
                f"region '{region}': all its simulated events are worth {effective[0]:.3g} "
                f"unweighted ones, at least {least:g} are asked for in each bin; lower "
                "'least_effective_events' or widen the selection"
            )
        left = effective[worst - 1] if worst > 0 else np.inf
        right = effective[worst + 1] if worst + 1 < len(starts) else np.inf
        del starts[worst if left <= right else worst + 1]
    edges = np.append(binned.edges[starts], binned.edges[-1])
    lowest = float(effective_sums(sumw, sumw2)[poor].min())
    numbers = ", ".join(str(i + 1) for i in poor)
    found = f"bin {numbers}" if len(poor) == 1 else f"bins {numbers}"
    return Binned(
        edges,
        f"{counted(len(starts), 'bin')}, merged from {binned.bins} because {found} had fewer than "
        f"{least:g} effective events (the poorest {lowest:.3g}); before, {binned.reason}",
    )
