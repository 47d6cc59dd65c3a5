"""The parametric detector: acceptance, efficiencies and resolutions of one of CMS's kind.

Steps in pseudorapidity stand for the parts of the detector.  Directions and charges are
measured exactly, and no jet is taken for a lepton or a photon.  Sources:

* electrons and photons: CMS, JINST 16 (2021) P05014, arXiv:2012.06888 (electrons of Z bosons
  2 to 5 %, by pseudorapidity and bremsstrahlung; efficiencies), and JINST 10 (2015) P08010,
  arXiv:1502.02702 (photons of Higgs bosons, barrel from 1 %, endcaps from 2 %, more where they
  convert); stochastic and noise terms of the test beam: P. Adzic et al., JINST 2 (2007) P04004.
* muons: CMS, JINST 13 (2018) P06015, arXiv:1804.04528 (up to 100 GeV 1 % in the barrel and 3 %
  in the endcaps; efficiencies).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, pseudorapidity, transverse_momentum

ELECTRON, MUON, PHOTON = 11, 13, 22

LEAST_PT = {ELECTRON: 7.0, MUON: 5.0, PHOTON: 10.0}
"""Transverse momentum from which on something is reconstructed, in GeV."""

_STOCHASTIC, _NOISE = 0.028, 0.12
"""Of the calorimeter, in root GeV and GeV."""

_GAP = (1.4442, 1.566)
"""Between the calorimeter's barrel and endcaps nothing is reconstructed in it."""


class Part(NamedTuple):
    """One part of the detector.

    Attributes
    ----------
    eta
        Where it ends, in absolute pseudorapidity.
    efficiency
        Of reconstruction, identification and trigger.
    good, bad
        Relative resolution: the calorimeter's constant term of what has lost little or much
        before it; of a muon, multiple scattering and, both times, the same.
    bad_share
        How often it has lost much.
    rising
        Relative resolution of a muon per GeV of transverse momentum.
    """

    eta: float
    efficiency: float
    good: float
    bad: float
    bad_share: float
    rising: float = 0.0


PARTS: dict[int, tuple[Part, ...]] = {
    ELECTRON: (
        Part(0.8, 0.90, 0.015, 0.024, 0.3),
        Part(1.5, 0.87, 0.022, 0.035, 0.4),
        Part(2.0, 0.80, 0.030, 0.043, 0.5),
        Part(2.5, 0.78, 0.032, 0.045, 0.5),
    ),
    MUON: (
        Part(0.9, 0.96, 0.009, 0.009, 0.0, 1.0e-4),
        Part(1.2, 0.95, 0.012, 0.012, 0.0, 1.5e-4),
        Part(2.4, 0.94, 0.018, 0.018, 0.0, 2.5e-4),
    ),
    PHOTON: (
        Part(0.8, 0.90, 0.010, 0.014, 0.25),
        Part(1.5, 0.88, 0.017, 0.024, 0.4),
        Part(2.0, 0.82, 0.022, 0.032, 0.5),
        Part(2.5, 0.80, 0.026, 0.036, 0.5),
    ),
}
"""By the PDG number of what is measured, from the centre outwards."""


class Measured(NamedTuple):
    """What the detector makes of particles; all shaped like them.

    Attributes
    ----------
    p4
        Measured four-momentum, shape ``[..., 4]``, in GeV.
    resolution
        Relative resolution of its momentum, as the detector knows it.
    found
        Whether it is reconstructed at all.
    """

    p4: Floats
    resolution: Floats
    found: NDArray[np.bool_]


def _looked_up(kind: NDArray[np.int64], eta: Floats) -> Floats:
    """Return the part of the detector of each particle as numbers, shape ``[..., fields]``."""
    out = np.zeros((*eta.shape, len(Part._fields)))
    for number, parts in PARTS.items():
        table = np.array([*parts, Part(np.inf, 0.0, 1.0, 1.0, 0.0)])
        index = np.searchsorted([part.eta for part in parts], np.abs(eta), side="right")
        out = np.where((kind == number)[..., None], table[index], out)
    return out


def measure(p4: Floats, kind: NDArray[np.int64], rng: np.random.Generator) -> Measured:
    """Measure particles.

    Every particle takes three random numbers, found or not.

    Parameters
    ----------
    p4
        Four-momenta, shape ``[..., 4]``, in GeV; zero where there is no particle.
    kind
        ``ELECTRON``, ``MUON``, ``PHOTON``, or 0 where there is no particle.
    """
    energy, pt, eta = p4[..., 3], transverse_momentum(p4), pseudorapidity(p4)
    part = _looked_up(kind, eta)
    _, efficiency, good, bad, bad_share, rising = np.moveaxis(part, -1, 0)
    constant = np.where(rng.random(kind.shape) < bad_share, bad, good)
    here = np.maximum(energy, 1.0)
    calorimeter = np.sqrt(_STOCHASTIC**2 / here + (_NOISE / here) ** 2 + constant**2)
    resolution = np.where(kind == MUON, np.hypot(constant, rising * pt), calorimeter)
    scale = np.maximum(1 + resolution * rng.normal(size=kind.shape), 0.0)
    in_gap = (kind != MUON) & (np.abs(eta) > _GAP[0]) & (np.abs(eta) < _GAP[1])
    least = np.select([kind == number for number in LEAST_PT], list(LEAST_PT.values()), np.inf)
    found = (rng.random(kind.shape) < efficiency) & (pt * scale > least) & ~in_gap
    return Measured(p4 * scale[..., None], resolution, found)
