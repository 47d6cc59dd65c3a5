"""Events before the detector: stable leaves, radiation and what will be misidentified.

Misidentification is decided here, on what is true, so that it is the same in the
nominal tree and in every variation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.decays import decay_heavy, decay_taus
from n2mu.demo.kinematics import Floats, pseudorapidity, transverse_momentum
from n2mu.demo.processes import CHANNELS, GEV, PROCESSES, Leaf
from n2mu.demo.spectra import extra_jets, heavy_particles
from n2mu.demo.strata import C_FRACTION, FAKE_TAU, MAX_EXTRA_JETS, NON_PROMPT, Strata, strata

JETS = (Leaf.LIGHT_JET, Leaf.C_JET, Leaf.B_JET)
LEPTONS = (Leaf.LEPTON, Leaf.TAU_LEPTON)
_MISIDENTIFIED_PT, _MISIDENTIFIED_ETA = 22 * GEV, 2.4


@dataclass(frozen=True)
class Truth:
    """Generated events; the second axis of every array of leaves is the slot.

    The slots are the leaves of the heavy particles, the extra jets, and last the
    non-prompt lepton, if there is one.

    Attributes
    ----------
    p4
        Visible four-momenta, shape ``[n, slots, 4]``, MeV.
    leaf, charge, flavour, prongs
        What it is, its charge, the PDG number of a light lepton (11 or 13), the charged
        particles of a hadronic tau; shape ``[n, slots]``.
    fake_tau, flipped, non_prompt
        What will be misidentified, shape ``[n, slots]``.
    invisible
        Transverse momentum of all neutrinos, shape ``[n, 2]``, MeV.
    weight
        True over sampled probability, shape ``[n]``.
    radiation, scale
        Number of extra jets, and scalar sum of the heavy particles' transverse
        momenta in MeV: what the theory variations depend on.
    """

    p4: Floats
    leaf: NDArray[np.int8]
    charge: NDArray[np.int8]
    flavour: NDArray[np.int8]
    prongs: NDArray[np.int8]
    fake_tau: NDArray[np.bool_]
    flipped: NDArray[np.bool_]
    non_prompt: NDArray[np.bool_]
    invisible: Floats
    weight: Floats
    radiation: NDArray[np.int8]
    scale: Floats

    def take(self, rows: NDArray[np.int64]) -> "Truth":
        """Return the chosen events."""
        return Truth(**{name: values[rows] for name, values in vars(self).items()})


def _choose(likelihood: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Choose one slot per event in proportion to its likelihood, shape ``[n, slots]``."""
    cumulative = np.cumsum(likelihood, axis=1)
    threshold = rng.random(len(likelihood)) * cumulative[:, -1]
    chosen = np.sum(cumulative <= threshold[:, None], axis=1)
    return np.asarray(np.minimum(chosen, likelihood.shape[1] - 1))


def _likelihood(leaf: NDArray[np.int8], p4: Floats, table: dict[Leaf, float]) -> Floats:
    """Return how likely each jet is misidentified; within the acceptance, where there is one."""
    accepted = (transverse_momentum(p4) > _MISIDENTIFIED_PT) & (
        np.abs(pseudorapidity(p4)) < _MISIDENTIFIED_ETA
    )
    result = np.zeros(leaf.shape)
    for kind, rate in table.items():
        result[leaf == kind] = rate
    return result * np.where(accepted, 1.0, 1e-6)


def generate(dsid: int, events: int, rng: np.random.Generator) -> Truth:
    """Generate events of a data set.

    Parameters
    ----------
    dsid
        Data set number.
    events
        How many.
    rng
        The stream of random numbers.
    """
    channel = CHANNELS[dsid]
    process = PROCESSES[channel.process]
    table = strata(dsid)
    drawn = rng.choice(len(table.sampled), size=events, p=table.sampled)
    topology, radiation = table.topology[drawn], table.extra_jets[drawn]
    jets = extra_jets(radiation, rng)
    heavy = heavy_particles(process, jets.sum(axis=1), rng)
    leaves = decay_heavy(process.heavy, heavy, table, topology, rng)

    decayed = leaves.shape[1]
    p4 = np.zeros((events, decayed + MAX_EXTRA_JETS + 1, 4))
    p4[:, :decayed] = leaves
    p4[:, decayed:-1] = jets
    leaf = np.zeros(p4.shape[:2], dtype=np.int8)
    charge = np.zeros(p4.shape[:2], dtype=np.int8)
    leaf[:, :decayed] = table.leaves[topology]
    charge[:, :decayed] = table.charges[topology]
    leaf[:, decayed:-1] = _radiated_flavour(radiation, process.heavy_flavour, rng)

    prongs = np.zeros(leaf.shape, dtype=np.int8)
    taus = np.isin(leaf, (Leaf.TAU_LEPTON, Leaf.TAU_HADRON))
    full = p4[taus]
    p4[taus], prongs[taus] = decay_taus(full, leaf[taus], rng)
    invisible = np.sum(p4 * (leaf == Leaf.INVISIBLE)[..., None], axis=1)[:, :2]
    neutrinos = np.zeros_like(p4)
    neutrinos[taus] = full - p4[taus]
    invisible = invisible + neutrinos.sum(axis=1)[:, :2]
    p4[leaf == Leaf.INVISIBLE] = 0.0

    weight = (table.probability / table.sampled)[drawn]
    flipped, flip_weight = _flip(leaf, charge, table, drawn, channel.flavour, process.heavy, rng)
    flavour = _flavours(leaf, flipped, table, channel.flavour, process.heavy, rng)
    charge[flipped] *= -1
    fake_tau = _fake_taus(p4, leaf, charge, prongs, table.fake_tau[drawn], rng)
    non_prompt = _non_prompt(p4, leaf, charge, fake_tau, table.misidentification[drawn], rng)
    return Truth(
        p4=p4,
        leaf=leaf,
        charge=charge,
        flavour=flavour,
        prongs=prongs,
        fake_tau=fake_tau,
        flipped=flipped,
        non_prompt=non_prompt,
        invisible=invisible,
        weight=weight * flip_weight,
        radiation=radiation,
        scale=transverse_momentum(heavy).sum(axis=1),
    )


