"""From generated leaves and the detector's response to sorted objects, per variation.

A variation shifts the energies; the random numbers are those of the nominal tree.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, azimuth, delta_r, pseudorapidity
from n2mu.demo.tth.processes import GEV
from n2mu.demo.tth.response import Response
from n2mu.demo.tth.truth import Truth

LEPTONS_KEPT = 4
TAUS_KEPT = 2
LEPTON_PT, TAU_PT, JET_PT = 10 * GEV, 20 * GEV, 25 * GEV
CENTRAL_ETA = 2.5
OVERLAP_RADIUS = 0.2
_LARGE = 1e9


@dataclass(frozen=True)
class Shift:
    """What a variation does to energies and their resolutions; factors of the nominal."""

    jet: float = 1.0
    tau: float = 1.0
    electron: float = 1.0
    muon: float = 1.0
    jet_resolution: float = 1.0
    tau_resolution: float = 1.0
    electron_resolution: float = 1.0
    muon_resolution: float = 1.0


NOMINAL = "nominal"

SHIFTS: dict[str, Shift] = {
    NOMINAL: Shift(),
    "JET_JES__1up": Shift(jet=1.02),
    "JET_JES__1down": Shift(jet=0.98),
    "JET_JER__1up": Shift(jet_resolution=1.15),
    "TAUS_TES__1up": Shift(tau=1.02),
    "TAUS_TES__1down": Shift(tau=0.98),
    "EG_SCALE__1up": Shift(electron=1.005),
    "EG_SCALE__1down": Shift(electron=0.995),
    "MUON_SCALE__1up": Shift(muon=1.003),
    "MUON_SCALE__1down": Shift(muon=0.997),
    "TAUS_RESOLUTION__1up": Shift(tau_resolution=1.2),
    "EG_RESOLUTION__1up": Shift(electron_resolution=1.25),
    "MUON_RESOLUTION__1up": Shift(muon_resolution=1.2),
}
"""By the name of the tree."""


@dataclass(frozen=True)
class Candidates:
    """Objects of one kind, by decreasing transverse momentum.

    Attributes
    ----------
    p4
        Shape ``[n, kept, 4]``, MeV; vanishing where there is none.
    pt, eta, phi
        Shape ``[n, kept]``.
    slot
        Slot of the generated leaf, shape ``[n, kept]``.
    count
        Number per event, before the cut to what is kept, shape ``[n]``.
    """

    p4: Floats
    pt: Floats
    eta: Floats
    phi: Floats
    slot: NDArray[np.int64]
    count: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "Candidates":
        """Return the chosen events."""
        return Candidates(**{name: values[rows] for name, values in vars(self).items()})

    @property
    def exists(self) -> NDArray[np.bool_]:
        """Where there is an object, shape ``[n, kept]``."""
        return np.arange(self.pt.shape[1]) < self.count[:, None]

    def of_slot(self, values: NDArray[Any], default: float) -> Floats:
        """Return quantities of slots for the candidates, shape ``[n, kept]``."""
        taken = np.take_along_axis(values, self.slot, axis=1)
        return np.where(self.exists, taken, default).astype(np.float64)


@dataclass(frozen=True)
class Objects:
    """What the detector sees of events in one variation.

    ``taus`` are candidates, ``good_taus`` the number of identified ones among them;
    ``met`` is ``(px, py)`` in MeV.
    """

    leptons: Candidates
    taus: Candidates
    good_taus: NDArray[np.int64]
    jets: Candidates
    met: Floats

    def take(self, rows: NDArray[np.int64]) -> "Objects":
        """Return the chosen events."""
        leptons, taus, jets = (c.take(rows) for c in (self.leptons, self.taus, self.jets))
        return Objects(leptons, taus, self.good_taus[rows], jets, self.met[rows])


def _sorted(
    p4: Floats,
    pt: Floats,
    eta: Floats,
    phi: Floats,
    chosen: NDArray[np.bool_],
    kept: int,
    order: Floats | None = None,
) -> Candidates:
    """Sort the chosen slots by transverse momentum, or another order, and keep the first."""
    key = pt if order is None else order
    slot = np.argsort(np.where(chosen, -key, np.inf), axis=1, kind="stable")[:, :kept]
    exists = np.take_along_axis(chosen, slot, axis=1)

    def take(values: Floats) -> Floats:
        return np.where(exists, np.take_along_axis(values, slot, axis=1), 0.0)

    vectors = np.take_along_axis(p4, slot[..., None], axis=1) * exists[..., None]
    return Candidates(vectors, take(pt), take(eta), take(phi), slot, chosen.sum(axis=1))


def reconstruct(truth: Truth, response: Response, shift: Shift) -> Objects:
    """Reconstruct the objects of all events in one variation.

    Jets within ``OVERLAP_RADIUS`` of a light lepton or a tau are removed, as are
    taus within it of a light lepton.
    """
    electron = truth.flavour == 11
    scale = np.where(
        response.lepton,
        np.where(electron, shift.electron, shift.muon),
        np.where(response.good_tau, shift.tau, shift.jet),
    )
    widening = np.where(
        response.lepton,
        np.where(electron, shift.electron_resolution, shift.muon_resolution),
        np.where(response.good_tau, shift.tau_resolution, shift.jet_resolution),
    )
    smear = _smear(response, widening)
    p4 = truth.p4 * (smear * scale)[..., None]
    # a candidate that is no good tau is measured twice, as a tau and as a jet
    as_tau = _smear(response, np.full_like(widening, shift.tau_resolution)) * shift.tau
    tau_p4 = truth.p4 * (as_tau * response.tau)[..., None]
    pt, tau_pt = np.hypot(p4[..., 0], p4[..., 1]), np.hypot(tau_p4[..., 0], tau_p4[..., 1])
    eta, phi = pseudorapidity(truth.p4), azimuth(truth.p4)

    leptons = _sorted(p4, pt, eta, phi, response.lepton & (pt > LEPTON_PT), LEPTONS_KEPT)
    is_tau = response.tau & (tau_pt > TAU_PT) & ~_near(leptons, eta, phi)
    is_good = is_tau & response.good_tau
    # the good ones first: what is called the leading tau is one that counts, if any does
    taus = _sorted(tau_p4, tau_pt, eta, phi, is_tau, TAUS_KEPT, tau_pt + is_good * _LARGE)
    good = taus.of_slot(is_good, 0) > 0
    is_jet = response.jet & (pt > JET_PT) & ~_near(leptons, eta, phi)
    is_jet &= ~_near(taus, eta, phi, good)
    jets = _sorted(p4, pt, eta, phi, is_jet, pt.shape[1])

    # what is seen but below threshold counts with its true momentum, as a soft term would
    seen = (response.lepton & (pt > LEPTON_PT)) | is_good | is_jet
    lost = np.sum((truth.p4 - p4)[..., :2] * seen[..., None], axis=1)
    met = truth.invisible + lost + response.event["noise"]
    return Objects(leptons, taus, is_good.sum(axis=1), jets, met)


def _smear(response: Response, widening: Floats) -> Floats:
    """Return measured over true energy, for resolutions wider by a factor."""
    return np.maximum(1 + response.normal * response.resolution * widening, 0.1)


def _near(
    objects: Candidates, eta: Floats, phi: Floats, among: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Tell which slots overlap with one of the objects, shape ``[n, slots]``."""
    among = objects.exists if among is None else among
    near = np.zeros(eta.shape, dtype=np.bool_)
    for index in range(among.shape[1]):
        # most events have few objects, so those that have none are left out
        rows = np.flatnonzero(among[:, index])
        distance = delta_r(
            eta[rows],
            phi[rows],
            objects.eta[rows, index, None],
            objects.phi[rows, index, None],
        )
        near[rows] |= distance < OVERLAP_RADIUS
    return near


def in_ntuple(objects: Objects) -> NDArray[np.bool_]:
    """Return the ntuple preselection: two light leptons of any charge and quality, one tau."""
    return (objects.leptons.count >= 2) & (objects.taus.count >= 1)
