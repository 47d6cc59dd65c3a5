"""The choice of two leptons and a photon, and the branches that describe them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.hzgamma.detector import measure
from n2mu.demo.hzgamma.particles import Candidates
from n2mu.demo.hzgamma.variables import (
    angles,
    distances,
    mass_resolution,
    thrust_transverse_momentum,
)
from n2mu.demo.kinematics import Floats, azimuth, mass, pseudorapidity, transverse_momentum
from n2mu.demo.write import Columns

Z_MASS = 91.1876
"""In GeV."""

LEADING_PT, SUBLEADING_PT = 25.0, 15.0
"""Of the leptons, in GeV: what the triggers ask for."""


class Chosen(NamedTuple):
    """Events that pass the preselection, and what was chosen in them.

    Attributes
    ----------
    rows
        Places of the events, shape ``[passing]``.
    p4
        Measured four-momenta of the negative lepton, the positive one and the photon, shape
        ``[passing, 3, 4]``, in GeV.
    resolution
        Their relative resolutions, shape ``[passing, 3]``.
    flavour
        PDG number of the negative lepton, shape ``[passing]``.
    """

    rows: NDArray[np.int64]
    p4: Floats
    resolution: Floats
    flavour: NDArray[np.int64]


def choose(leptons: Candidates, photons: Candidates, rng: np.random.Generator) -> Chosen:
    """Measure candidates and choose a Z boson and a photon in every event that has them.

    The two leptons have the same flavour, opposite charges, and of all such pairs the mass
    nearest to that of the Z boson; they pass the thresholds of the triggers.  The photon is that
    with the largest transverse momentum.
    """
    seen = measure(leptons.p4, np.abs(leptons.number), rng)
    light = measure(photons.p4, photons.number, rng)
    number = np.where(seen.found, leptons.number, 0)
    size = number.shape[1]
    one, other = (index.ravel() for index in np.indices((size, size)))
    allowed = (number[:, one] > 0) & (number[:, one] == -number[:, other])
    pair_mass = mass(seen.p4[:, one] + seen.p4[:, other])
    best = np.argmin(np.where(allowed, np.abs(pair_mass - Z_MASS), np.inf), axis=1)
    first, second = one[best], other[best]
    brightest = np.argmax(np.where(light.found, transverse_momentum(light.p4), -1.0), axis=1)
    every = np.arange(len(number))
    pt = transverse_momentum(np.stack([seen.p4[every, first], seen.p4[every, second]], axis=1))
    passing = allowed[every, best] & light.found[every, brightest]
    passing &= (pt.max(axis=1) > LEADING_PT) & (pt.min(axis=1) > SUBLEADING_PT)
    rows = np.flatnonzero(passing)

    def taken(of_leptons: Floats, of_photons: Floats) -> Floats:
        return np.stack(
            [
                of_leptons[rows, first[rows]],
                of_leptons[rows, second[rows]],
                of_photons[rows, brightest[rows]],
            ],
            axis=1,
        )

    return Chosen(
        rows,
        taken(seen.p4, light.p4),
        taken(seen.resolution, light.resolution),
        number[rows, first[rows]],
    )


def branches(chosen: Chosen) -> Columns:
    """Return the branches of chosen events, from their measured four-vectors alone."""
    negative, positive, photon = chosen.p4[:, 0], chosen.p4[:, 1], chosen.p4[:, 2]
    pair = negative + positive
    whole = pair + photon
    m_llgamma = mass(whole)
    swapped = transverse_momentum(positive) > transverse_momentum(negative)
    leading = np.where(swapped[:, None], positive, negative)
    subleading = np.where(swapped[:, None], negative, positive)
    columns: Columns = {"lepton_flavour": chosen.flavour.astype(np.int32)}
    floats: dict[str, Floats] = {}
    for name, p4 in {"gamma": photon, "lep_leading": leading, "lep_subleading": subleading}.items():
        floats[f"{name}_pt"] = transverse_momentum(p4)
        floats[f"{name}_eta"] = pseudorapidity(p4)
        floats[f"{name}_phi"] = azimuth(p4)
    floats["m_ll"], floats["m_llgamma"] = mass(pair), m_llgamma
    floats["sigma_m_llgamma"] = mass_resolution(chosen.p4, chosen.resolution)
    floats["min_dR"], floats["max_dR"] = distances(negative, positive, photon)
    floats |= angles(negative, positive, photon)._asdict()
    floats["pt_llgamma_over_m"] = transverse_momentum(whole) / m_llgamma
    floats["ptt_llgamma"] = thrust_transverse_momentum(pair, photon)
    floats["gamma_pt_over_m"] = floats["gamma_pt"] / m_llgamma
    return columns | {name: values.astype(np.float32) for name, values in floats.items()}
