"""How often a jet is taken for something else, and an electron's charge mistaken.

Rates depend on what the jet is and on its transverse momentum; their size is
calibrated to table 1.3 of the thesis, their shape is invented.  Each is raised when
events are generated, and the event's weight makes up for it exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.modes import Leaf
from n2mu.demo.tth.processes import GEV

OUTCOMES = (
    "identified fake tau",
    "unidentified fake tau",
    "isolated fake electron",
    "fake electron",
    "isolated fake muon",
    "fake muon",
    "true tau of a b hadron",
)
"""What a jet may be taken for.  Those that pass the identification of taus, or the prompt-lepton
veto of light leptons, are outcomes of their own; the last is a genuine hadronic tau."""

FAKE_TAU, FAKE_ELECTRON, FAKE_MUON, TRUE_TAU = (0, 1), (2, 3), (4, 5), (6,)
IDENTIFIED = (0, 2, 4)

BASE = {
    Leaf.LIGHT_JET: (4.85e-3, 1.1e-2, 1.0e-6, 2.0e-5, 3.0e-7, 4.0e-6, 0.0),
    Leaf.C_JET: (4.6e-3, 1.0e-2, 1.5e-5, 3.0e-4, 9.0e-5, 6.0e-4, 0.0),
    Leaf.B_JET: (1.9e-3, 5.0e-3, 1.9e-4, 1.5e-3, 2.4e-5, 5.0e-4, 1.24e-2),
}
"""Probability of each outcome by kind of jet, at 40 GeV."""

CHARGE_FLIP = 1.6e-4
"""Probability of a central electron to be reconstructed with the wrong charge."""


@dataclass(frozen=True)
class Enrichment:
    """How much more often rare events are generated; their weights make up for it.

    Attributes
    ----------
    outcomes
        Factor by which each of ``OUTCOMES`` is raised.
    flip
        Factor by which charge flips are raised.
    opposite_sign, more_leptons
        Share of the events with two opposite-sign leptons, and with more than two, that
        are generated.
    jets
        Share of the events with 0, 1 ... jets that are generated; of those with more, all.
    fakes
        Share of the events without two leptons that are generated, beyond what their
        fakes make up for; by group, or by ``""`` for all others.
    budget, largest
        Largest sum of the raised rates of an event, and of one object.
    """

    outcomes: tuple[float, ...]
    flip: float
    opposite_sign: float
    more_leptons: float
    jets: tuple[float, ...]
    fakes: tuple[tuple[str, float], ...] = (("", 1.0),)
    budget: float = 0.5
    largest: float = 0.3


SIMULATION = Enrichment(
    outcomes=(20.0, 2.0, 250.0, 25.0, 500.0, 40.0, 2.0),
    flip=50.0,
    opposite_sign=0.2,
    more_leptons=0.8,
    jets=(0.01, 0.02, 0.08, 0.3, 0.7),
    fakes=(("", 0.2), ("tt", 8.0), ("alt_tt", 8.0), ("tW", 2.5)),
)
"""Of simulated events: towards the signal region.  The budget keeps the product of
(1 - r) / (1 - R) below 2."""

PREPARATION = Enrichment(
    outcomes=(5.0, 1.0, 1.0, 1.0, 1.0, 1.0, 20.0),
    flip=1.0,
    opposite_sign=1.0,
    more_leptons=1.0,
    jets=(1.0,) * 5,
    fakes=(("", 1e-3),),
)
"""Of the events that the calibration of the cross-sections counts: towards the ntuple
preselection without fake leptons."""

PSEUDO_DATA = Enrichment(
    outcomes=(60.0, 1.0, 100.0, 100.0, 100.0, 100.0, 1.0),
    flip=1.0,
    opposite_sign=1.0,
    more_leptons=1.0,
    jets=(0.0, 0.0, 1.0, 1.0, 1.0),
    fakes=(("", 1.2),),
    budget=1.0,
    largest=0.45,
)
"""Of the events that pseudo-data are drawn from: towards weights of one size."""


def jet_rates(leaf: NDArray[np.int8], pt: Floats) -> Floats:
    """Return the probability of each outcome for jets, shape ``[jets, outcomes]``.

    Narrow jets are rarer at high momenta, and leptons of heavy flavour less isolated.
    """
    table = np.zeros((max(Leaf) + 1, len(OUTCOMES)))
    for kind, rates in BASE.items():
        table[kind] = rates
    falling = np.exp(-0.25 * (pt / (40 * GEV) - 1))
    shapes = np.repeat(falling[:, None], len(OUTCOMES), axis=1)
    shapes[:, TRUE_TAU] = 1.0
    return np.asarray(table[leaf] * shapes)


def flip_rate(pt: Floats, eta: Floats) -> Floats:
    """Return the probability of a wrong charge for electrons: it grows with both."""
    return CHARGE_FLIP * (1 + 1.5 * np.square(eta)) * np.minimum(0.6 + pt / (100 * GEV), 3.0)
