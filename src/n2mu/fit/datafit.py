r"""Fits of one data set with the signal strength free and fixed, and test statistics.

Definitions (arXiv:1007.1727): with the profile likelihood ratio
:math:`\lambda(\mu) = L(\mu, \hat{\hat\theta}) / L(\hat\mu, \hat\theta)`,

* :math:`t_\mu = -2\ln\lambda(\mu)` (eq. 8);
* :math:`q_0 = t_0` for :math:`\hat\mu > 0`, else 0 (eq. 12);
* :math:`\tilde q_\mu = 0` for :math:`\hat\mu > \mu`, :math:`t_\mu` for
  :math:`0 \le \hat\mu \le \mu`, and :math:`-2\ln L(\mu)/L(0)` for :math:`\hat\mu < 0` (eq. 16).
"""

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.minimise import Minimum, minimise

_DEEPER = 1e-6


class DataFit:
    """Fits of one data set; the free one is repeated where a fixed one was deeper.

    Parameters
    ----------
    likelihood
        With the data.
    poi
        Index of the signal strength.
    start
        Where the free fit starts, shape [P].
    free
        The free fit, if it is known.

    Raises
    ------
    FitError
        If the free fit does not converge.
    """

    def __init__(
        self, likelihood: Likelihood, poi: int, start: FloatArray, free: Minimum | None = None
    ) -> None:
        self.likelihood = likelihood
        self.poi = poi
        self._free_mask = likelihood.model.parameters.fixed
        self._fixed_mask = self._free_mask.copy()
        self._fixed_mask[poi] = True
        self.free = free or self._converged(minimise(likelihood, start, self._free_mask), "")
        self._known: dict[float, Minimum] = {}

    @property
    def mu(self) -> float:
        """Fitted signal strength."""
        return float(self.free.theta[self.poi])

    def at(self, mu: float) -> Minimum:
        """Return the minimum with the signal strength fixed.

        Raises
        ------
        FitError
            If the fit does not converge.
        """
        if mu not in self._known:
            known = [self.free, *self._known.values()]
            start = min(known, key=lambda found: abs(found.theta[self.poi] - mu)).theta.copy()
            start[self.poi] = mu
            found = minimise(self.likelihood, start, self._fixed_mask)
            found = self._converged(found, f" with mu = {mu:.6g}")
            self._known[mu] = found
            if found.deviance < self.free.deviance - _DEEPER:
                again = minimise(self.likelihood, found.theta, self._free_mask)
                self.free = self._converged(again, "")
        return self._known[mu]

    def t(self, mu: float) -> float:
        """Return -2 ln of the likelihood ratio of a signal strength and the best fit."""
        fixed = self.at(mu)
        return max(2 * (fixed.deviance - self.free.deviance), 0.0)

    def q_zero(self) -> float:
        """Return the test statistic of discovery."""
        # the fit without signal may find a deeper minimum, with another sign of mu
        height = self.t(0.0)
        return height if self.mu > 0 else 0.0

    def q_tilde(self, mu: float) -> float:
        """Return the test statistic of an upper limit at a positive signal strength."""
        height = self.t(mu)
        if self.mu > mu:
            return 0.0
        if self.mu >= 0:
            return height
        return max(2 * (self.at(mu).deviance - self.at(0.0).deviance), 0.0)

    @staticmethod
    def _converged(found: Minimum, what: str) -> Minimum:
        if not found.converged or not np.isfinite(found.deviance):
            raise FitError(f"the fit{what} failed: {found.message}")
        return found
