r"""Discovery significance of a signal.

With :math:`q_0 = -2\ln\frac{L(0, \hat{\hat\theta})}{L(\hat\mu, \hat\theta)}` for
:math:`\hat\mu > 0` and 0 otherwise, :math:`Z = \sqrt{q_0}` (arXiv:1007.1727, eqs. 12 and 53).
"""

from math import sqrt

from n2mu.errors import FitError
from n2mu.fit.asimov import profiled_asimov
from n2mu.fit.bestfit import BestFit, best_fit
from n2mu.fit.profile import Profile


def discovery_significance(best: BestFit) -> float:
    """Return Z in standard deviations for the data of a fit.

    Raises
    ------
    FitError
        If the fit without signal fails, for instance where counts are observed in a bin in
        which nothing but signal is expected.
    """
    if best.mu <= 0:
        return 0.0
    found = Profile(best, best.poi, best.fixed).at(0.0)
    if not found.converged:
        raise FitError(f"the fit without signal failed: {found.message}")
    return sqrt(max(2 * (found.deviance - best.minimum.deviance), 0.0))


def expected_significance(best: BestFit, mu: float) -> float:
    """Return the median Z for a signal strength, with the other parameters as fitted to the data.

    Raises
    ------
    FitError
        If one of the fits fails.
    """
    likelihood, theta = profiled_asimov(best, mu)
    return discovery_significance(best_fit(likelihood, best.poi, theta))
