"""Decays of the heavy particles in chains of two-body decays, down to stable leaves."""

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, mass, two_body
from n2mu.demo.tth.modes import JETS, Leaf
from n2mu.demo.tth.processes import GEV, MASS
from n2mu.demo.tth.spectra import resonance_mass, species
from n2mu.demo.tth.strata import Strata

_JET_MASS = 5 * GEV
_RHO, _A1, _PION = 0.775 * GEV, 1.23 * GEV, 0.14 * GEV

_POLARISATION = {"W": -1.0, "Z": -0.15, "H": 0.0}
"""Of tau leptons by the boson that they come from: left-handed from a W boson, the asymmetry
measured at LEP from a Z boson, none from a scalar."""

_ANALYSING_POWER, _OF_LEPTON = (1.0, 0.45, 0.02), -0.33
"""How much the decay to a pion, rho or a1 meson, or to a lepton, follows the polarisation.
A vector meson of mass m follows it by (M^2 - 2 m^2) / (M^2 + 2 m^2), M the tau lepton's mass
(Y. S. Tsai, Phys. Rev. D 4 (1971) 2821)."""


def _leaf_mass(leaf: NDArray[np.int8]) -> Floats:
    """Return the mass that a leaf has before a tau lepton decays."""
    result = np.zeros(len(leaf))
    result[np.isin(leaf, (Leaf.TAU_LEPTON, Leaf.TAU_HADRON))] = MASS["tau"]
    result[np.isin(leaf, JETS)] = _JET_MASS
    return result


def _boson(
    parent: Floats, leaves: NDArray[np.int8], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Decay bosons to two leaves each; ``leaves`` has shape ``[n, 2]``."""
    return two_body(parent, _leaf_mass(leaves[:, 0]), _leaf_mass(leaves[:, 1]), rng)


def _higgs(
    parent: Floats, leaves: NDArray[np.int8], pairs: NDArray[np.int8], rng: np.random.Generator
) -> Floats:
    """Decay Higgs bosons to two or four leaves, shape ``[n, 4, 4]``."""
    out = np.zeros((len(parent), 4, 4))
    direct = pairs == 0
    out[direct, 0], out[direct, 1] = _boson(parent[direct], leaves[direct, :2], rng)
    for code, boson in ((1, "W"), (2, "Z")):
        chosen = np.flatnonzero(pairs == code)
        # one boson lies near its mass shell, what is left bounds the other one
        total = mass(parent[chosen])
        first = np.minimum(resonance_mass(boson, len(chosen), rng), 0.8 * total)
        largest = total - first - 1 * GEV
        second = 12 * GEV + (largest - 12 * GEV) * rng.beta(3.0, 2.0, len(chosen))
        swapped = rng.random(len(chosen)) < 0.5
        one, two = two_body(
            parent[chosen], np.where(swapped, second, first), np.where(swapped, first, second), rng
        )
        out[chosen, 0], out[chosen, 1] = _boson(one, leaves[chosen, :2], rng)
        out[chosen, 2], out[chosen, 3] = _boson(two, leaves[chosen, 2:], rng)
    return out


def decay_heavy(
    heavy: tuple[str, ...],
    p4: Floats,
    strata: Strata,
    topology: NDArray[np.int32],
    rng: np.random.Generator,
) -> Floats:
    """Decay every heavy particle of every event into its leaf slots.

    Parameters
    ----------
    heavy
        Names of the heavy particles.
    p4
        Their four-momenta, shape ``[n, heavy particles, 4]``.
    topology
        Which decays, shape ``[n]``.

    Returns
    -------
    array
        Four-momenta of the leaves, shape ``[n, slots, 4]``; a tau lepton has not decayed yet.
    """
    leaves = strata.leaves[topology]
    out = np.zeros((*leaves.shape, 4))
    for index, name in enumerate(heavy):
        first, last = strata.slots_of[index]
        parent, own = p4[:, index], leaves[:, first:last]
        if name in ("b", "q"):
            out[:, first] = parent
            continue
        if name == "H":
            out[:, first:last] = _higgs(parent, own, strata.pairs[topology], rng)
            continue
        if species(name) == "t":
            b_mass = np.full(len(parent), _JET_MASS)
            out[:, first], parent = two_body(
                parent, b_mass, resonance_mass("W", len(parent), rng), rng
            )
            first, own = first + 1, own[:, 1:]
        out[:, first], out[:, first + 1] = _boson(parent, own, rng)
    return out


def tau_polarisation(heavy: tuple[str, ...], strata: Strata, topology: NDArray[np.int32]) -> Floats:
    """Return the mean polarisation of the tau lepton in each leaf slot, shape ``[n, slots]``.

    That of a negative tau; a positive one has the opposite, and its decay the opposite
    asymmetry.
    """
    out = np.full(strata.leaves[topology].shape, _POLARISATION["W"])
    for (first, last), name in zip(strata.slots_of, heavy, strict=True):
        if name == "Z":
            out[:, first:last] = _POLARISATION["Z"]
        if name == "H":
            of_pair = np.array([_POLARISATION[boson] for boson in ("H", "W", "Z")])
            out[:, first:last] = of_pair[strata.pairs[topology]][:, None]
    return out


def decay_taus(
    p4: Floats, leaf: NDArray[np.int8], polarisation: Floats, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int8]]:
    """Decay tau leptons to their visible part.

    Parameters
    ----------
    p4
        Four-momenta of tau leptons, shape ``[n, 4]``.
    leaf
        ``TAU_LEPTON`` or ``TAU_HADRON``, shape ``[n]``.
    polarisation
        As of ``tau_polarisation``, shape ``[n]``.

    Returns
    -------
    tuple
        Four-momenta of what is visible, and the number of charged particles (1 or 3).
    """
    events = len(p4)
    hadronic = leaf == Leaf.TAU_HADRON
    kind = rng.choice(3, size=events, p=[0.18, 0.57, 0.25])
    hadron = np.choose(kind, [_PION, _RHO, _A1]) * np.where(
        kind == 0, 1.0, np.exp(0.1 * rng.normal(size=events))
    )
    # two neutrinos of a leptonic decay, as one system of sampled mass
    neutrinos = MASS["tau"] * np.sqrt(rng.beta(1.6, 1.4, events)) * 0.98
    visible, _ = two_body(
        p4,
        np.where(hadronic, np.minimum(hadron, 0.98 * MASS["tau"]), 0.0),
        np.where(hadronic, 0.0, neutrinos),
        rng,
        polarisation * np.where(hadronic, np.array(_ANALYSING_POWER)[kind], _OF_LEPTON),
    )
    return visible, np.where(hadronic & (kind == 2), 3, 1).astype(np.int8)
