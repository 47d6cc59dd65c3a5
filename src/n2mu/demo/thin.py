"""Thinning: most events that no region can use are dropped before they are written.

Whether an event can be used is decided on what no variation changes (identification,
b-tags) and, loosely, on generated momenta.  The others are kept with a fixed
probability and its inverse as weight, so that every expectation stays.
"""

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, pseudorapidity, transverse_momentum
from n2mu.demo.processes import GEV
from n2mu.demo.reconstruct import CENTRAL_ETA
from n2mu.demo.response import Response
from n2mu.demo.truth import Truth

KEPT_FRACTION = 0.2
"""Fraction kept of the events that no region can use."""

_JET_PT, _LEPTON_PT = 20 * GEV, 9 * GEV


def promising(truth: Truth, response: Response) -> NDArray[np.bool_]:
    """Tell which events a region may use: two tight leptons, a tau, two jets, a b-tag."""
    pt, eta = transverse_momentum(truth.p4), np.abs(pseudorapidity(truth.p4))
    found = response.identification
    electron = truth.flavour == 11
    tight = np.where(electron, found["isTightLH"], found["isMedium"]) * found["passPLIVTight"]
    leptons = response.lepton & (pt > _LEPTON_PT) & (tight > 0)
    jets = response.jet & (pt > _JET_PT) & (eta < CENTRAL_ETA)
    return np.asarray(
        (leptons.sum(axis=1) >= 2)
        & (response.tau.sum(axis=1) >= 1)
        & (jets.sum(axis=1) >= 2)
        & (np.sum(jets & (response.b_tag >= 2), axis=1) >= 1)
    )


def thin(
    truth: Truth, response: Response, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Floats]:
    """Choose the events to keep.

    Returns
    -------
    tuple
        Which events are kept, and the weight that makes up for the others, shape ``[n]``.
    """
    useful = promising(truth, response)
    kept = useful | (rng.random(len(useful)) < KEPT_FRACTION)
    return kept, np.where(useful, 1.0, 1.0 / KEPT_FRACTION)
