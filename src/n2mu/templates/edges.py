"""The bins of a region as its binning asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n2mu.config.regions import Binning
from n2mu.errors import TemplateError
from n2mu.templates.binning import (
    Binned,
    explicit_binning,
    merge_few_effective,
    quantile_binning,
    uniform_binning,
)
from n2mu.templates.histogram import bin_indices, fill
from n2mu.templates.transfo import Rule, fine_histogram, transfo_binning

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Expected events of a region, from which its bins are chosen.

    Attributes
    ----------
    values, weights, is_signal
        Observable, signed weight and kind [events].
    """

    values: FloatArray
    weights: FloatArray
    is_signal: npt.NDArray[np.bool_]

    @classmethod
    def join(cls, parts: Sequence["Candidates"]) -> "Candidates":
        """Return the events of all parts."""
        if not parts:
            return cls(np.empty(0), np.empty(0), np.empty(0, dtype=np.bool_))
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.is_signal for part in parts]),
        )


def given_edges(binning: Binning) -> Binned | None:
    """Return the bins that need no event, or none if events choose them."""
    if binning.edges is not None:
        return explicit_binning(binning.edges)
    if binning.uniform is not None:
        uniform = binning.uniform
        return uniform_binning(uniform.bins, uniform.low, uniform.high)
    return None


def chosen_edges(binning: Binning, candidates: Candidates, region: str) -> Binned:
    """Return the bins that expected events choose, poor ones merged if that is asked for.

    Raises
    ------
    TemplateError
        If no bins can be chosen; it names the key in ``regions.yaml``.
    """
    try:
        return _chosen(binning, candidates, region)
    except TemplateError as error:
        raise TemplateError(
            f"regions.yaml: regions.{region}.binning.{binning.kind}: {error}"
        ) from None


def _chosen(binning: Binning, candidates: Candidates, region: str) -> Binned:
    values, weights, is_signal = candidates.values, candidates.weights, candidates.is_signal
    if binning.quantiles is not None:
        binned = quantile_binning(values, weights, binning.quantiles, region)
    else:
        rule: Rule = "transfo_d" if binning.transfo_d is not None else "transfo_f"
        parameters = binning.transfo_d or binning.transfo_f
        assert parameters is not None
        fine = fine_histogram(values, weights, is_signal, region)
        binned = transfo_binning(rule, fine, parameters.signal, parameters.background, region)
    if binning.least_effective_events is None:
        return binned
    background = ~is_signal
    held = fill(bin_indices(values[background], binned.edges), weights[background], binned.bins)
    least = binning.least_effective_events
    return merge_few_effective(binned, held.sumw, held.sumw2, least, region)
