"""Templates whose shape data choose: their components, and smooth ones in place of simulated ones.

Both are polynomials of where a bin lies between the first and the last edge of its region.
"""

from collections.abc import Mapping
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from n2mu.errors import TemplateError, counted
from n2mu.skim.read import NOMINAL
from n2mu.templates.histogram import Key, Template
from n2mu.templates.report import Change
from n2mu.templates.settings import TemplateSettings

FloatArray = npt.NDArray[np.float64]

LEAST_P_VALUE = 1e-4
"""Of the simulated template under the smooth one, below which that does not describe it."""

_STEPS = 100
_PRECISE = 1e-9  # of the logarithm of a yield
_ROUNDING = 1e-12  # of the sum over bins, relative


def _centres(edges: FloatArray) -> FloatArray:
    """Return where the centre of each bin lies, 0 at the first edge and 1 at the last [bins]."""
    found: FloatArray = ((edges[1:] + edges[:-1]) / 2 - edges[0]) / (edges[-1] - edges[0])
    return found


def bernstein(edges: FloatArray, degree: int) -> FloatArray:
    """Return the Bernstein polynomials at the centres of bins [degree + 1, bins].

    ``B_k(x) = C(n, k) x^k (1 - x)^(n - k)`` are positive and add up to 1 everywhere (S. Bernstein,
    Comm. Soc. Math. Kharkov 13 (1912) 1).

    Parameters
    ----------
    edges
        Increasing [bins + 1].
    """
    x = _centres(edges)
    return np.array([comb(degree, k) * x**k * (1 - x) ** (degree - k) for k in range(degree + 1)])


def smooth_templates(
    settings: TemplateSettings,
    edges: Mapping[str, FloatArray],
    templates: dict[Key, Template],
    changes: list[Change],
) -> dict[Key, Template]:
    """Put smooth templates in place of simulated ones where the shape is free and smooth.

    Parameters
    ----------
    edges
        By region [bins + 1].
    templates, changes
        Are changed, and added to.

    Returns
    -------
    dict
        The simulated templates.

    Raises
    ------
    TemplateError
        If a template cannot be described so.
    """
    simulated: dict[Key, Template] = {}
    for region, samples in settings.smooth.items():
        for sample, degree in samples.items():
            key = (region, sample, NOMINAL)
            if key not in templates:
                continue
            where = f"region '{region}', sample '{sample}'"
            try:
                found = smooth(templates[key], edges[region], degree)
            except TemplateError as error:
                raise TemplateError(
                    f"{where}: {error}; change free_shapes in fits.yaml, or the binning"
                ) from None
            agreement = f"chi2 / ndf = {found.chi2:.1f} / {found.ndf}, p = {found.p_value:.2g}"
            if found.p_value < LEAST_P_VALUE:
                raise TemplateError(
                    f"{where}: the exponential of a polynomial of degree {degree} does not "
                    f"describe the simulation ({agreement}); raise 'degree' of its free shape in "
                    "fits.yaml, or leave out 'smooth'"
                )
            simulated[key], templates[key] = templates[key], found.template
            changes.append(
                {
                    "region": region,
                    "sample": sample,
                    "variation": NOMINAL,
                    "what": f"smoothed: exponential of a polynomial of degree {degree}",
                    "why": f"its shape is free and smooth; the simulation agrees ({agreement})",
                }
            )
    return simulated


class Smooth(NamedTuple):
    """A smooth template, and how well it describes the simulated one.

    Attributes
    ----------
    template
        With sums of squared weights that add up to the simulated ones.
    chi2, ndf, p_value
        Of the simulated template.
    """

    template: Template
    chi2: float
    ndf: int
    p_value: float


def smooth(template: Template, edges: FloatArray, degree: int) -> Smooth:
    """Return the exponential of a polynomial, fitted to a template.

    It is the largest quasi-likelihood of a log-linear model (P. McCullagh and J. Nelder,
    Generalized Linear Models, 1989): with Legendre polynomials P_j of the bin centre,
    ln(yield / width) = sum_j a_j P_j.  The yield and its moments up to the degree
    stay those of the simulation.  Events of all bins are taken to weigh alike on average.

    Parameters
    ----------
    template
        Simulated, of positive yield.
    edges
        Increasing [bins + 1].

    Raises
    ------
    TemplateError
        If there are too few bins with events, or no such polynomial describes the template.
    """
    simulated = template.sumw
    if not simulated.sum() > 0:
        raise TemplateError(f"a yield of {simulated.sum():.3g} has no logarithm")
    filled = int((template.sumw2 > 0).sum())
    if filled <= degree + 1:
        raise TemplateError(
            f"{counted(filled, 'bin')} with events cannot determine a polynomial of degree {degree}"
        )
    basis = np.polynomial.legendre.legvander(2 * _centres(edges) - 1, degree)
    width = np.diff(edges)
    parameters = np.zeros(degree + 1)
    parameters[0] = np.log(simulated.sum() / width.sum())
    deviance = float("inf")
    for _ in range(_STEPS):
        expected = width * np.exp(basis @ parameters)
        gradient = basis.T @ (simulated - expected)
        step = np.linalg.solve((basis.T * expected) @ basis, gradient)
        # a full step may overshoot where the start is far off
        for size in 0.5 ** np.arange(30):
            moved = parameters + size * step
            logarithm = basis @ moved
            new = float((width * np.exp(logarithm) - simulated * logarithm).sum())
            if new <= deviance + _ROUNDING * abs(deviance):
                break
        parameters, deviance = moved, new
        if np.abs(basis @ step).max() < _PRECISE:
            break
    else:
        raise TemplateError(f"no polynomial of degree {degree} was found that describes it")
    expected = width * np.exp(basis @ parameters)
    # what one event counts on average: bins with few events have no variance of their own
    variance = expected * template.sumw2.sum() / simulated.sum()
    chi2 = float(((simulated - expected) ** 2 / variance).sum())
    ndf = len(simulated) - degree - 1
    p_value = float(gammaincc(ndf / 2, chi2 / 2))
    return Smooth(Template(expected, variance, template.events), chi2, ndf, p_value)
