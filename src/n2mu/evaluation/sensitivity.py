"""The expected significance that a score gives."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.evaluation import Significance
from n2mu.evaluation.measured import Number, measured, numbers
from n2mu.statistics.bootstrap import bootstrap
from n2mu.statistics.significance import asimov_significance, binned_significance, threshold_scan

LEAST_EFFECTIVE_EVENTS = 10.0
"""A threshold that leaves less background than this promises what a few events say."""

MEASURES = ("s_over_sqrt_b", "asimov")


def sensitivity(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weights: NDArray[np.float64],
    fold: NDArray[np.integer],
    options: Significance,
    mass: NDArray[np.float64] | None,
    replicas: int,
) -> dict[str, Any]:
    """Return the significance above a threshold, and in bins of the score.

    The threshold that is best on some events is too good for them.  So each
    fold is cut at the threshold that is best on the other folds, and signal and
    background are added up: no event has a say in its own cut.

    Parameters
    ----------
    score
        [events]; high means signal.
    is_signal
        [events].
    weights
        Signed weights, expected events [events].
    fold
        Of each event [events].
    options
        The bins.
    mass
        Whose window is counted in each bin [events], or none.
    replicas
        Number of bootstrap replicas for the errors; thresholds stay.

    Returns
    -------
    dict
        ``s_over_sqrt_b`` and ``asimov``: ``value`` and ``error`` as above, and
        ``threshold`` with ``maximum``, the best of all events.  ``binned``: bins
        of equal signal in quadrature.  ``scan``: expected events and
        significance above 100 thresholds.  A threshold above which fewer than
        ``least_effective_events`` of background are left is not taken.
    """
    scan = threshold_scan(score, is_signal, weights)
    result: dict[str, Any] = {
        "least_effective_events": LEAST_EFFECTIVE_EVENTS,
        "scan": {name: numbers(values) for name, values in scan.items()},
    }
    of_others = {
        int(k): threshold_scan(score[fold != k], is_signal[fold != k], weights[fold != k])
        for k in np.unique(fold)
    }
    for measure in MEASURES:
        best = _best(scan, measure)
        result[measure] = _by_folds(
            score, is_signal, weights, fold, of_others, measure, replicas
        ) | {
            "threshold": None if best is None else float(scan["threshold"][best]),
            "maximum": None if best is None else float(scan[measure][best]),
        }

    def binned(weight: NDArray[np.float64]) -> float:
        found = binned_significance(score, is_signal, weight, options.bins, mass, options.quantiles)
        return np.nan if found is None else found

    varied = bootstrap(lambda w: {"z": np.asarray([binned(row) for row in w])}, weights, replicas)
    result["binned"] = measured(binned(weights), varied["z"]) | {"bins": options.bins}
    return result


def _best(scan: dict[str, NDArray[np.float64]], measure: str) -> int | None:
    """Return the index of the best threshold, none if there is none to be taken."""
    allowed = scan["effective_background"] >= LEAST_EFFECTIVE_EVENTS
    values = np.where(allowed & np.isfinite(scan[measure]), scan[measure], -np.inf)
    return int(np.argmax(values)) if np.isfinite(values).any() else None


def _by_folds(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weights: NDArray[np.float64],
    fold: NDArray[np.integer],
    of_others: dict[int, dict[str, NDArray[np.float64]]],
    measure: str,
    replicas: int,
) -> Number:
    """Return the significance with each fold cut at the best threshold of the others."""
    passing = np.zeros(score.size, np.bool_)
    for k, scan in of_others.items():
        best = _best(scan, measure)
        if best is None:
            return {"value": None, "error": None}
        passing |= (fold == k) & (score >= scan["threshold"][best])
    kinds = np.stack([passing & is_signal, passing & ~is_signal], axis=1).astype(np.float64)

    def value(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        signal, background = np.moveaxis(weight @ kinds, -1, 0)
        exists = background > 0
        b = np.where(exists, background, 1.0)
        found = (
            signal / np.sqrt(b) if measure == "s_over_sqrt_b" else asimov_significance(signal, b)
        )
        return np.where(exists, found, np.nan)

    varied = bootstrap(lambda w: {"z": value(w)}, weights, replicas)["z"]
    return measured(float(value(weights[None])[0]), varied)
