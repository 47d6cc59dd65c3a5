"""Median discovery significance of a counting experiment (Asimov approximation)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2mu.errors import TemplateError


def asimov_significance(
    signal: ArrayLike, background: ArrayLike, uncertainty: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Return the expected significance of each bin.

    With the background known, ``sqrt(2 [(s + b) ln(1 + s/b) - s])``; with an
    uncertainty ``sigma`` on it and ``n = s + b``, ``sqrt(2 [n ln(n (b + sigma^2)
    / (b^2 + n sigma^2)) - (b^2 / sigma^2) ln(1 + sigma^2 s / (b (b +
    sigma^2)))])``: G. Cowan, K. Cranmer, E. Gross, O. Vitells, Eur. Phys. J. C
    71 (2011) 1554, eq. 97, and G. Cowan, "Discovery sensitivity for a counting
    experiment with background uncertainty" (2012), eq. 20.

    Parameters
    ----------
    signal, background
        Expected yields [bins].  A yield of signal at or below zero, which
        negative weights can give, has significance 0.
    uncertainty
        Absolute uncertainty of the background [bins].

    Raises
    ------
    TemplateError
        If a background is not positive or an uncertainty is negative.
    """
    s, b, sigma = np.broadcast_arrays(
        np.asarray(signal, np.float64),
        np.asarray(background, np.float64),
        np.asarray(uncertainty, np.float64),
    )
    if not (b > 0).all():
        raise TemplateError(f"expected backgrounds > 0 in every bin, got {np.min(b):g}; merge bins")
    if not (sigma >= 0).all():
        raise TemplateError(f"expected uncertainties >= 0, got {np.min(sigma):g}")
    s = np.maximum(s, 0.0)
    n = s + b
    known = n * np.log1p(s / b) - s
    variance = np.where(sigma > 0, sigma**2, 1.0)
    uncertain = n * np.log1p(s * b / (b**2 + n * variance)) - b**2 / variance * np.log1p(
        variance * s / (b * (b + variance))
    )
    # rounding can leave a tiny negative number where there is no signal
    half = np.maximum(np.where(sigma > 0, uncertain, known), 0.0)
    return np.asarray(np.sqrt(2.0 * half))


def combined_significance(
    signal: ArrayLike, background: ArrayLike, uncertainty: ArrayLike = 0.0
) -> float:
    """Return the significances of all bins added in quadrature.

    Arguments and errors as :func:`asimov_significance`; uncertainties of
    different bins are taken as independent.
    """
    return float(np.sqrt(np.sum(asimov_significance(signal, background, uncertainty) ** 2)))
