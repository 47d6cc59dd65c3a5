"""Bins chosen from fine bins, merged from high to low score: TransfoD and TransfoF.

A bin is closed when what it holds of signal and background is worth one unit.
They make narrow bins where signal is and wide ones elsewhere.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError, counted
from n2mu.templates.binning import Binned

FloatArray = npt.NDArray[np.float64]
Rule = Literal["transfo_d", "transfo_f"]

FINE_BINS = 200
LEAST_EVENTS = 10
"""Simulated events in a fine bin."""
BACKGROUND_ERROR = 0.1
"""Relative MC error of the background that TransfoF asks of every bin."""


@dataclass(frozen=True)
class Fine:
    """Signal and background in fine bins.

    Attributes
    ----------
    edges
        [fine bins + 1].
    signal, background, background_sumw2
        Yields and sum of squared weights [fine bins].
    """

    edges: FloatArray
    signal: FloatArray
    background: FloatArray
    background_sumw2: FloatArray


def fine_histogram(
    values: FloatArray, weights: FloatArray, is_signal: npt.NDArray[np.bool_], region: str
) -> Fine:
    """Return signal and background in fine bins of equal numbers of simulated events.

    The bins follow the events and not the axis: a score that crowds at one
    end is as finely divided as one that is flat.

    Parameters
    ----------
    values, weights, is_signal
        Observable, signed weight and kind of all expected events [events].

    Raises
    ------
    TemplateError
        If all events have one value, or there are none.
    """
    bins = max(min(FINE_BINS, len(values) // LEAST_EVENTS), 1)
    ordered = np.sort(values)
    # an edge is the value of an event, so that events of one value are in one bin
    cuts = ordered[np.arange(1, bins) * len(ordered) // bins]
    edges = np.unique(np.concatenate([ordered[:1], cuts, ordered[-1:]]))
    if len(edges) < 2:
        raise TemplateError(
            f"region '{region}': the observable of its {len(values)} expected events has "
            f"{len(edges)} distinct values, no bins can be chosen; give explicit edges"
        )
    where = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)

    def summed(weight: FloatArray) -> FloatArray:
        return np.bincount(where, weight, minlength=len(edges) - 1).astype(np.float64)

    background = np.where(is_signal, 0.0, weights)
    return Fine(
        edges,
        summed(np.where(is_signal, weights, 0.0)),
        summed(background),
        summed(background**2),
    )


def transfo_binning(
    rule: Rule, fine: Fine, signal: float, background: float, region: str
) -> Binned:
    """Merge fine bins from high to low values.

    TransfoD closes a bin when ``Z = z_b n_b / N_b + z_s n_s / N_s`` exceeds 1,
    or one fine bin earlier if that was closer to 1.  TransfoF closes when ``Z =
    sqrt(z_b n_b / N_b) + sqrt(z_s sum s ln(1 + s / b))``, the sum over its fine
    bins, exceeds 1 and the relative MC error of its background is below 10 %.  What is
    left at the low end is a bin of its own if its Z is at least 1/2 (and, for
    TransfoF, its background is known as well), and joins its neighbour otherwise.
    TransfoD was introduced in the ATLAS search for VH(bb), JHEP 01 (2015) 069.

    Parameters
    ----------
    signal, background
        The parameters z_s and z_b: with TransfoD the most bins that signal and
        background are divided into.

    Raises
    ------
    TemplateError
        If signal or background has no positive yield.
    """
    total_signal, total_background = float(fine.signal.sum()), float(fine.background.sum())
    for name, total in (("signal", total_signal), ("background", total_background)):
        if not total > 0:
            raise TemplateError(
                f"region '{region}': the expected yield of {name} is {total:g}, "
                f"{rule} cannot choose bins; give explicit edges"
            )
    # weights are signed: what is below zero separates nothing
    s, b = np.maximum(fine.signal, 0.0), np.maximum(fine.background, 0.0)
    gain = s * np.log1p(np.divide(s, b, out=np.zeros(len(s)), where=b > 0))

    def size(low: int, high: int) -> float:
        """Return Z of the fine bins from low up to but not including high."""
        share = background * max(float(fine.background[low:high].sum()), 0.0) / total_background
        if rule == "transfo_d":
            return share + signal * max(float(fine.signal[low:high].sum()), 0.0) / total_signal
        return float(np.sqrt(share) + np.sqrt(signal * gain[low:high].sum()))

    def known(low: int, high: int) -> bool:
        held = float(fine.background[low:high].sum())
        error = float(np.sqrt(fine.background_sumw2[low:high].sum()))
        return rule == "transfo_d" or error < BACKGROUND_ERROR * held

    cuts = [len(s)]
    for low in range(len(s) - 1, 0, -1):
        high = cuts[-1]
        reached = size(low, high)
        if not (reached > 1 and known(low, high)):
            continue
        earlier = size(low + 1, high) if rule == "transfo_d" and low + 1 < high else -np.inf
        cuts.append(low + 1 if 1 - earlier < reached - 1 else low)
    left = size(0, cuts[-1])
    if len(cuts) > 1 and not (left >= 0.5 and known(0, cuts[-1])):
        cuts.pop()
    cuts.append(0)
    edges = fine.edges[cuts[::-1]]
    name = "TransfoD" if rule == "transfo_d" else "TransfoF"
    return Binned(
        edges,
        f"{counted(len(edges) - 1, 'bin')}: {name} with z_s = {signal:g}, z_b = {background:g} "
        f"closed {counted(len(cuts) - 2, 'time')} among {len(s)} fine bins, from high to low; "
        "the lowest bin has "
        f"Z = {size(0, cuts[-2]):.2f}",
    )
