"""Four-vectors in bulk: arrays whose last axis is (px, py, pz, E), in MeV or GeV."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def from_momentum(px: Floats, py: Floats, pz: Floats, mass: Floats | float) -> Floats:
    """Return four-vectors of given momentum and mass, shape ``[..., 4]``."""
    energy: Floats = np.sqrt(px**2 + py**2 + pz**2 + np.square(mass))
    return np.stack([px, py, pz, energy], axis=-1)


def from_pt_eta_phi(pt: Floats, eta: Floats, phi: Floats, mass: Floats | float) -> Floats:
    """Return four-vectors of given transverse momentum and direction, shape ``[..., 4]``."""
    return from_momentum(pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), mass)


def mass(p4: Floats) -> Floats:
    """Return the invariant mass of four-vectors; 0 where rounding makes its square negative."""
    squared = p4[..., 3] ** 2 - np.sum(p4[..., :3] ** 2, axis=-1)
    result: Floats = np.sqrt(np.maximum(squared, 0.0))
    return result


def transverse_momentum(p4: Floats) -> Floats:
    """Return the transverse momentum of four-vectors."""
    return np.hypot(p4[..., 0], p4[..., 1])


def pseudorapidity(p4: Floats) -> Floats:
    """Return the pseudorapidity; of a vanishing vector 0, along the beam at most 20 or so."""
    pt = np.maximum(transverse_momentum(p4), 1e-3)
    return np.arcsinh(p4[..., 2] / pt)


def azimuth(p4: Floats) -> Floats:
    """Return the azimuthal angle in (-pi, pi]."""
    return np.arctan2(p4[..., 1], p4[..., 0])


def delta_phi(one: Floats, other: Floats) -> Floats:
    """Return the signed difference of azimuthal angles in (-pi, pi], in [-pi, pi)."""
    difference = one - other
    difference -= 2 * np.pi * (difference >= np.pi)
    difference += 2 * np.pi * (difference < -np.pi)
    return np.asarray(difference)


def delta_r(eta_one: Floats, phi_one: Floats, eta_other: Floats, phi_other: Floats) -> Floats:
    """Return the distance in the plane of pseudorapidity and azimuth."""
    return np.hypot(eta_one - eta_other, delta_phi(phi_one, phi_other))


def boost(p4: Floats, frame: Floats) -> Floats:
    """Boost vectors from the rest frame of ``frame`` into the frame it is given in.

    Parameters
    ----------
    p4
        Vectors in the rest frame, shape ``[n, 4]``.
    frame
        Four-momenta of the massive systems, shape ``[n, 4]``.
    """
    rest_mass = mass(frame)
    beta_gamma = frame[..., :3] / rest_mass[..., None]
    gamma = frame[..., 3] / rest_mass
    along = np.sum(beta_gamma * p4[..., :3], axis=-1)
    energy = gamma * p4[..., 3] + along
    momentum = p4[..., :3] + beta_gamma * ((along / (gamma + 1) + p4[..., 3])[..., None])
    return np.concatenate([momentum, energy[..., None]], axis=-1)


def two_body(
    parent: Floats,
    mass_one: Floats,
    mass_two: Floats,
    rng: np.random.Generator,
    asymmetry: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Decay systems in their rest frames, isotropically or along their flight.

    Parameters
    ----------
    parent
        Four-momenta, shape ``[n, 4]``.
    mass_one, mass_two
        Masses of the daughters, shape ``[n]``; their sum must not exceed the parent's.
    asymmetry
        The first daughter's angle to the parent's flight is distributed as 1 + asymmetry
        times its cosine, shape ``[n]``, between -1 and 1.

    Returns
    -------
    tuple
        Four-momenta of the daughters, shape ``[n, 4]`` each; they add up to the parent's.
    """
    total = mass(parent)
    cosine = rng.uniform(-1.0, 1.0, len(parent))
    angle = rng.uniform(-np.pi, np.pi, len(parent))
    product = (total**2 - (mass_one + mass_two) ** 2) * (total**2 - (mass_one - mass_two) ** 2)
    momentum = np.sqrt(np.maximum(product, 0.0)) / (2 * total)
    sine = np.sqrt(1 - cosine**2)
    direction = np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine], axis=-1)
    if asymmetry is not None:
        flight = parent[..., :3] / np.linalg.norm(parent[..., :3], axis=-1)[:, None]
        along = np.sum(direction * flight, axis=-1)
        backwards = rng.uniform(-1.0, 1.0, len(parent)) > asymmetry * along
        direction[backwards] *= -1
    px, py, pz = (momentum[:, None] * direction).T
    first = from_momentum(px, py, pz, mass_one)
    daughter = boost(first, parent)
    return daughter, parent - daughter
