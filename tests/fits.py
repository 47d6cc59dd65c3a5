"""Data that several tests of fits are made with."""

from n2mu.fit.asimov import asimov_data, nominal_parameters
from n2mu.fit.likelihood import Likelihood


def nominal_asimov(likelihood: Likelihood, poi: int, mu: float | None = None) -> Likelihood:
    """Return the likelihood of Asimov data before the fit, with a signal strength of their own."""
    theta = nominal_parameters(likelihood.model.parameters)
    if mu is not None:
        theta[poi] = mu
    return asimov_data(likelihood, theta)
