r"""The negative log-likelihood of a model with exact first and second derivatives.

.. math::
    -\ln L = \sum_b (\lambda_b - n_b \ln\lambda_b) - \sum_p \ln c_p(a_p | \theta_p)

with expected rates :math:`\lambda_b`, counts :math:`n_b` and constraint terms :math:`c_p`.  With
:math:`w_b = 1 - n_b/\lambda_b` and the Jacobian :math:`J` of the rates, its gradient is
:math:`J w` and its Hessian
:math:`J\,\mathrm{diag}(n/\lambda^2)\,J^T + \sum_b w_b\,\partial^2\lambda_b`, plus the constraints.

The minimiser works with the deviance :math:`-\ln (L/L_\mathrm{saturated})`, whose terms are
non-negative and small near the minimum, so that differences keep their digits.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from n2mu.fit.interpolation import FloatArray
from n2mu.fit.linearise import LinearisedRates
from n2mu.fit.model import DenseModel, IntArray
from n2mu.fit.parameters import BoolArray
from n2mu.fit.rates import Rates


class Slope(NamedTuple):
    """Derivatives of the deviance at a point.

    gradient [P]; hessian [P, P], exact; gauss_newton [P, P], without the second derivatives of
    the rates and therefore positive semi-definite; jacobian of the rates [P, B]; rates [B].
    """

    gradient: FloatArray
    hessian: FloatArray
    gauss_newton: FloatArray
    jacobian: FloatArray
    rates: FloatArray


def poisson_deviance(counts: FloatArray, means: FloatArray) -> float:
    """Return sum(mean - n - n ln(mean / n)); infinity if a mean is < 0, or 0 with counts."""
    filled = counts > 0
    # written so that NaN is refused as well
    if not ((means >= 0).all() and (means[filled] > 0).all()):
        return math.inf
    excess = means[filled] / counts[filled] - 1
    with np.errstate(divide="ignore"):
        return float((counts[filled] * (excess - np.log1p(excess))).sum() + means[~filled].sum())


def _deviances(counts: FloatArray, means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return `poisson_deviance` of K points [K], and the derivatives 1 - n / mean, [bins, K]."""
    filled = counts > 0
    ratio = np.where(filled, means / np.where(filled, counts, 1.0), 1.0)
    terms = counts * (ratio - 1 - np.log1p(ratio - 1)) + np.where(filled, 0.0, means)
    # written so that NaN is refused as well
    terms[~((means > 0) | ((means == 0) & ~filled))] = math.inf
    return terms.sum(axis=0), np.where(filled, 1 - 1 / ratio, 1.0)


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of a model for given counts and auxiliary data.

    Attributes
    ----------
    rates
        Evaluates the model.
    observed
        Counts, shape [B].
    auxdata
        Auxiliary measurements of the constraints, shape [P]; unused for free parameters.
    """

    rates: Rates
    observed: FloatArray
    auxdata: FloatArray

    @classmethod
    def of(cls, model: DenseModel) -> "Likelihood":
        """Return the likelihood of what the workspace stores."""
        return cls(Rates(model), model.observed, model.parameters.auxdata)

    @property
    def model(self) -> DenseModel:
        """The model."""
        return self.rates.model

    def with_data(self, observed: FloatArray, auxdata: FloatArray | None = None) -> "Likelihood":
        """Return the likelihood for other counts [B] and, if given, auxiliary data [P]."""
        return replace(
            self, observed=observed, auxdata=self.auxdata if auxdata is None else auxdata
        )

    def restricted(self, bins: BoolArray) -> "Likelihood":
        """Return the likelihood of some bins [B], with all parameters and constraints."""
        return Likelihood(Rates(self.model.restricted(bins)), self.observed[bins], self.auxdata)

    def invalid_bins(self, theta: FloatArray) -> IntArray:
        """Return the bins whose Poisson term is undefined: rate < 0, or 0 with counts."""
        rates = self.rates.per_bin(theta)
        return np.flatnonzero(~((rates > 0) | ((rates == 0) & (self.observed == 0))))

    def deviance(self, theta: FloatArray) -> float:
        """Return -ln(L / L_saturated) at parameters [P]; infinity where L is undefined."""
        rates = self.rates.per_bin(theta)
        parameters = self.model.parameters
        pull = (theta - self.auxdata)[parameters.normal] / parameters.sigma[parameters.normal]
        value = poisson_deviance(self.observed, rates) + 0.5 * float(pull @ pull)
        poisson = parameters.poisson
        if poisson.any():
            means = (parameters.factor * theta)[poisson]
            value += poisson_deviance(self.auxdata[poisson], means)
        return value

    def twice_nll(self, theta: FloatArray) -> float:
        """Return -2 ln L with all constants at parameters [P], as pyhf's ``twice_nll``."""
        return 2 * (self.deviance(theta) + self._saturated)

    @cached_property
    def _saturated(self) -> float:
        """-ln L of the model that describes each count exactly."""
        parameters = self.model.parameters
        counts = np.concatenate([self.observed, self.auxdata[parameters.poisson]]).tolist()
        poisson = sum(
            count + math.lgamma(count + 1) - (count * math.log(count) if count > 0 else 0.0)
            for count in counts
        )
        sigma = parameters.sigma[parameters.normal]
        return float(poisson + np.log(sigma * math.sqrt(2 * math.pi)).sum())

    def slopes(
        self, theta: FloatArray, observed: FloatArray, auxdata: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return deviance and gradient at K points, each with its own data or all with the same.

        Parameters
        ----------
        theta
            Shape [P, K].
        observed, auxdata
            Shapes [B, K] and [P, K], or [B, 1] and [P, 1].

        Returns
        -------
        deviance
            Shape [K]; infinity where L is undefined.
        gradient
            Shape [P, K]; without meaning where the deviance is infinite.
        """
        parameters = self.model.parameters
        with np.errstate(all="ignore"):
            pieces = self.rates.pieces(theta, 1)
            if (pieces.theta == theta).all():
                rates = pieces.cells.reshape(*self.model.nominal.shape, -1).sum(axis=0)
            else:
                rates = self.rates.per_bin(theta)
            deviance, weight = _deviances(observed, rates)
            gradient = self.rates.gradient(pieces, weight)
            normal = parameters.normal
            distance = theta[normal] - auxdata[normal]
            pull = distance / parameters.sigma[normal, None] ** 2
            gradient[normal] += pull
            deviance += 0.5 * (pull * distance).sum(axis=0)
            poisson = parameters.poisson
            if poisson.any():
                factor = parameters.factor[poisson, None]
                more, weight = _deviances(auxdata[poisson], factor * theta[poisson])
                deviance += more
                gradient[poisson] += factor * weight
        return np.where(np.isfinite(deviance), deviance, math.inf), gradient

    def slope(self, theta: FloatArray) -> Slope:
        """Return the exact derivatives of the deviance at valid parameters [P]."""
        near = LinearisedRates(self.rates, theta)
        rates, jacobian = near.rates, near.jacobian()
        filled = self.observed > 0
        ratio = np.zeros_like(rates)
        np.divide(self.observed, rates, out=ratio, where=filled)
        bend = np.zeros_like(rates)
        np.divide(ratio, rates, out=bend, where=filled)
        parameters = self.model.parameters
        first = np.where(
            parameters.normal, (theta - self.auxdata) / parameters.sigma**2, parameters.factor
        )
        second = np.where(parameters.normal, parameters.sigma**-2, 0.0)
        poisson = parameters.poisson
        first[poisson] -= self.auxdata[poisson] / theta[poisson]
        second[poisson] = self.auxdata[poisson] / theta[poisson] ** 2
        gauss_newton = (jacobian * bend) @ jacobian.T
        gauss_newton[np.diag_indices_from(gauss_newton)] += second
        return Slope(
            gradient=jacobian @ (1 - ratio) + first,
            hessian=gauss_newton + near.curvature(1 - ratio),
            gauss_newton=gauss_newton,
            jacobian=jacobian,
            rates=rates,
        )
