"""Parametric spectra of the heavy particles and of the extra jets.

No matrix element: transverse momenta from gamma distributions, balanced against
each other, and rapidities from Gaussian distributions.
"""

import numpy as np

from n2mu.demo.kinematics import Floats, from_momentum, from_pt_eta_phi
from n2mu.demo.tth.processes import GEV, MASS, Process
from n2mu.demo.tth.strata import MAX_EXTRA_JETS

_WIDTH = {"t": 1.4 * GEV, "H": 0.004 * GEV, "W": 2.1 * GEV, "Z": 2.5 * GEV}
_JET_THRESHOLD = 20 * GEV
_SPECTATOR_RAPIDITY, _SPECTATOR_PT = 1.8, 50 * GEV


def species(name: str) -> str:
    """Return the particle of a name such as ``tbar`` or ``W+``."""
    return "t" if name == "tbar" else name[0]


def resonance_mass(name: str, events: int, rng: np.random.Generator) -> Floats:
    """Sample a Breit-Wigner mass in MeV, cut at eight widths; quarks have none."""
    if name not in _WIDTH:
        return np.full(events, MASS[name])
    uniform = rng.uniform(-0.46, 0.46, events)
    return MASS[name] + 0.5 * _WIDTH[name] * np.tan(np.pi * uniform)


def extra_jets(count: np.ndarray, mean: float, rng: np.random.Generator) -> Floats:
    """Sample jets from radiation; those beyond an event's number vanish.

    Parameters
    ----------
    count
        Number of extra jets per event, shape ``[n]``.
    mean
        Mean transverse momentum above the threshold, in MeV.

    Returns
    -------
    array
        Shape ``[n, MAX_EXTRA_JETS, 4]``, MeV.
    """
    shape = (len(count), MAX_EXTRA_JETS)
    pt = _JET_THRESHOLD + rng.gamma(0.9, mean / 0.9, shape)
    eta = rng.normal(0.0, 1.7, shape).clip(-4.8, 4.8)
    phi = rng.uniform(-np.pi, np.pi, shape)
    jets = from_pt_eta_phi(pt, eta, phi, 0.08 * pt)
    jets[np.arange(MAX_EXTRA_JETS) >= count[:, None]] = 0.0
    return jets


def _spectrum(process: Process, name: str) -> tuple[float, float]:
    """Return the mean transverse momentum of a particle and the width of its rapidity."""
    if name in ("b", "q"):
        return _SPECTATOR_PT, _SPECTATOR_RAPIDITY
    if process.radiated is not None and species(name) != "t":
        return process.radiated
    return process.transverse_momentum, process.rapidity


def heavy_particles(process: Process, recoil: Floats, rng: np.random.Generator) -> Floats:
    """Sample the heavy particles of the hard process, balanced against the recoil.

    Parameters
    ----------
    process
        The row of the table of processes.
    recoil
        Sum of the extra jets, shape ``[n, 4]``.

    Returns
    -------
    array
        Four-momenta, shape ``[n, heavy particles, 4]``, MeV; with the recoil
        their transverse momenta add up to zero.
    """
    events, number = len(recoil), len(process.heavy)
    means, widths = np.array([_spectrum(process, name) for name in process.heavy]).T
    pt = rng.gamma(2.2, means / 2.2, (events, number))
    phi = rng.uniform(-np.pi, np.pi, (events, number))
    px, py = pt * np.cos(phi), pt * np.sin(phi)
    px -= (px.sum(axis=1) + recoil[:, 0])[:, None] / number
    py -= (py.sum(axis=1) + recoil[:, 1])[:, None] / number
    rapidity = rng.normal(0.0, process.boost, (events, 1))
    rapidity = rapidity + rng.normal(0.0, 1.0, (events, number)) * widths
    masses = np.stack([resonance_mass(species(n), events, rng) for n in process.heavy], axis=1)
    pz = np.sqrt(masses**2 + px**2 + py**2) * np.sinh(rapidity)
    return from_momentum(px, py, pz, masses)
