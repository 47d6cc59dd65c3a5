"""Misidentification: fake taus, fake light leptons, taus of b hadrons, wrong charges.

Decided on what is true, so that it is the same in the nominal tree and in every
variation.  Any number of objects of an event may be misidentified.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, pseudorapidity, transverse_momentum
from n2mu.demo.tth.modes import JETS, LEPTONS, Leaf
from n2mu.demo.tth.processes import GEV
from n2mu.demo.tth.rates import (
    FAKE_ELECTRON,
    FAKE_TAU,
    IDENTIFIED,
    OUTCOMES,
    TRUE_TAU,
    Enrichment,
    flip_rate,
    jet_rates,
)

_JET_PT, _JET_ETA = 20 * GEV, 2.5


class Misidentified(NamedTuple):
    """Which slots are misidentified, and the weights ``[n]``.

    ``fake``, ``identified`` (fakes that pass the identification), ``buried`` (taus of b
    hadrons) and ``flipped`` have shape ``[n, slots]``.
    """

    fake: NDArray[np.bool_]
    identified: NDArray[np.bool_]
    buried: NDArray[np.bool_]
    flipped: NDArray[np.bool_]
    weight: Floats


def misidentify(
    p4: Floats,
    leaf: NDArray[np.int8],
    charge: NDArray[np.int8],
    flavour: NDArray[np.int8],
    prongs: NDArray[np.int8],
    enrichment: Enrichment,
    rng: np.random.Generator,
) -> Misidentified:
    """Sample what is misidentified with raised rates; the leaves are changed in place.

    With the rate r and the raised rate R of an object, an event's weight is the
    product of r/R where it is misidentified and (1-r)/(1-R) where it is not.

    Parameters
    ----------
    p4
        Four-momenta of the leaves, shape ``[n, slots, 4]``, MeV; a jet taken for
        something else keeps part of its momentum.
    leaf, charge, flavour, prongs
        Shape ``[n, slots]``.
    enrichment
        How much the rates are raised.
    """
    pt, eta = transverse_momentum(p4), np.abs(pseudorapidity(p4))
    jet = np.isin(leaf, JETS) & (pt > _JET_PT) & (eta < _JET_ETA)
    electron = np.isin(leaf, LEPTONS) & (flavour == 11) & (eta < _JET_ETA)
    event, slot = np.nonzero(jet)
    rates = jet_rates(leaf[jet], pt[jet])
    flips = flip_rate(pt[electron], eta[electron])
    # R = r + c (E - 1) r, where c keeps the sum of all R of an event within the budget
    excess = rates * (np.array(enrichment.outcomes) - 1)
    of_objects, excess_of_objects = np.zeros((2, *leaf.shape))
    of_objects[jet], of_objects[electron] = rates.sum(axis=1), flips
    excess_of_objects[jet] = excess.sum(axis=1)
    excess_of_objects[electron] = flips * (enrichment.flip - 1)
    cap = np.minimum(
        _fraction(enrichment.budget - of_objects.sum(axis=1), excess_of_objects.sum(axis=1)),
        _fraction(enrichment.largest - of_objects.max(axis=1), excess_of_objects.max(axis=1)),
    )
    raised = rates + excess * cap[event, None]
    of_electron = 1 + (enrichment.flip - 1) * cap[np.nonzero(electron)[0]]
    raised_flips = flips * of_electron

    uniform = rng.random(leaf.shape)
    outcome = np.sum(uniform[jet][:, None] >= np.cumsum(raised, axis=1), axis=1)
    happens = outcome < len(OUTCOMES)
    flip = uniform[electron] < raised_flips
    factors = np.ones(leaf.shape)
    factors[electron] = np.where(flip, 1 / of_electron, (1 - flips) / (1 - raised_flips))
    untouched = (1 - rates.sum(axis=1)) / (1 - raised.sum(axis=1))
    raised_by = 1 + (np.array([*enrichment.outcomes, 1.0])[outcome] - 1) * cap[event]
    factors[jet] = np.where(happens, 1 / raised_by, untouched)

    flipped = np.zeros(leaf.shape, dtype=np.bool_)
    flipped[electron] = flip
    charge[flipped] *= -1
    kind, where = outcome[happens], (event[happens], slot[happens])
    fake, identified, buried = np.zeros((3, *leaf.shape), dtype=np.bool_)
    buried[where] = np.isin(kind, TRUE_TAU)
    fake[where] = ~np.isin(kind, TRUE_TAU)
    identified[where] = np.isin(kind, IDENTIFIED)
    _change(p4, leaf, charge, flavour, prongs, where, kind, rng)
    return Misidentified(fake, identified, buried, flipped, factors.prod(axis=1))


def _fraction(available: Floats, wanted: Floats) -> Floats:
    """Return which fraction of what is wanted is available, at most one."""
    return np.asarray(np.minimum(1.0, available / np.maximum(wanted, 1e-12)))


def _change(
    p4: Floats,
    leaf: NDArray[np.int8],
    charge: NDArray[np.int8],
    flavour: NDArray[np.int8],
    prongs: NDArray[np.int8],
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    kind: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Make jets what they are taken for, with part of their momentum."""
    count = len(kind)
    fake_tau, true_tau = np.isin(kind, FAKE_TAU), np.isin(kind, TRUE_TAU)
    share = np.where(
        fake_tau,
        rng.uniform(0.6, 1.0, count),
        np.where(true_tau, rng.beta(4.0, 5.0, count), rng.beta(4.0, 3.0, count)),
    )
    p4[where] *= share[:, None]
    leaf[where] = np.where(fake_tau | true_tau, Leaf.TAU_HADRON, Leaf.LEPTON)
    charge[where] = np.where(rng.random(count) < 0.5, 1, -1)
    flavour[where] = np.where(np.isin(kind, FAKE_ELECTRON), 11, 13)
    prongs[where] = np.where(rng.random(count) < np.where(fake_tau, 0.6, 0.75), 1, 3)
