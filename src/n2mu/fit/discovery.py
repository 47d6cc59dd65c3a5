"""Discovery significance and p-values, asymptotic and from pseudo-experiments.

Definitions: arXiv:1007.1727, eqs. 12 and 52-53; see `n2mu.fit.significance`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from n2mu.fit.asimov import asimov_data
from n2mu.fit.bestfit import best_fit
from n2mu.fit.ensemble import Ensemble, Failure, as_extreme, run_ensemble, share_error
from n2mu.fit.inference_settings import ToySettings
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.opened import OpenFit
from n2mu.fit.pseudo_experiments import truth
from n2mu.fit.significance import discovery_significance, expected_significance


@dataclass(frozen=True)
class Discovery:
    """A significance in standard deviations and its p-value."""

    significance: float
    p_value: float

    @classmethod
    def of(cls, significance: float) -> "Discovery":
        """Return the one-sided p-value of a significance."""
        return cls(significance, float(norm.sf(significance)))


@dataclass(frozen=True)
class ToyDiscovery:
    """A p-value from pseudo-experiments without signal.

    ``significance`` is None where none of them is as extreme, and 0 where all are.
    """

    p_value: float
    error: float
    significance: float | None
    reason: str = ""


def observed(opened: OpenFit) -> Discovery | None:
    """Return the observed significance; None for Asimov data.

    Raises
    ------
    FitError
        If the fit without signal fails.
    """
    if opened.dataset == "asimov":
        return None
    return Discovery.of(discovery_significance(opened.best))


def expected(opened: OpenFit, mu: float) -> Discovery:
    """Return the median significance of a signal, by Asimov data.

    Nuisance parameters are those fitted to the data with this signal strength; if the data are
    Asimov data themselves, the same as there.

    Raises
    ------
    FitError
        If a fit fails.
    """
    best = opened.best
    if opened.dataset != "asimov":
        return Discovery.of(expected_significance(best, mu))
    theta = truth(opened, mu)
    likelihood = asimov_data(best.likelihood, theta)
    return Discovery.of(discovery_significance(best_fit(likelihood, best.poi, theta)))


def toy_discoveries(
    opened: OpenFit, mu: float, toys: ToySettings
) -> tuple[ToyDiscovery | None, ToyDiscovery, FloatArray, FloatArray, list[Failure]]:
    """Return observed and expected p-values from pseudo-experiments.

    Returns
    -------
    observed
        None for Asimov data.
    expected
        Of the median test statistic with a signal of strength ``mu``.
    background, signal
        Test statistics of pseudo-experiments without and with signal.
    failures
        Pseudo-experiments that could not be fitted.

    Raises
    ------
    FitError
        If no pseudo-experiment could be fitted.
    """
    best = opened.best
    heights: list[FloatArray] = []
    failures: list[Failure] = []
    for stream, strength in enumerate((0.0, mu)):
        ensemble = Ensemble(best.likelihood, truth(opened, strength), best.poi, toys.seed, stream)
        found, failed = run_ensemble(_q_zero, ensemble, toys)
        heights.append(np.asarray(found))
        failures += failed
    background, signal = heights
    seen = None
    if opened.dataset != "asimov":
        seen = p_value(discovery_significance(best) ** 2, background)
    return seen, p_value(float(np.median(signal)), background), background, signal, failures


def _q_zero(ensemble: Ensemble, number: int) -> float:
    return ensemble.fit(number).q_zero()


def p_value(height: float, background: FloatArray) -> ToyDiscovery:
    """Return the share of pseudo-experiments [n] that are as extreme as a test statistic."""
    count = len(background)
    extreme = int(as_extreme(background, height).sum())
    share = extreme / count
    error = share_error(share, count)
    if extreme == 0:
        reason = f"none of {count} pseudo-experiments is as extreme: p < {3 / count:.2g} at 95 %"
        return ToyDiscovery(share, error, None, reason)
    # for mu <= 0 the test statistic is 0 and says nothing
    significance = max(float(norm.isf(share)), 0.0) if extreme < count else 0.0
    return ToyDiscovery(share, error, significance)
