"""Strata: which combinations of decays and radiation are generated how often.

Unenriched, one tt event in hundreds reaches the ntuple preselection.  The decays of
all heavy particles and the number of extra jets can be enumerated and their
probabilities are known, so those are generated more often that may reach the signal
region, each with the ratio of its true to its sampled probability as weight.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from math import exp, factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.tth.datasets import DATA_SETS
from n2mu.demo.tth.modes import JETS, LEPTONIC, LEPTONS, MODES, SLOTS, Leaf
from n2mu.demo.tth.processes import PROCESSES
from n2mu.demo.tth.rates import FAKE_ELECTRON, FAKE_TAU, Enrichment

MAX_EXTRA_JETS = 6


@dataclass(frozen=True)
class Strata:
    """The enumerated combinations of one data set.

    Attributes
    ----------
    leaves, charges
        Per topology and leaf slot, shape ``[topologies, slots]``.
    pairs
        Per topology: 0 a direct decay of the Higgs boson, 1 through WW, 2 through ZZ.
    slots_of
        First and one past the last slot of each heavy particle.
    topology, extra_jets
        Per stratum: index of the topology, and number of extra jets.
    probability
        Of each stratum in an unenriched sample; it sums to one.
    sampled
        Probability with which it is generated; sums to one.
    """

    leaves: NDArray[np.int8]
    charges: NDArray[np.int8]
    pairs: NDArray[np.int8]
    slots_of: tuple[tuple[int, int], ...]
    topology: NDArray[np.int32]
    extra_jets: NDArray[np.int8]
    probability: NDArray[np.float64]
    sampled: NDArray[np.float64]


class _Topologies(NamedTuple):
    """The decays of all heavy particles: probabilities, leaves, charges, pairs of bosons."""

    probability: NDArray[np.float64]
    leaves: NDArray[np.int8]
    charges: NDArray[np.int8]
    pairs: NDArray[np.int8]


def _topologies(dsid: int) -> _Topologies:
    """Enumerate the decays of all heavy particles of a data set."""
    data_set = DATA_SETS[dsid]
    heavy = PROCESSES[data_set.process].heavy
    allowed = dict(data_set.modes)
    choices = [
        [mode for mode in MODES[name] if name not in allowed or mode.name in allowed[name]]
        for name in heavy
    ]
    probabilities, leaves, charges, pairs = [], [], [], []
    for modes in product(*choices):
        top_leptons = sum(
            mode.name in LEPTONIC
            for name, mode in zip(heavy, modes, strict=True)
            if name in ("t", "tbar")
        )
        if data_set.top_leptons is not None and top_leptons not in data_set.top_leptons:
            continue
        row_leaves: list[int] = []
        row_charges: list[int] = []
        for name, mode in zip(heavy, modes, strict=True):
            padding = (0,) * (SLOTS[name] - len(mode.leaves))
            row_leaves += (*mode.leaves, *padding)
            row_charges += (*mode.charges, *padding)
        probabilities.append(np.prod([mode.probability for mode in modes]))
        leaves.append(row_leaves)
        charges.append(row_charges)
        pairs.append(max({"": 0, "W": 1, "Z": 2}[mode.pair] for mode in modes))
    probability: NDArray[np.float64] = np.array(probabilities, dtype=np.float64)
    return _Topologies(
        probability / probability.sum(),
        np.array(leaves, dtype=np.int8),
        np.array(charges, dtype=np.int8),
        np.array(pairs, dtype=np.int8),
    )


def _extra_jet_probabilities(mean: float) -> NDArray[np.float64]:
    """Return the Poisson distribution, cut off at the largest number of extra jets."""
    values = [exp(-mean) * mean**n / factorial(n) for n in range(MAX_EXTRA_JETS + 1)]
    return np.array(values) / sum(values)


def _usefulness(found: _Topologies, enrichment: Enrichment, group: str) -> NDArray[np.float64]:
    """Return how often combinations are generated relative to their probability.

    What needs a fake is generated less often, as the weight of an event with a fake is
    small; so the weights of all events in the signal region are of one size.

    Parameters
    ----------
    enrichment, group
        How much more often rare combinations of a group of data sets are generated.

    Returns
    -------
    array
        Shape ``[topologies, extra jets]``.
    """
    lepton = np.isin(found.leaves, LEPTONS)
    plus = np.sum(lepton & (found.charges > 0), axis=1)
    minus = np.sum(lepton & (found.charges < 0), axis=1)
    taus = np.sum(found.leaves == Leaf.TAU_HADRON, axis=1)
    fake_leptons = np.maximum(2 - plus - minus, 0)
    fake_taus = np.maximum(1 - taus, 0)
    jets = np.isin(found.leaves, JETS).sum(axis=1) + np.maximum(taus - 1, 0)
    jets = (jets - fake_leptons - fake_taus)[:, None] + np.arange(MAX_EXTRA_JETS + 1)
    opposite = (plus == 1) & (minus == 1)
    signs = np.where(plus + minus > 2, enrichment.more_leptons, 1.0)
    signs = np.where(opposite, enrichment.opposite_sign, signs)
    raised = enrichment.outcomes
    more = dict(enrichment.fakes)
    fakes = (more.get(group, more[""]) / raised[FAKE_ELECTRON[0]]) ** fake_leptons
    fakes *= (1 / raised[FAKE_TAU[0]]) ** fake_taus
    of_jets = np.array([*enrichment.jets, 1.0])[jets.clip(0, len(enrichment.jets))]
    return np.asarray((fakes * signs)[:, None] * of_jets)


@cache
def strata(dsid: int, enrichment: Enrichment) -> Strata:
    """Enumerate the strata of a data set with their probabilities.

    Parameters
    ----------
    dsid
        Data set number.
    enrichment
        How much more often rare combinations are generated.
    """
    process = PROCESSES[DATA_SETS[dsid].process]
    found = _topologies(dsid)
    radiation = _extra_jet_probabilities(process.extra_jets)
    probability = found.probability[:, None] * radiation
    sampled = probability * _usefulness(found, enrichment, DATA_SETS[dsid].group)
    kept = np.nonzero(sampled)
    return Strata(
        leaves=found.leaves,
        charges=found.charges,
        pairs=found.pairs,
        slots_of=_slots(process.heavy),
        topology=kept[0].astype(np.int32),
        extra_jets=kept[1].astype(np.int8),
        probability=probability[kept],
        sampled=sampled[kept] / sampled.sum(),
    )


def _slots(heavy: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return the range of leaf slots of each heavy particle."""
    bounds = [0]
    for name in heavy:
        bounds.append(bounds[-1] + SLOTS[name])
    return tuple(pairwise(bounds))
