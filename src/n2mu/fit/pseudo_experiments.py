r"""Fitted signal strengths, pulls and coverage of pseudo-experiments."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from n2mu.errors import FitError
from n2mu.fit.covariance import covariance
from n2mu.fit.ensemble import Ensemble, Failure, run_ensemble, share_error
from n2mu.fit.inference_settings import ToySettings
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.opened import OpenFit
from n2mu.fit.profile import Profile

LEVELS = (0.683, 0.95)


class Experiment(NamedTuple):
    """One pseudo-experiment.

    Attributes
    ----------
    mu
        Fitted signal strength.
    t
        -2 ln L at the true signal strength above the minimum: the interval of a confidence
        level holds the truth if t is below that quantile of chi2 with one degree of freedom.
    pulls
        (fitted - true) / fitted uncertainty of every parameter, shape [P]; NaN if it has none.
    """

    mu: float
    t: float
    pulls: FloatArray


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of a sample with their statistical errors; None if unknown."""

    count: int
    mean: float | None
    mean_error: float | None
    width: float | None
    width_error: float | None

    @classmethod
    def of(cls, values: FloatArray) -> "Moments":
        """Return the moments of values [n], without those that are NaN."""
        values = values[np.isfinite(values)]
        count = len(values)
        if count < 2:
            return cls(count, None, None, None, None)
        mean, variance = float(values.mean()), float(values.var(ddof=1))
        # Var(s^2) = (m4 - s^4 (n - 3) / (n - 1)) / n for any distribution
        fourth = float(((values - mean) ** 4).mean())
        spread = max(fourth - variance**2 * (count - 3) / (count - 1), 0.0) / count
        width = sqrt(variance)
        return cls(
            count, mean, width / sqrt(count), width, sqrt(spread) / (2 * width) if width else 0.0
        )


def truth(opened: OpenFit, mu: float | None) -> FloatArray:
    """Return the true parameters of pseudo-experiments, shape [P].

    Parameters
    ----------
    mu
        The true signal strength; None takes the best fit. Another one has the other parameters
        as fitted to the data with this signal strength; Asimov data keep theirs.

    Raises
    ------
    FitError
        If the fit with the signal strength fixed fails.
    """
    best = opened.best
    if mu is None or mu == best.mu:
        return best.theta
    if opened.dataset == "asimov":
        theta = best.theta.copy()
        theta[best.poi] = mu
        return theta
    found = Profile(best, best.poi, best.fixed).at(mu)
    if not found.converged:
        raise FitError(f"the fit with mu = {mu:g} failed: {found.message}")
    return found.theta


def pseudo_experiments(
    opened: OpenFit, mu: float | None, toys: ToySettings
) -> tuple[Ensemble, list[Experiment], list[Failure]]:
    """Make and fit pseudo-experiments; see `truth` for their parameters."""
    best = opened.best
    ensemble = Ensemble(best.likelihood, truth(opened, mu), best.poi, toys.seed)
    experiments, failures = run_ensemble(_experiment, ensemble, toys)
    return ensemble, experiments, failures


def _experiment(ensemble: Ensemble, number: int) -> Experiment:
    data = ensemble.fit(number)
    height = data.t(float(ensemble.theta[ensemble.poi]))
    theta = data.free.theta
    known = covariance(data.likelihood, theta, data.likelihood.model.parameters.fixed)
    return Experiment(data.mu, height, (theta - ensemble.theta) / known.uncertainty)


def summary(ensemble: Ensemble, experiments: Sequence[Experiment]) -> dict[str, Any]:
    """Return the contents of the product; there must be an experiment."""
    parameters = ensemble.likelihood.model.parameters
    mu = np.asarray([experiment.mu for experiment in experiments])
    heights = np.asarray([experiment.t for experiment in experiments])
    pulls = np.asarray([experiment.pulls for experiment in experiments])
    poi_pulls = pulls[:, ensemble.poi]
    at_bound = np.isin(mu, (parameters.lower[ensemble.poi], parameters.upper[ensemble.poi]))
    return {
        "true_mu": float(ensemble.theta[ensemble.poi]),
        "mu_at_bound": int(at_bound.sum()),
        "mu": vars(Moments.of(mu)),
        "pull": vars(Moments.of(poi_pulls)),
        "coverage": [_coverage(heights, level) for level in LEVELS],
        "parameters": [
            {"name": name, "kind": kind, "pull": vars(Moments.of(column))}
            for name, kind, column, fixed in zip(
                parameters.names, parameters.kinds, pulls.T, parameters.fixed, strict=True
            )
            if not fixed
        ],
        "experiments": {
            "mu": mu.tolist(),
            "pull": [float(pull) if np.isfinite(pull) else None for pull in poi_pulls],
            "t_mu": heights.tolist(),
        },
    }


def _coverage(heights: FloatArray, level: float) -> dict[str, float]:
    share = float((heights <= stats.chi2.ppf(level, 1)).mean())
    return {
        "level": level,
        "covered": share,
        "error": share_error(share, len(heights)),
    }
