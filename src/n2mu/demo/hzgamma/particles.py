"""From stable particles to the leptons and photons that a detector may see.

Particles are arrays of shape ``[events, particles]``; where an event has fewer, the rest is zero.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.hzgamma.detector import PHOTON
from n2mu.demo.kinematics import Floats, azimuth, delta_r, pseudorapidity, transverse_momentum

DRESSING, ISOLATION = 0.1, 0.3
"""Radius of the cone that gives a lepton its photons back, and of that which must be empty."""

LEPTON_ISOLATION, PHOTON_ISOLATION = 0.35, 0.15
"""Largest transverse momentum in the cone, relative to what is isolated."""

LEPTONS = PHOTONS = 4
"""As many of each are looked at, those of the largest transverse momentum."""

_LEAST_PT = 3.0
_LEPTON_NUMBERS = (11, 13)


class Particles(NamedTuple):
    """Stable visible particles of events.

    Attributes
    ----------
    p4
        Four-momenta, shape ``[n, particles, 4]``, in GeV.
    number
        PDG numbers, shape ``[n, particles]``; 0 where there is none.
    prompt
        Whether it comes from no decay of a hadron, shape ``[n, particles]``.
    """

    p4: Floats
    number: NDArray[np.int64]
    prompt: NDArray[np.bool_]


class Candidates(NamedTuple):
    """Isolated prompt leptons or photons, by decreasing transverse momentum.

    Attributes
    ----------
    p4
        Four-momenta, shape ``[n, candidates, 4]``, in GeV.
    number
        PDG number, negative for what has positive charge; 0 where there is none.
    """

    p4: Floats
    number: NDArray[np.int64]


def _leading(chosen: NDArray[np.bool_], pt: Floats, count: int) -> NDArray[np.int64]:
    """Return the places of the chosen particles with the largest momenta, ``[n, count]``."""
    order = np.argsort(-np.where(chosen, pt, 0.0), axis=1, kind="stable")
    return order[:, :count]


def _distances(particles: Particles, chosen: NDArray[np.int64]) -> Floats:
    """Return the distance of every particle to the chosen ones, ``[n, chosen, particles]``."""
    eta, phi = pseudorapidity(particles.p4), azimuth(particles.p4)
    own_eta, own_phi = np.take_along_axis(eta, chosen, 1), np.take_along_axis(phi, chosen, 1)
    return delta_r(own_eta[..., None], own_phi[..., None], eta[:, None], phi[:, None])


def leptons_and_photons(particles: Particles) -> tuple[Candidates, Candidates]:
    """Return isolated prompt leptons, dressed with photons, and the other isolated photons.

    A prompt photon within the dressing cone of a prompt lepton belongs to the nearest one: it adds
    to that lepton's momentum, and is no candidate.
    """
    pt = transverse_momentum(particles.p4)
    number = particles.number
    leptonic = np.isin(np.abs(number), _LEPTON_NUMBERS) & particles.prompt & (pt > _LEAST_PT)
    photonic = (number == PHOTON) & particles.prompt
    places = _leading(leptonic, pt, LEPTONS)
    exists = np.take_along_axis(leptonic, places, 1)
    distance = _distances(particles, places)
    distance[~exists] = np.inf
    nearest = np.arange(places.shape[1])[:, None] == distance.argmin(axis=1)[:, None]
    dresses = photonic[:, None] & (distance < DRESSING) & nearest
    dressed = np.take_along_axis(particles.p4, places[..., None], 1)
    dressed = dressed + np.einsum("nlp,npq->nlq", dresses.astype(float), particles.p4)
    used = dresses.any(axis=1)
    itself = np.arange(pt.shape[1]) == places[..., None]
    isolated = _isolated(
        pt, distance, itself | dresses, transverse_momentum(dressed), LEPTON_ISOLATION
    )
    leptons = _candidates(dressed, np.take_along_axis(number, places, 1), exists & isolated)

    photonic &= ~used & (pt > _LEAST_PT)
    places = _leading(photonic, pt, PHOTONS)
    exists = np.take_along_axis(photonic, places, 1)
    p4 = np.take_along_axis(particles.p4, places[..., None], 1)
    itself = np.arange(pt.shape[1]) == places[..., None]
    isolated = _isolated(
        pt, _distances(particles, places), itself, transverse_momentum(p4), PHOTON_ISOLATION
    )
    return leptons, _candidates(p4, np.take_along_axis(number, places, 1), exists & isolated)


def _isolated(
    pt: Floats, distance: Floats, own: NDArray[np.bool_], own_pt: Floats, largest: float
) -> NDArray[np.bool_]:
    """Return what has little else around it, shape ``[n, candidates]``."""
    around = np.sum(np.where((distance < ISOLATION) & ~own, pt[:, None], 0.0), axis=2)
    return np.asarray(around < largest * own_pt)


def _candidates(p4: Floats, number: NDArray[np.int64], good: NDArray[np.bool_]) -> Candidates:
    return Candidates(np.where(good[..., None], p4, 0.0), np.where(good, number, 0))
