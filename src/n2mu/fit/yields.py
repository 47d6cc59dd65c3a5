"""Yields of regions and bins before and after the fit, with their correlated uncertainties."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from n2mu.fit.asimov import nominal_parameters
from n2mu.fit.bestfit import BestFit
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.linearise import LinearisedRates


class Yields(NamedTuple):
    """Values with uncertainties; S samples, B bins, R regions.

    Attributes
    ----------
    samples
        Per sample and bin, shape [S, B].
    total, total_error, total_covariance
        Per bin, shapes [B], [B] and [B, B].
    region_samples, region_sample_errors
        Per sample and region, shape [S, R].
    region_sample_covariance
        Between the samples of each region, shape [R, S, S].
    region_total, region_total_error
        Per region, shape [R].
    """

    samples: FloatArray
    total: FloatArray
    total_error: FloatArray
    total_covariance: FloatArray
    region_samples: FloatArray
    region_sample_errors: FloatArray
    region_sample_covariance: FloatArray
    region_total: FloatArray
    region_total_error: FloatArray


def prefit_yields(likelihood: Likelihood, parts: Mapping[str, str] | None = None) -> Yields:
    """Return yields at the nominal parameters; free factors contribute no uncertainty.

    Parameters
    ----------
    parts
        Samples of the workspace that are a part of another one, to which they are added.
    """
    parameters = likelihood.model.parameters
    covariance = np.diag(parameters.prefit_sigma**2)
    return propagate(likelihood, nominal_parameters(parameters), covariance, parts)


def postfit_yields(best: BestFit, parts: Mapping[str, str] | None = None) -> Yields:
    """Return yields at the best fit with the fitted covariance; parts as for `prefit_yields`."""
    return propagate(best.likelihood, best.theta, best.covariance.matrix, parts)


def propagate(
    likelihood: Likelihood,
    theta: FloatArray,
    covariance: FloatArray,
    parts: Mapping[str, str] | None = None,
) -> Yields:
    """Return yields at parameters [P], errors from J^T C J with the covariance C [P, P].

    Correlations between parameters, bins and samples are in the Jacobian J of the rates, so
    that errors of sums are not sums of errors.  A part of another sample is in the row of
    that one; its own is zero.
    """
    samples = likelihood.rates.by_sample(theta)
    jacobian = LinearisedRates(likelihood.rates, theta).jacobian_by_sample()
    names = list(likelihood.model.samples)
    for part, owner in (parts or {}).items():
        if part in names and owner in names:
            row, to = names.index(part), names.index(owner)
            samples[to] += samples[row]
            jacobian[:, to] += jacobian[:, row]
            samples[row], jacobian[:, row] = 0.0, 0.0
    starts = [where.start for where in likelihood.model.region_slices]
    regions = np.add.reduceat(jacobian, starts, axis=2)
    by_region = np.add.reduceat(samples, starts, axis=1)
    bins = jacobian.sum(axis=1)
    return Yields(
        samples=samples,
        total=samples.sum(axis=0),
        total_error=_errors(bins, covariance),
        total_covariance=bins.T @ covariance @ bins,
        region_samples=by_region,
        region_sample_errors=_errors(regions, covariance),
        region_sample_covariance=np.einsum(
            "psr,ptr->rst", regions, np.einsum("pq,qtr->ptr", covariance, regions)
        ),
        region_total=by_region.sum(axis=0),
        region_total_error=_errors(regions.sum(axis=1), covariance),
    )


def _errors(jacobian: FloatArray, covariance: FloatArray) -> FloatArray:
    flat = jacobian.reshape(len(jacobian), -1)
    variance = (flat * (covariance @ flat)).sum(axis=0)
    errors: FloatArray = np.sqrt(np.maximum(variance, 0.0)).reshape(jacobian.shape[1:])
    return errors
