"""Kinematics of two leptons and a photon, computed from their four-vectors.

Four-vectors are arrays of shape ``[events, 4]``: (px, py, pz, E) in GeV.  What is returned has
shape ``[events]``.
"""

from typing import NamedTuple

import numpy as np

from n2mu.demo.kinematics import (
    Floats,
    azimuth,
    boost,
    delta_r,
    mass,
    pseudorapidity,
    transverse_momentum,
)


class Angles(NamedTuple):
    """Production and decay angles of a resonance that decays to a Z boson and a photon.

    The frames are those of J. Gainer, W.-Y. Keung, I. Low and P. Schwaller, Phys. Rev. D 86
    (2012) 033010, arXiv:1112.1405; the beam axis of a resonance with transverse momentum is that
    of J. Collins and D. Soper, Phys. Rev. D 16 (1977) 2219.

    Attributes
    ----------
    cos_production
        Of the Z boson's flight to the beam axis in the rest frame of the resonance (capital
        theta).
    cos_decay
        Of the negative lepton's flight in the rest frame of the Z boson to the flight of the
        Z boson in the rest frame of the resonance (theta).
    phi_decay
        Azimuth of the negative lepton about the flight of the Z boson, in (-pi, pi].  It is
        counted from the plane of the beam axis and the Z boson; the second axis points along
        the beam axis times the flight of the Z boson.
    """

    cos_production: Floats
    cos_decay: Floats
    phi_decay: Floats


def _unit(vectors: Floats) -> Floats:
    result: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return result


def _dot(one: Floats, other: Floats) -> Floats:
    result: Floats = np.sum(one * other, axis=-1)
    return result


def to_rest_frame(p4: Floats, frame: Floats) -> Floats:
    """Boost vectors into the rest frame of ``frame``, shape ``[n, 4]`` each."""
    return boost(p4, frame * np.array([-1.0, -1.0, -1.0, 1.0]))


def beam_axis(resonance: Floats) -> Floats:
    """Return the beam axis in the rest frame of a resonance, shape ``[n, 3]``, of length one.

    It halves the angle between the first beam, along +z, and the reverse of the second one.
    """
    first = np.broadcast_to(np.array([0.0, 0.0, 1.0, 1.0]), resonance.shape)
    second = np.broadcast_to(np.array([0.0, 0.0, -1.0, 1.0]), resonance.shape)
    return _unit(
        _unit(to_rest_frame(first, resonance)[:, :3])
        - _unit(to_rest_frame(second, resonance)[:, :3])
    )


def angles(negative: Floats, positive: Floats, photon: Floats) -> Angles:
    """Return the production and decay angles.

    Parameters
    ----------
    negative, positive
        Four-momenta of the leptons by their charge.
    photon
        Four-momentum of the photon.
    """
    z_boson = negative + positive
    resonance = z_boson + photon
    beam = beam_axis(resonance)
    z_there = to_rest_frame(z_boson, resonance)
    flight = _unit(z_there[:, :3])
    # by way of the rest frame of the resonance, where the flight of the Z boson is defined
    lepton = _unit(to_rest_frame(to_rest_frame(negative, resonance), z_there)[:, :3])
    across = _unit(np.cross(beam, flight))
    within = np.cross(across, flight)
    return Angles(
        _dot(beam, flight),
        _dot(lepton, flight),
        np.arctan2(_dot(lepton, across), _dot(lepton, within)),
    )


def thrust_transverse_momentum(one: Floats, other: Floats) -> Floats:
    """Return the part of a pair's transverse momentum across its transverse thrust axis, in GeV.

    The axis is the difference of the two transverse momenta (M. Vesterinen and T. Wyatt, Nucl.
    Instrum. Meth. A 602 (2009) 432, arXiv:0807.4956); 0 where both are the same.
    """
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    length = transverse_momentum(one - other)
    result: Floats = np.divide(
        2 * np.abs(cross), length, out=np.zeros_like(length), where=length > 0
    )
    return result


def distances(negative: Floats, positive: Floats, photon: Floats) -> tuple[Floats, Floats]:
    """Return the smaller and the larger distance of a lepton to the photon in eta and phi."""
    eta, phi = pseudorapidity(photon), azimuth(photon)
    one = delta_r(pseudorapidity(negative), azimuth(negative), eta, phi)
    other = delta_r(pseudorapidity(positive), azimuth(positive), eta, phi)
    return np.minimum(one, other), np.maximum(one, other)


def mass_resolution(p4: Floats, resolutions: Floats) -> Floats:
    """Return the resolution of an invariant mass from those of its massless constituents, in GeV.

    The square of the mass is the sum of the squared masses of all pairs, each in proportion to
    the momenta of both.  Directions are taken as exact.

    Parameters
    ----------
    p4
        Four-momenta of the constituents, shape ``[n, constituents, 4]``.
    resolutions
        Relative resolutions of their momenta, shape ``[n, constituents]``.
    """
    total = np.sum(p4, axis=1)
    # a constituent's scalar product with all others: half of its share of the squared mass
    with_all = p4[..., 3] * total[:, None, 3] - np.sum(p4[..., :3] * total[:, None, :3], axis=-1)
    result: Floats = np.sqrt(np.sum((with_all * resolutions) ** 2, axis=1)) / mass(total)
    return result
