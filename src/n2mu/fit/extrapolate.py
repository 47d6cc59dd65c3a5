"""The prediction of a fit for regions that are not in it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from n2mu.fit.asimov import nominal_parameters
from n2mu.fit.bestfit import BestFit
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.parameters import Parameters
from n2mu.fit.postfit import region_entries, sample_yields
from n2mu.fit.settings import FitSettings
from n2mu.fit.yields import prefit_yields, propagate

logger = logging.getLogger(__name__)


def carried_over(best: BestFit, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """Return the parameters [P] and covariance [P, P] of a fit for another model.

    Parameters of the fit keep their fitted values, errors and correlations.  The fit knows
    nothing of the others: they stay at their nominal values with the width of their
    constraint, without correlations; a free one has no error and is warned of.

    Parameters
    ----------
    parameters
        Of the other model.
    """
    fitted = {name: i for i, name in enumerate(best.likelihood.model.parameters.names)}
    theta = nominal_parameters(parameters)
    covariance = np.diag(parameters.prefit_sigma**2)
    shared = [i for i, name in enumerate(parameters.names) if name in fitted]
    there = [fitted[parameters.names[i]] for i in shared]
    theta[shared] = best.theta[there]
    covariance[np.ix_(shared, shared)] = best.covariance.matrix[np.ix_(there, there)]
    for index, name in enumerate(parameters.names):
        if name not in fitted and parameters.kinds[index] == "norm" and not parameters.fixed[index]:
            logger.warning(
                "the fit does not know the free factor '%s': it is taken as %g without error",
                name,
                theta[index],
            )
    return theta, covariance


def extrapolate(
    best: BestFit,
    likelihood: Likelihood,
    regions: Sequence[str],
    blinded: Mapping[str, Sequence[bool]],
    settings: FitSettings,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a fit predicts in regions that are not in it.

    Parameters
    ----------
    likelihood
        Of a workspace with these regions beside those of the fit.
    regions
        Which regions are predicted.
    blinded
        Which bins of a region are blinded.
    settings
        As told to the fit.

    Returns
    -------
    dict, dict
        Entries by region as under ``regions`` in ``postfit.json`` and as under ``yields`` in
        ``mu_fit.json``.
    """
    before = prefit_yields(likelihood, settings.parts)
    theta, covariance = carried_over(best, likelihood.model.parameters)
    after = propagate(likelihood, theta, covariance, settings.parts)
    bins = region_entries(likelihood, before, after, blinded, settings.parts)
    yields = sample_yields(likelihood, before, after, settings)
    return {n: bins[n] for n in regions}, {n: yields[n] | {"role": "validation"} for n in regions}
