"""An independent fit of the same workspace with pyhf and MINUIT."""

import logging
from typing import Any

import iminuit
import numpy as np
import pyhf

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit

logger = logging.getLogger(__name__)

_DEEPER = 1e-2


def crosscheck(best: BestFit, spec: dict[str, Any], poi: str) -> dict[str, Any]:
    """Repeat a fit with pyhf's likelihood and MIGRAD, and compare.

    Nothing is shared with the fit that is checked but its data; derivatives are MINUIT's own,
    and it starts away from the minimum.

    Parameters
    ----------
    best
        The fit to check.
    spec
        The decoded workspace.
    poi
        Name of the signal strength.

    Returns
    -------
    dict
        ``mu``, ``error`` (parabolic), ``two_nll``, ``valid``, and ``differences`` of these three
        (this fit minus the checked one).

    Raises
    ------
    FitError
        If MINUIT finds a minimum that is clearly deeper.
    """
    # pyhf announces every parameter
    logging.getLogger("pyhf").setLevel(logging.WARNING)
    pyhf.set_backend("numpy")
    codes = {
        "normsys": {"interpcode": best.likelihood.model.norm_code},
        "histosys": {"interpcode": best.likelihood.model.shape_code},
    }
    model = pyhf.Workspace(spec).model(poi_name=poi, modifier_settings=codes)
    names = list(model.config.par_names)
    ours = best.likelihood.model.parameters
    order = [ours.index(name) for name in names]
    constraint_data = [
        entry
        for name in model.config.auxdata_order
        for entry in best.likelihood.auxdata[
            [ours.index(n) for n in names[model.config.par_slice(name)]]
        ].tolist()
    ]
    data = [*best.likelihood.observed.tolist(), *constraint_data]

    def twice_nll(theta: Any) -> float:
        value = float(-2 * model.logpdf(theta, data)[0])
        # MINUIT probes regions of negative rates, where the logarithm is undefined
        return value if np.isfinite(value) else 1e10

    fixed = ours.fixed[order]
    width = np.where(ours.prefit_sigma > 0, ours.prefit_sigma, 0.1)[order]
    start = np.where(fixed, ours.inits[order], ours.inits[order] + 0.2 * width)
    start = np.clip(start, ours.lower[order], ours.upper[order])
    minuit = iminuit.Minuit(twice_nll, start, name=names)
    minuit.errordef = 1.0
    minuit.errors = width
    minuit.limits = list(zip(ours.lower[order], ours.upper[order], strict=True))
    minuit.fixed = fixed.tolist()
    minuit.strategy = 1
    # at the default MIGRAD may stop where the curvature is not yet that of the minimum
    minuit.tol = 1e-3
    minuit.migrad(ncall=100_000)
    minuit.strategy = 2
    minuit.hesse()
    mu, error, two_nll = (
        float(minuit.values[poi]),
        float(minuit.errors[poi]),
        float(minuit.fval or np.nan),
    )
    if two_nll < best.two_nll - _DEEPER:
        raise FitError(
            f"the check with MINUIT found -2 ln L lower by {best.two_nll - two_nll:.3g} at"
            f" {poi} = {mu:.4g}; the likelihood has several minima"
        )
    expected = float(best.covariance.uncertainty[best.poi])
    if not minuit.valid:
        logger.warning("the check with MINUIT did not converge; its numbers are a guide only")
    return {
        "mu": mu,
        "error": error,
        "two_nll": two_nll,
        "valid": bool(minuit.valid),
        "differences": {
            "mu": mu - best.mu,
            "error": error - expected if np.isfinite(expected) else None,
            "two_nll": two_nll - best.two_nll,
        },
    }
