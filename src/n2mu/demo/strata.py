"""Strata: which combinations of decays, radiation and misidentification are generated.

Unenriched, one tt event in thousands reaches the ntuple preselection.  The
combinations can be enumerated and their probabilities are known, so only those
are generated that can give two light leptons and a tau candidate, each with the
ratio of its true to its sampled probability as weight.  Sums over all events,
generated or not, then stay those of an unenriched sample.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from math import exp, factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.processes import CHANNELS, LEPTONIC, MODES, PROCESSES, SLOTS, Leaf

MAX_EXTRA_JETS = 6

C_FRACTION = 0.08
"""Fraction of extra jets with a c quark."""

FAKE_TAU = {Leaf.LIGHT_JET: 0.008, Leaf.C_JET: 0.006, Leaf.B_JET: 0.003}
"""Probability of a jet to be taken for a hadronic tau."""

NON_PROMPT = {Leaf.LIGHT_JET: 1.5e-5, Leaf.C_JET: 3e-4, Leaf.B_JET: 1e-3}
"""Probability of a jet to give an isolated non-prompt or fake light lepton."""

CHARGE_FLIP = 0.002
"""Probability of an electron to be reconstructed with the wrong charge."""

MISIDENTIFICATIONS = ("none", "non-prompt +", "non-prompt -", "flip of +", "flip of -")


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
    topology, extra_jets, misidentification, fake_tau
        Per stratum: index of the topology, number of extra jets, index into
        ``MISIDENTIFICATIONS``, whether a jet is taken for a tau.
    probability
        Of each stratum in an unenriched sample.
    sampled
        Probability with which it is generated; sums to one.
    """

    leaves: NDArray[np.int8]
    charges: NDArray[np.int8]
    pairs: NDArray[np.int8]
    slots_of: tuple[tuple[int, int], ...]
    topology: NDArray[np.int32]
    extra_jets: NDArray[np.int8]
    misidentification: NDArray[np.int8]
    fake_tau: NDArray[np.bool_]
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
    channel = CHANNELS[dsid]
    heavy = PROCESSES[channel.process].heavy
    allowed = dict(channel.modes)
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
        if top_leptons not in channel.top_leptons:
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


@cache
def strata(dsid: int) -> Strata:
    """Enumerate the strata of a data set with their probabilities.

    Parameters
    ----------
    dsid
        Data set number.
    """
    process = PROCESSES[CHANNELS[dsid].process]
    base, leaves, charges, pairs = _topologies(dsid)
    extra = np.arange(MAX_EXTRA_JETS + 1)

    def count(*kinds: Leaf) -> NDArray[np.int64]:
        return np.asarray(np.isin(leaves, kinds).sum(axis=1))

    leptons = np.isin(leaves, (Leaf.LEPTON, Leaf.TAU_LEPTON))
    # axes: topology, extra jets, misidentification, fake tau
    plus = np.sum(leptons & (charges > 0), axis=1)[:, None, None, None]
    minus = np.sum(leptons & (charges < 0), axis=1)[:, None, None, None]
    taus = count(Leaf.TAU_HADRON)[:, None, None, None]
    jets = (count(Leaf.LIGHT_JET, Leaf.C_JET, Leaf.B_JET)[:, None] + extra)[..., None, None]

    def rate(table: dict[Leaf, float]) -> NDArray[np.float64]:
        of_decays = sum(count(kind) * table[kind] for kind in table)
        heavy = process.heavy_flavour
        of_extra = heavy * table[Leaf.B_JET] + C_FRACTION * table[Leaf.C_JET]
        of_extra += (1 - heavy - C_FRACTION) * table[Leaf.LIGHT_JET]
        return np.asarray(np.asarray(of_decays)[:, None] + extra * of_extra)[..., None, None]

    non_prompt, fake = rate(NON_PROMPT), rate(FAKE_TAU)
    # half of the light leptons are electrons
    flip_plus, flip_minus = 0.5 * CHARGE_FLIP * plus, 0.5 * CHARGE_FLIP * minus
    none = 1 - non_prompt - flip_plus - flip_minus
    shape = (*jets.shape[:2], len(MISIDENTIFICATIONS), 2)
    misidentified = np.empty(shape)
    for index, term in enumerate(
        (none, non_prompt / 2, non_prompt / 2, flip_plus, flip_minus),
    ):
        misidentified[:, :, index, :] = np.broadcast_to(term, (*shape[:2], 1, 1))[:, :, 0, :]
    with_fake = np.concatenate([1 - fake, fake], axis=3)
    probability = (
        base[:, None, None, None]
        * _extra_jet_probabilities(process.extra_jets)[None, :, None, None]
        * misidentified
        * with_fake
    )

    step = np.array([[0, 0], [1, 0], [0, 1], [-1, 1], [1, -1]])
    plus = np.broadcast_to(plus, shape) + step[None, None, :, None, 0]
    minus = np.broadcast_to(minus, shape) + step[None, None, :, None, 1]
    fakes = np.broadcast_to(np.arange(2), shape)
    taus = np.broadcast_to(taus, shape) + fakes
    # one of the jets is the fake tau; a tau that fails its identification is a jet
    jets = np.broadcast_to(jets, shape) - fakes + np.maximum(taus - 1, 0)
    possible = (plus + minus >= 2) & (taus >= 1) & (jets >= 0)
    same_sign = np.maximum(plus, minus) >= 2
    kind = np.where(jets >= 4, 0, 2) + np.where(same_sign, 0, 1)

    sampled = np.zeros(shape)
    for index, share in enumerate(process.shares):
        chosen = possible & (kind == index) & (probability > 0)
        total = probability[chosen].sum()
        if total > 0:
            sampled[chosen] = share * probability[chosen] / total
    sampled /= sampled.sum()
    kept = np.nonzero(sampled)
    return Strata(
        leaves=leaves,
        charges=charges,
        pairs=pairs,
        slots_of=_slots(process.heavy),
        topology=kept[0].astype(np.int32),
        extra_jets=kept[1].astype(np.int8),
        misidentification=kept[2].astype(np.int8),
        fake_tau=kept[3].astype(np.bool_),
        probability=probability[kept],
        sampled=sampled[kept],
    )


def _slots(heavy: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return the range of leaf slots of each heavy particle."""
    bounds = [0]
    for name in heavy:
        bounds.append(bounds[-1] + SLOTS[name])
    return tuple(pairwise(bounds))
