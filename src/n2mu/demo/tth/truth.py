"""Events before the detector: stable leaves, radiation and what will be misidentified."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, transverse_momentum
from n2mu.demo.tth.datasets import DATA_SETS
from n2mu.demo.tth.decays import decay_heavy, decay_taus, tau_polarisation
from n2mu.demo.tth.misidentify import misidentify
from n2mu.demo.tth.modes import JETS, LEPTONS, Leaf
from n2mu.demo.tth.processes import GEV, PROCESSES
from n2mu.demo.tth.rates import Enrichment
from n2mu.demo.tth.spectra import extra_jets, heavy_particles
from n2mu.demo.tth.strata import MAX_EXTRA_JETS, Strata, strata

C_FRACTION = 0.08
"""Fraction of extra jets with a c quark."""

_LEPTON_PT, _TAU_PT = 6 * GEV, 13 * GEV
"""Below these no variation makes a reconstructed object of a leaf."""

_SOFT_JET_PT = 12 * GEV


@dataclass(frozen=True)
class Truth:
    """Generated events; the second axis of every array of leaves is the slot.

    The slots are the leaves of the heavy particles and the extra jets.

    Attributes
    ----------
    p4
        Visible four-momenta, shape ``[n, slots, 4]``, MeV.
    leaf, charge, flavour, prongs
        What it is (or is taken for), its charge, the PDG number of a light lepton (11 or
        13), the charged particles of a hadronic tau; shape ``[n, slots]``.
    fake, identified, buried, flipped
        Which leptons and taus are fakes, which of these pass the prompt-lepton veto or the
        tau identification, which taus are those of b hadrons, and which electrons have the
        wrong charge, shape ``[n, slots]``.
    invisible
        Transverse momentum of all neutrinos, shape ``[n, 2]``, MeV.
    weight
        True over sampled probability, shape ``[n]``.
    number, stratum
        Which of the generated events it is, and of which stratum, shape ``[n]``.
    """

    p4: Floats
    leaf: NDArray[np.int8]
    charge: NDArray[np.int8]
    flavour: NDArray[np.int8]
    prongs: NDArray[np.int8]
    fake: NDArray[np.bool_]
    identified: NDArray[np.bool_]
    buried: NDArray[np.bool_]
    flipped: NDArray[np.bool_]
    invisible: Floats
    weight: Floats
    number: NDArray[np.int64]
    stratum: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "Truth":
        """Return the chosen events."""
        return Truth(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class HardProcess:
    """What theory variations depend on, of all generated events; shape ``[n]``.

    Attributes
    ----------
    weight
        True over sampled probability of the stratum.
    radiation, scale
        Number of extra jets, and scalar sum of the heavy particles' transverse
        momenta in MeV.
    """

    weight: Floats
    radiation: NDArray[np.int8]
    scale: Floats


def generate(
    dsid: int,
    events: int,
    enrichment: Enrichment,
    rng: np.random.Generator,
    table: Strata | None = None,
) -> tuple[HardProcess, Truth]:
    """Generate events of a data set.

    Parameters
    ----------
    dsid
        Data set number.
    events
        How many.
    enrichment
        How much more often rare ones are generated.
    rng
        The stream of random numbers.
    table
        Strata with other shares than those of the enrichment.

    Returns
    -------
    tuple
        The hard process of all events, and those of them that may have two light leptons
        and a tau candidate in some variation.
    """
    data_set = DATA_SETS[dsid]
    process = PROCESSES[data_set.process]
    table = strata(dsid, enrichment) if table is None else table
    drawn = np.searchsorted(np.cumsum(table.sampled), rng.random(events))
    drawn = np.minimum(drawn, len(table.sampled) - 1)
    topology, radiation = table.topology[drawn], table.extra_jets[drawn]
    jets = extra_jets(radiation, process.jet_momentum, rng)
    heavy = heavy_particles(process, jets.sum(axis=1), rng)
    leaves = decay_heavy(process.heavy, heavy, table, topology, rng)

    decayed = leaves.shape[1]
    p4 = np.concatenate([leaves, jets], axis=1)
    leaf = np.zeros(p4.shape[:2], dtype=np.int8)
    charge = np.zeros(p4.shape[:2], dtype=np.int8)
    leaf[:, :decayed] = table.leaves[topology]
    charge[:, :decayed] = table.charges[topology]
    leaf[:, decayed:] = _radiated_flavour(radiation, process.heavy_flavour, rng)

    prongs = np.zeros(leaf.shape, dtype=np.int8)
    invisible = np.sum(p4[..., :2] * (leaf == Leaf.INVISIBLE)[..., None], axis=1)
    taus = np.nonzero((leaf == Leaf.TAU_LEPTON) | (leaf == Leaf.TAU_HADRON))
    full = p4[taus]
    polarisation = tau_polarisation(process.heavy, table, topology)[taus]
    p4[taus], prongs[taus] = decay_taus(full, leaf[taus], polarisation, rng)
    np.add.at(invisible, taus[0], (full - p4[taus])[:, :2])
    p4[leaf == Leaf.INVISIBLE] = 0.0

    flavour = _flavours(leaf, table, data_set.flavour, process.heavy, rng)
    found = misidentify(p4, leaf, charge, flavour, prongs, enrichment, rng)
    weight = table.probability[drawn] / table.sampled[drawn]
    pt = transverse_momentum(p4)
    leptons = np.sum(((leaf == LEPTONS[0]) | (leaf == LEPTONS[1])) & (pt > _LEPTON_PT), axis=1)
    hadronic = np.sum((leaf == Leaf.TAU_HADRON) & (pt > _TAU_PT), axis=1)
    possible = np.flatnonzero((leptons >= 2) & (hadronic >= 1))
    truth = Truth(
        p4=p4,
        leaf=leaf,
        charge=charge,
        flavour=flavour,
        prongs=prongs,
        fake=found.fake,
        identified=found.identified,
        buried=found.buried,
        flipped=found.flipped,
        invisible=invisible,
        weight=weight * found.weight,
        number=np.arange(events),
        stratum=drawn,
    ).take(possible)
    return HardProcess(weight, radiation, transverse_momentum(heavy).sum(axis=1)), truth


def may_have_tau_and_jets(truth: Truth, jets: int) -> NDArray[np.bool_]:
    """Tell which events may have an identified tau and so many jets beside it, shape ``[n]``.

    A jet below ``_SOFT_JET_PT`` is not measured above the threshold of jets even with the
    largest fluctuation; a tau that is not identified is a jet.
    """
    pt = transverse_momentum(truth.p4)
    tau = (truth.leaf == Leaf.TAU_HADRON) & ~truth.buried & (truth.identified | ~truth.fake)
    hadronic = np.isin(truth.leaf, (*JETS, Leaf.TAU_HADRON)) & (pt > _SOFT_JET_PT)
    return np.asarray((tau & (pt > _TAU_PT)).any(axis=1) & (hadronic.sum(axis=1) > jets))


def _radiated_flavour(
    radiation: NDArray[np.int8], heavy_flavour: float, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return the flavour of the extra jets, shape ``[n, MAX_EXTRA_JETS]``."""
    uniform = rng.random((len(radiation), MAX_EXTRA_JETS))
    flavour = np.where(uniform < heavy_flavour + C_FRACTION, Leaf.C_JET, Leaf.LIGHT_JET)
    flavour = np.where(uniform < heavy_flavour, Leaf.B_JET, flavour)
    exists = np.arange(MAX_EXTRA_JETS) < radiation[:, None]
    return np.where(exists, flavour, Leaf.INVISIBLE).astype(np.int8)


def _z_slots(table: Strata, heavy: tuple[str, ...], slots: int) -> NDArray[np.bool_]:
    """Tell which slots belong to a Z boson of the hard process."""
    result = np.zeros(slots, dtype=np.bool_)
    for name, (first, last) in zip(heavy, table.slots_of, strict=True):
        result[first:last] = name == "Z"
    return result


def _flavours(
    leaf: NDArray[np.int8],
    table: Strata,
    flavour: int | None,
    heavy: tuple[str, ...],
    rng: np.random.Generator,
) -> NDArray[np.int8]:
    """Choose electron or muon for each light lepton; both leptons of a Z boson are alike."""
    result = np.where(rng.random(leaf.shape) < 0.5, 11, 13).astype(np.int8)
    if flavour is not None:
        result[:, _z_slots(table, heavy, leaf.shape[1])] = flavour
    for first, last in table.slots_of:
        for slot in range(first, last - 1, 2):
            pair = (leaf[:, slot] == Leaf.LEPTON) & (leaf[:, slot + 1] == Leaf.LEPTON)
            result[pair, slot + 1] = result[pair, slot]
    return result
