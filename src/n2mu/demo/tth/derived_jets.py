"""Ntuple branches of jets, b-tags and their combinations with leptons."""

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, delta_r, mass
from n2mu.demo.tth.derived import MISSING
from n2mu.demo.tth.reconstruct import CENTRAL_ETA, Candidates, Objects
from n2mu.demo.tth.response import Response
from n2mu.demo.write import Columns

TAG_77, TAG_85 = 3, 2
"""Smallest pseudo-continuous b-tag of the 77 % and the 85 % working point."""


def _smallest(values: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Return the smallest allowed value per event over the trailing axes, or ``MISSING``."""
    axes = tuple(range(1, values.ndim))
    result = np.where(allowed, values, np.inf).min(axis=axes, initial=np.inf)
    return np.where(np.isfinite(result), result, MISSING)


def _largest(values: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Return the largest allowed value per event over the trailing axes, or ``MISSING``."""
    axes = tuple(range(1, values.ndim))
    result = np.where(allowed, values, -np.inf).max(axis=axes, initial=-np.inf)
    return np.where(np.isfinite(result), result, MISSING)


def _first(values: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Return the value of the first allowed object per event, or ``MISSING``."""
    index = np.argmax(allowed, axis=1)[:, None]
    taken = np.take_along_axis(values, index, axis=1)[:, 0]
    return np.where(allowed.any(axis=1), taken, MISSING)


def _forward_pair(jets: Candidates, forward: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return mass and distance in pseudorapidity of the forward pair of largest mass."""
    events, number = jets.pt.shape
    heaviest, distance = np.full(events, MISSING), np.full(events, MISSING)
    for i in range(number - 1):
        for j in range(i + 1, number):
            rows = np.flatnonzero(forward[:, i] & forward[:, j])
            if len(rows) == 0:
                continue
            pair = mass(jets.p4[rows, i] + jets.p4[rows, j])
            rows, pair = rows[pair > heaviest[rows]], pair[pair > heaviest[rows]]
            heaviest[rows] = pair
            distance[rows] = np.abs(jets.eta[rows, i] - jets.eta[rows, j])
    return heaviest, distance


def jet_branches(response: Response, objects: Objects) -> Columns:
    """Return the branches of jets; ``jets_*`` hold all jets, central and forward.

    b-tags and distances to "any jet" take central jets; ``Mlb`` is the mass of the
    leading lepton and the leading b-jet (77 %), ``MbX`` that of this b-jet and the
    central jet nearest to it.
    """
    leptons, taus, jets = objects.leptons, objects.taus, objects.jets
    central = jets.exists & (np.abs(jets.eta) < CENTRAL_ETA)
    forward = jets.exists & ~central
    tag = jets.of_slot(response.b_tag, 0)
    b_jet = central & (tag >= TAG_77)
    two_leptons = leptons.exists[:, :2]
    distance = delta_r(
        leptons.eta[:, :2, None],
        leptons.phi[:, :2, None],
        jets.eta[:, None, :],
        jets.phi[:, None, :],
    )

    def near(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return two_leptons[:, :, None] & chosen[:, None, :]

    events = np.arange(len(jets.count))
    leading = np.argmax(b_jet, axis=1)
    has_b = b_jet.any(axis=1)
    b_p4 = jets.p4[events, leading]
    from_b = delta_r(
        jets.eta, jets.phi, jets.eta[events, leading][:, None], jets.phi[events, leading][:, None]
    )
    others = central & (np.arange(jets.pt.shape[1]) != leading[:, None])
    nearest = np.argmin(np.where(others, from_b, np.inf), axis=1)
    second = np.argsort(~central, axis=1, kind="stable")[:, :2]
    lead_eta = np.take_along_axis(jets.eta, second, axis=1)
    lead_phi = np.take_along_axis(jets.phi, second, axis=1)
    heaviest, forward_distance = _forward_pair(jets, forward)
    central_pt = np.where(central, jets.pt, 0.0).sum(axis=1)
    forward_pt = np.where(forward, jets.pt, 0.0).sum(axis=1)
    eta_of_all = np.concatenate([leptons.eta, taus.eta, jets.eta], axis=1)
    floats: dict[str, Floats] = {
        "HT": central_pt + forward_pt,
        "HT_jets": central_pt,
        "HT_fwdJets": forward_pt,
        "DRjj_lead": np.where(
            central.sum(axis=1) >= 2,
            delta_r(lead_eta[:, 0], lead_phi[:, 0], lead_eta[:, 1], lead_phi[:, 1]),
            MISSING,
        ),
        "minDeltaR_LJ_0": _smallest(distance[:, 0], central),
        "minDeltaR_LJ_1": _smallest(distance[:, 1], central),
        "DeltaR_min_lep_jet": _smallest(distance, near(central)),
        "DeltaR_min_lep_jet_fwd": _smallest(distance, near(forward)),
        "DeltaR_max_lep_bjet77": _largest(distance, near(b_jet)),
        "Mlb": np.where(has_b, mass(leptons.p4[:, 0] + b_p4), MISSING),
        "MbX": np.where(has_b & others.any(axis=1), mass(b_p4 + jets.p4[events, nearest]), MISSING),
        "mjjMax_frwdJet": heaviest,
        "dEta_maxMjj_frwdjet": forward_distance,
        "eta_frwdjet": _first(jets.eta, forward),
        "max_eta": np.abs(eta_of_all).max(axis=1),
    }
    return {
        **{name: values.astype(np.float32) for name, values in floats.items()},
        "nJets_OR": central.sum(axis=1).astype(np.int32),
        "nFwdJets_OR": forward.sum(axis=1).astype(np.int32),
        "nJets_OR_DL1r_77": b_jet.sum(axis=1).astype(np.int32),
        "nJets_OR_DL1r_85": (central & (tag >= TAG_85)).sum(axis=1).astype(np.int32),
        "sumPsbtag": np.where(central, tag, 0).sum(axis=1).astype(np.int32),
    }


def jet_record(jets: Candidates) -> ak.Array:
    """Return the jets as lists of float32 records, momenta in MeV.

    Written under the name ``jets`` they become the list branches ``jets_pt``,
    ``jets_eta``, ``jets_phi`` and ``jets_e`` with the common counter ``njets``.
    """
    exists = jets.exists
    quantities = {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi, "e": jets.p4[..., 3]}
    return ak.zip(
        {
            name: ak.unflatten(values[exists].astype(np.float32), jets.count)
            for name, values in quantities.items()
        }
    )
