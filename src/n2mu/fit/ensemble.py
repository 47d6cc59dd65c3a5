"""Pseudo-experiments of the unconditional ensemble: counts and auxiliary data both fluctuate."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import NamedTuple, TypeVar

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.asimov import expected_rates
from n2mu.fit.datafit import DataFit
from n2mu.fit.inference_settings import ToySettings
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.parameters import BoolArray
from n2mu.fit.processes import map_numbers

Result = TypeVar("Result")

_TIE = 1e-7
"""Equal data have equal test statistics only within the precision of the fits."""


@dataclass(frozen=True)
class Ensemble:
    """Pseudo-experiments of a model at true parameters.

    Attributes
    ----------
    likelihood
        The model; its own data are not used.
    theta
        True parameters, shape [P].
    poi
        Index of the signal strength.
    seed
        Of all pseudo-experiments.
    stream
        Tells ensembles of one seed apart.
    """

    likelihood: Likelihood
    theta: FloatArray
    poi: int
    seed: int
    stream: int = 0

    def draw(self, number: int) -> Likelihood:
        """Return the likelihood of one pseudo-experiment, always the same for a number.

        Counts are Poisson around the true rates; the auxiliary measurement of each floating
        constrained parameter is drawn from its constraint term at the true value.

        Raises
        ------
        FitError
            If a true rate is negative.
        """
        random = np.random.default_rng((self.seed, self.stream, number))
        parameters = self.likelihood.model.parameters
        counts = random.poisson(expected_rates(self.likelihood, self.theta)).astype(np.float64)
        auxdata = self.likelihood.auxdata.copy()
        normal = parameters.normal & ~parameters.fixed
        poisson = parameters.poisson & ~parameters.fixed
        auxdata[normal] = random.normal(self.theta[normal], parameters.sigma[normal])
        auxdata[poisson] = random.poisson((parameters.factor * self.theta)[poisson])
        return self.likelihood.with_data(counts, auxdata)

    def fit(self, number: int) -> DataFit:
        """Fit one pseudo-experiment, starting from the true parameters.

        Raises
        ------
        FitError
            If a true rate is negative, or the fit does not converge.
        """
        return DataFit(self.draw(number), self.poi, self.theta)


class Failure(NamedTuple):
    """A pseudo-experiment of which a fit failed."""

    number: int
    message: str


def run_ensemble(
    task: Callable[[Ensemble, int], Result], ensemble: Ensemble, toys: ToySettings
) -> tuple[list[Result], list[Failure]]:
    """Return what a task makes of each pseudo-experiment, and those that failed.

    Parameters
    ----------
    task
        A function at the top level of a module, or a `partial` of one; may raise `FitError`.

    Raises
    ------
    FitError
        If every one failed.
    """
    found = map_numbers(partial(_guarded, task), ensemble, toys.count, toys.workers)
    good = [result for result in found if not isinstance(result, Failure)]
    failures = [result for result in found if isinstance(result, Failure)]
    if failures and not good:
        raise FitError(f"no pseudo-experiment could be fitted: {failures[0].message}")
    return good, failures


def _guarded(
    task: Callable[[Ensemble, int], Result], ensemble: Ensemble, number: int
) -> Result | Failure:
    try:
        return task(ensemble, number)
    except FitError as error:
        return Failure(number, str(error))


def as_extreme(heights: FloatArray, height: float) -> BoolArray:
    """Tell which test statistics of pseudo-experiments [n] are at least as large as one; ties are.

    Parameters
    ----------
    heights
        Of the pseudo-experiments [n].
    height
        The one that they are compared to.
    """
    extreme: BoolArray = heights >= height - _TIE * (1 + height)
    return extreme


def share_error(share: float, count: int) -> float:
    """Return the binomial error of a share of pseudo-experiments; of none or all, that of one."""
    return sqrt(max(share * (1 - share), 1 / count) / count)
