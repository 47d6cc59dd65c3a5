r"""Upper limits on the signal strength with the CLs method, asymptotically.

The test statistic is :math:`\tilde q_\mu`.  With its value :math:`\tilde q_A` for background-only
Asimov data, :math:`s = \sqrt{\tilde q_A}` and
:math:`x = \sqrt{\tilde q_\mu} - s` for :math:`\tilde q_\mu \le \tilde q_A`, else
:math:`x = (\tilde q_\mu - \tilde q_A) / 2s`,

.. math:: CL_{s+b} = \Phi(-x - s), \quad CL_b = \Phi(-x), \quad CL_s = CL_{s+b} / CL_b

(arXiv:1007.1727, eqs. 65-66 and 89).  For a background that fluctuates by :math:`N` standard
deviations :math:`x = -N`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from n2mu.errors import FitError
from n2mu.fit.asimov import asimov_data, profiled_asimov
from n2mu.fit.bestfit import BestFit
from n2mu.fit.datafit import DataFit
from n2mu.fit.opened import OpenFit

BANDS = (-2, -1, 0, 1, 2)
"""Fluctuations of the background, in standard deviations."""

_PRECISION = 1e-6
_CURVE_POINTS = 41
_MAX_REFITS = 5


@dataclass(frozen=True)
class CurvePoint:
    """CLs at a signal strength; ``expected`` in the order of `BANDS`, None where a fit failed."""

    mu: float
    observed: float | None
    expected: tuple[float, ...] | None


@dataclass
class Limits:
    """Upper limits; None where the reason says why.

    Attributes
    ----------
    observed
        For the data.
    expected
        For a background that fluctuates, in the order of `BANDS`.
    reasons
        By "observed" or by band.
    curve
        CLs against the signal strength.
    """

    observed: float | None = None
    expected: list[float | None] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    curve: list[CurvePoint] = field(default_factory=list)


def log_cls(q: float, asimov_q: float) -> float:
    """Return ln CLs for a value of the test statistic and that of the Asimov data."""
    root, shift = sqrt(q), sqrt(asimov_q)
    x = root - shift if root <= shift else (q - asimov_q) / (2 * shift) if shift else np.inf
    return float(norm.logcdf(-x - shift) - norm.logcdf(-x))


def expected_log_cls(asimov_q: float, band: float) -> float:
    """Return ln CLs for a background that fluctuates by so many standard deviations."""
    return float(norm.logcdf(band - sqrt(asimov_q)) - norm.logcdf(band))


def background_only(opened: OpenFit) -> DataFit:
    """Return the fit of background-only Asimov data.

    Their nuisance parameters are those fitted to the data with mu = 0; if the data of the fit
    are Asimov data themselves, the same as there.

    Raises
    ------
    FitError
        If there are no such data.
    """
    best = opened.best
    if opened.dataset == "asimov":
        start = best.theta.copy()
        start[best.poi] = 0.0
        likelihood = asimov_data(best.likelihood, start)
    else:
        likelihood, start = profiled_asimov(best, 0.0)
    return DataFit(likelihood, best.poi, start)


def asymptotic_limits(opened: OpenFit, confidence: float) -> Limits:
    """Return observed and expected upper limits on the signal strength.

    Observed ones only if the data are no Asimov data.

    Parameters
    ----------
    confidence
        Confidence level, 0.95 for example.
    """
    best = opened.best
    data = DataFit(best.likelihood, best.poi, best.theta, best.minimum)
    background = background_only(opened)
    for _ in range(_MAX_REFITS):
        known = data.free, background.free
        limits = _limits(opened, data, background, 1 - confidence)
        if known == (data.free, background.free):
            return limits
    raise FitError("the likelihood has several minima and the fits do not settle on one")


def _limits(opened: OpenFit, data: DataFit, background: DataFit, level: float) -> Limits:
    limits = Limits()

    def observed(mu: float) -> float:
        return log_cls(data.q_tilde(mu), background.q_tilde(mu))

    start = _scale(opened.best, background)
    for band in BANDS:

        def expected(mu: float, band: int = band) -> float:
            return expected_log_cls(background.q_tilde(mu), band)

        limits.expected.append(_solve(expected, level, start, opened.best, limits, f"{band:+d}"))
    if opened.dataset == "asimov":
        limits.reasons["observed"] = "the data are Asimov data"
    else:
        first = max(data.mu, 0.0) + start
        limits.observed = _solve(observed, level, first, opened.best, limits, "observed")
    found = [limit for limit in (limits.observed, *limits.expected) if limit is not None]
    if found:
        axis = np.linspace(0.0, 1.15 * max(found), _CURVE_POINTS)
        with_data = opened.dataset != "asimov"
        limits.curve = [
            CurvePoint(
                mu=float(mu),
                observed=_value(observed, mu) if with_data else None,
                expected=_band(background, mu),
            )
            for mu in axis
        ]
    return limits


def _scale(best: BestFit, background: DataFit) -> float:
    sigma = float(best.covariance.uncertainty[best.poi])
    if not np.isfinite(sigma):
        trial = max(abs(background.mu), 1.0)
        sigma = trial / max(sqrt(background.q_tilde(trial)), 0.1)
    return 2 * sigma


def _solve(
    function: Callable[[float], float],
    level: float,
    start: float,
    best: BestFit,
    limits: Limits,
    name: str,
) -> float | None:
    """Return where ln CLs falls to the level."""
    bound = float(best.likelihood.model.parameters.upper[best.poi])
    goal = log(level)
    inside, outside = 0.0, min(start, bound)
    try:
        while function(outside) > goal:
            if outside >= bound:
                limits.reasons[name] = (
                    f"CLs is {exp(function(bound)):.3g} at the upper bound {bound:g} of"
                    " the signal strength; widen it"
                )
                return None
            inside, outside = outside, min(1.5 * outside, bound)
        return float(
            brentq(lambda mu: function(mu) - goal, inside, outside, rtol=_PRECISION, xtol=1e-12)
        )
    except FitError as error:
        limits.reasons[name] = str(error)
        return None


def _value(function: Callable[[float], float], mu: float) -> float | None:
    try:
        return exp(function(float(mu)))
    except FitError:
        return None


def _band(background: DataFit, mu: float) -> tuple[float, ...] | None:
    try:
        q = background.q_tilde(float(mu))
    except FitError:
        return None
    return tuple(exp(expected_log_cls(q, band)) for band in BANDS)
