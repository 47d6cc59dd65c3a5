"""The members of a set of variations (scales, PDF replicas, eigenvectors) as one up and down side.

Sums are bin by bin: all bins move together with one nuisance parameter.
"""

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError, counted

FloatArray = npt.NDArray[np.float64]
Sides = tuple[FloatArray, FloatArray]


def envelope(nominal: FloatArray, members: FloatArray) -> Sides:
    """Return the largest and the smallest yield of the members and the nominal.

    Parameters
    ----------
    nominal
        Yields [bins].
    members
        Yields [members, bins]; the nominal need not be one of them.
    """
    _require(members, 1, "an envelope")
    everything = np.vstack([nominal, members])
    return everything.max(axis=0), everything.min(axis=0)


def standard_deviation(nominal: FloatArray, members: FloatArray) -> Sides:
    """Return the nominal shifted by the standard deviation of Monte Carlo replicas.

    With n replicas about their own mean it is ``sqrt(sum (x - mean)^2 / (n - 1))``:
    J. Butterworth et al., J. Phys. G 43 (2016) 023001, sec. 6 (PDF4LHC).

    Parameters
    ----------
    nominal
        Yields [bins].
    members
        Yields [members, bins] of the replicas, without the nominal.

    Raises
    ------
    TemplateError
        If there are fewer than two members.
    """
    _require(members, 2, "a standard deviation")
    shift = members.std(axis=0, ddof=1)
    return nominal + shift, nominal - shift


def hessian_symmetric(nominal: FloatArray, members: FloatArray) -> Sides:
    """Return the nominal shifted by the members' shifts added in quadrature.

    One member per eigenvector: ``sqrt(sum (x - nominal)^2)``; J. Butterworth et al.,
    J. Phys. G 43 (2016) 023001, sec. 6 (PDF4LHC).

    Parameters
    ----------
    nominal
        Yields [bins].
    members
        Yields [members, bins], without the nominal.
    """
    _require(members, 1, "a Hessian set")
    shift = np.sqrt(np.sum((members - nominal) ** 2, axis=0))
    return nominal + shift, nominal - shift


def hessian_asymmetric(nominal: FloatArray, members: FloatArray) -> Sides:
    """Return what pairs of members, plus and minus along each eigenvector, raise and lower.

    Up is ``sqrt(sum max(x+ - nominal, x- - nominal, 0)^2)``, down the same of the
    negative shifts: P. M. Nadolsky, Z. Sullivan, hep-ph/0110378.

    Parameters
    ----------
    nominal
        Yields [bins].
    members
        Yields [members, bins], without the nominal; plus and minus of the first
        eigenvector, of the second, ...

    Raises
    ------
    TemplateError
        If the number of members is odd.
    """
    _require(members, 2, "an asymmetric Hessian set")
    if len(members) % 2:
        raise TemplateError(
            f"an asymmetric Hessian set needs pairs of members, got {len(members)}; leave out the "
            "nominal member and give plus and minus of each eigenvector in turn"
        )
    shifts = (members - nominal).reshape(-1, 2, len(nominal))
    up = np.sqrt(np.sum(np.maximum(shifts.max(axis=1), 0.0) ** 2, axis=0))
    down = np.sqrt(np.sum(np.maximum(-shifts.min(axis=1), 0.0) ** 2, axis=0))
    return nominal + up, nominal - down


def _require(members: FloatArray, least: int, what: str) -> None:
    if len(members) < least:
        raise TemplateError(f"{what} needs at least {counted(least, 'member')}, got {len(members)}")