def _radiated_flavour(
    radiation: NDArray[np.int8], heavy_flavour: float, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return the flavour of the extra jets, shape ``[n, MAX_EXTRA_JETS]``."""
    uniform = rng.random((len(radiation), MAX_EXTRA_JETS))
    flavour = np.where(uniform < heavy_flavour + C_FRACTION, Leaf.C_JET, JETS[0])
    flavour = np.where(uniform < heavy_flavour, Leaf.B_JET, flavour)
    exists = np.arange(MAX_EXTRA_JETS) < radiation[:, None]
    return np.where(exists, flavour, Leaf.INVISIBLE).astype(np.int8)


def _z_slots(table: Strata, heavy: tuple[str, ...], slots: int) -> NDArray[np.bool_]:
    """Tell which slots belong to a Z boson of the hard process."""
    result = np.zeros(slots, dtype=np.bool_)
    for name, (first, last) in zip(heavy, table.slots_of, strict=True):
        result[first:last] = name == "Z"
    return result


def _flip(
    leaf: NDArray[np.int8],
    charge: NDArray[np.int8],
    table: Strata,
    drawn: NDArray[np.int64],
    flavour: int | None,
    heavy: tuple[str, ...],
    rng: np.random.Generator,
) -> tuple[NDArray[np.bool_], Floats]:
    """Choose the lepton whose charge is mistaken, and the weight of its being an electron."""
    kind = table.misidentification[drawn]
    sign = np.where(kind == 3, 1, np.where(kind == 4, -1, 0))
    candidate = np.isin(leaf, LEPTONS) & (charge == sign[:, None]) & (sign != 0)[:, None]
    electron = np.full(leaf.shape[1], 0.5)
    if flavour is not None:
        electron[_z_slots(table, heavy, leaf.shape[1])] = 1.0 if flavour == 11 else 0.0
    likelihood = candidate * electron
    flipped = np.zeros(leaf.shape, dtype=np.bool_)
    rows = np.flatnonzero(likelihood.sum(axis=1) > 0)
    flipped[rows, _choose(likelihood[rows], rng)] = True
    expected = 0.5 * candidate.sum(axis=1)
    weight = np.ones(len(leaf))
    np.divide(likelihood.sum(axis=1), expected, out=weight, where=expected > 0)
    return flipped, weight


def _flavours(
    leaf: NDArray[np.int8],
    electron: NDArray[np.bool_],
    table: Strata,
    flavour: int | None,
    heavy: tuple[str, ...],
    rng: np.random.Generator,
) -> NDArray[np.int8]:
    """Choose electron or muon for each light lepton; both leptons of a Z boson are alike."""
    result = np.where(rng.random(leaf.shape) < 0.5, 11, 13).astype(np.int8)
    if flavour is not None:
        result[:, _z_slots(table, heavy, leaf.shape[1])] = flavour
    result[electron] = 11
    for first, last in table.slots_of:
        for slot in range(first, last - 1, 2):
            pair = (leaf[:, slot] == Leaf.LEPTON) & (leaf[:, slot + 1] == Leaf.LEPTON)
            result[pair & electron[:, slot + 1], slot] = 11
            result[pair, slot + 1] = result[pair, slot]
    return result


def _fake_taus(
    p4: Floats,
    leaf: NDArray[np.int8],
    charge: NDArray[np.int8],
    prongs: NDArray[np.int8],
    wanted: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Choose the jet that is taken for a tau; its momentum, charge and prongs become a tau's."""
    fake = np.zeros(leaf.shape, dtype=np.bool_)
    rows = np.flatnonzero(wanted)
    slots = _choose(_likelihood(leaf[rows], p4[rows], FAKE_TAU), rng)
    fake[rows, slots] = True
    p4[rows, slots] *= rng.uniform(0.6, 1.0, len(rows))[:, None]
    charge[rows, slots] = np.where(rng.random(len(rows)) < 0.5, 1, -1)
    prongs[rows, slots] = np.where(rng.random(len(rows)) < 0.6, 1, 3)
    return fake


def _non_prompt(
    p4: Floats,
    leaf: NDArray[np.int8],
    charge: NDArray[np.int8],
    fake_tau: NDArray[np.bool_],
    kind: NDArray[np.int8],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Let a jet give a light lepton in the last slot; what is left of the jet stays."""
    non_prompt = np.zeros(leaf.shape, dtype=np.bool_)
    rows = np.flatnonzero((kind == 1) | (kind == 2))
    likelihood = _likelihood(leaf[rows], p4[rows], NON_PROMPT) * np.where(fake_tau[rows], 1e-12, 1)
    slots = _choose(likelihood, rng)
    share = rng.beta(4.0, 3.0, len(rows))[:, None]
    p4[rows, -1] = share * p4[rows, slots]
    p4[rows, slots] *= 1 - share
    leaf[rows, -1] = Leaf.LEPTON
    charge[rows, -1] = np.where(kind[rows] == 1, 1, -1)
    non_prompt[rows, -1] = True
    return non_prompt
