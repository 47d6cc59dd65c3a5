r"""Upper limits with the CLs method from pseudo-experiments.

At each signal strength :math:`CL_{s+b}` and :math:`CL_b` are the shares of pseudo-experiments
with and without signal whose :math:`\tilde q_\mu` is at least the observed one.
"""

from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt

import numpy as np
from scipy.stats import norm

from n2mu.errors import FitError
from n2mu.fit.datafit import DataFit
from n2mu.fit.ensemble import Ensemble, Failure, as_extreme, run_ensemble
from n2mu.fit.inference_settings import ToySettings
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.limit import BANDS, Limits
from n2mu.fit.opened import OpenFit
from n2mu.fit.pseudo_experiments import truth

_SPACING = 1.12


@dataclass(frozen=True)
class Share:
    """CLs and its statistical error."""

    value: float
    error: float


@dataclass(frozen=True)
class ToyPoint:
    """CLs at a signal strength from pseudo-experiments; ``expected`` in the order of `BANDS`."""

    mu: float
    observed: Share | None
    expected: tuple[Share, ...]


@dataclass(frozen=True)
class ToyLimit:
    """A limit and its statistical error; None with a reason."""

    value: float | None
    error: float | None
    reason: str = ""


def toy_points(
    opened: OpenFit, asymptotic: Limits, toys: ToySettings
) -> tuple[list[ToyPoint], list[Failure]]:
    """Return CLs around the asymptotic limits from pseudo-experiments, and those that failed.

    Raises
    ------
    FitError
        If no asymptotic limit says where to look, or every fit of an ensemble failed.
    """
    known = [limit for limit in (asymptotic.observed, *asymptotic.expected) if limit is not None]
    if not known:
        raise FitError("no asymptotic limit was found around which toys can be made")
    values = _around(known)
    best = opened.best
    data = DataFit(best.likelihood, best.poi, best.theta, best.minimum)
    without = Ensemble(best.likelihood, truth(opened, 0.0), best.poi, toys.seed)
    found, failures = run_ensemble(partial(_heights, tuple(values)), without, toys)
    background = np.asarray(found)
    result: list[ToyPoint] = []
    for position, mu in enumerate(values):
        ensemble = Ensemble(
            best.likelihood, truth(opened, float(mu)), best.poi, toys.seed, position + 1
        )
        heights, failed = run_ensemble(partial(_heights, (float(mu),)), ensemble, toys)
        signal = np.asarray(heights)[:, 0]
        failures += failed
        null = background[:, position]
        observed = None if opened.dataset == "asimov" else share(data.q_tilde(mu), signal, null)
        # a background that fluctuates upwards lowers the test statistic
        levels = np.quantile(null, norm.cdf([-band for band in BANDS]), method="nearest")
        expected = tuple(share(float(level), signal, null) for level in levels)
        result.append(ToyPoint(float(mu), observed, expected))
    return result, failures


def _around(limits: list[float]) -> list[float]:
    """Return signal strengths to both sides of each asymptotic limit, not too close together."""
    values = sorted(factor * limit for limit in limits for factor in (0.9, 1.1))
    values = [0.8 * values[0], *values, 1.2 * values[-1]]
    kept = values[:1]
    for value in values[1:]:
        if value > _SPACING * kept[-1]:
            kept.append(value)
    return kept


def _heights(values: tuple[float, ...], ensemble: Ensemble, number: int) -> list[float]:
    data = ensemble.fit(number)
    return [data.q_tilde(mu) for mu in values]


def share(height: float, signal: FloatArray, background: FloatArray) -> Share:
    """Return CLs for a test statistic from those of pseudo-experiments with and without signal."""
    with_signal = float(as_extreme(signal, height).mean())
    without = float(as_extreme(background, height).mean())
    if without == 0:
        return Share(1.0, 1.0)
    # a share of 0 still has the error of about one event
    lowest = max(with_signal, 1 / len(signal))
    variance = lowest * (1 - with_signal) / len(signal) / without**2
    variance += (with_signal / without) ** 2 * (1 - without) / without / len(background)
    return Share(with_signal / without, sqrt(variance))


def crossing(values: list[float], shares: list[Share], level: float) -> ToyLimit:
    """Return where CLs falls below a level, its logarithm interpolated linearly."""
    # where no pseudo-experiment is left the error is that of about one
    logs = [log(max(entry.value, entry.error / 2)) for entry in shares]
    goal = log(level)
    if logs[0] <= goal:
        return ToyLimit(None, None, f"CLs is {exp(logs[0]):.3g} at mu = {values[0]:.4g} already")
    for i in range(1, len(values)):
        if logs[i] <= goal:
            slope = (logs[i] - logs[i - 1]) / (values[i] - values[i - 1])
            weight = (goal - logs[i - 1]) / (logs[i] - logs[i - 1])
            error = (1 - weight) * shares[i - 1].error + weight * shares[i].error
            value = values[i - 1] + weight * (values[i] - values[i - 1])
            return ToyLimit(value, error / level / abs(slope))
    return ToyLimit(None, None, f"CLs is {exp(logs[-1]):.3g} still at mu = {values[-1]:.4g}")
