"""How well the events of a region agree with what is expected there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Compatibility:
    """A chi2 with its bins and its probability; None where no bin may be compared."""

    value: float | None
    ndof: int
    p_value: float | None


def compatibility(
    observed: FloatArray,
    expected: FloatArray,
    covariance: FloatArray,
    used: npt.NDArray[np.bool_],
) -> Compatibility:
    """Return the chi2 of observed against expected events with correlated uncertainties.

    ``(n - nu)^T (V + diag(nu))^-1 (n - nu)``, V the covariance of the expectation and
    ``nu`` the Poisson variance of the counts, over the bins that are used.  The degrees of
    freedom are these bins: after a fit, whose parameters have seen the same events, the
    p-value is too large, and it is for finding what fits badly.

    Parameters
    ----------
    observed, expected
        Events [bins].
    covariance
        Of the expectation [bins, bins].
    used
        Which bins count [bins]; bins without expectation never do.
    """
    kept = used & (expected > 0)
    ndof = int(kept.sum())
    if ndof == 0:
        return Compatibility(None, 0, None)
    difference = (observed - expected)[kept]
    total = covariance[np.ix_(kept, kept)] + np.diag(expected[kept])
    value = float(difference @ np.linalg.solve(total, difference))
    return Compatibility(value, ndof, float(stats.chi2.sf(value, ndof)))
