"""Ntuple branches of leptons, taus, missing energy and their combinations.

Every branch is computed from the reconstructed four-vectors of the same event.
``MISSING`` stands where a quantity does not exist, unless the branch has its own code.
"""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, azimuth, delta_phi, delta_r, mass, transverse_momentum
from n2mu.demo.tth.processes import GEV, MASS
from n2mu.demo.tth.reconstruct import Candidates, Objects
from n2mu.demo.tth.response import NOT_MEASURED, RNN_LOOSE, RNN_MEDIUM, RNN_TIGHT, Response
from n2mu.demo.tth.truth import Truth
from n2mu.demo.write import Columns

MISSING = -99.0

_LEPTON_FLAGS = ("isMedium", "isTightLH", "isolationLoose_VarRad")
_LEPTON_FLOATS = ("chargeIDBDTResult_recalc_rel207_tight", "Mtrktrk_atConvV_CO", "RadiusCO")


def lepton_branches(truth: Truth, response: Response, leptons: Candidates) -> Columns:
    """Return the branches of the two leading leptons, ``lep_..._0`` and ``lep_..._1``."""
    measured = response.identification
    flavour = leptons.of_slot(truth.flavour, 0)
    charge = leptons.of_slot(truth.charge, 0)
    flipped = leptons.of_slot(truth.flipped, 0) > 0
    fake = leptons.of_slot(truth.fake, 0) > 0
    columns: Columns = {}
    for i in (0, 1):
        columns[f"lep_Pt_{i}"] = leptons.pt[:, i].astype(np.float32)
        columns[f"lep_Eta_{i}"] = leptons.eta[:, i].astype(np.float32)
        columns[f"lep_Phi_{i}"] = leptons.phi[:, i].astype(np.float32)
        columns[f"lep_E_{i}"] = leptons.p4[:, i, 3].astype(np.float32)
        columns[f"lep_ID_{i}"] = (-charge * flavour)[:, i].astype(np.int32)
        columns[f"lep_isPrompt_{i}"] = (~fake & ~flipped)[:, i].astype(np.int8)
        columns[f"lep_isFakeLep_{i}"] = fake[:, i].astype(np.int8)
        columns[f"lep_isQMisID_{i}"] = flipped[:, i].astype(np.int8)
    shift = leptons.of_slot(measured["clusterShift"], 0.0)
    for i in (0, 1):
        columns[f"lep_EtaBE2_{i}"] = (leptons.eta + shift)[:, i].astype(np.float32)
    for name in _LEPTON_FLAGS:
        values = leptons.of_slot(measured[name], 0)
        for i in (0, 1):
            columns[f"lep_{name}_{i}"] = values[:, i].astype(np.int8)
    for name in (*_LEPTON_FLOATS, "Mtrktrk_atPV_CO", "sigd0PV"):
        values = leptons.of_slot(measured[name], NOT_MEASURED)
        for i in (0, 1):
            columns[f"lep_{name}_{i}"] = values[:, i].astype(np.float32)
    for name in ("ambiguityType", "nTrackParticles", "nInnerPix"):
        values = leptons.of_slot(measured[name], NOT_MEASURED)
        for i in (0, 1):
            columns[f"lep_{name}_{i}"] = values[:, i].astype(np.int32)
    tight = leptons.of_slot(measured["passPLIVTight"], 0)
    for i in (0, 1):
        columns[f"passPLIVTight_{i}"] = tight[:, i].astype(np.int8)
    return columns


def tau_branches(truth: Truth, response: Response, taus: Candidates) -> Columns:
    """Return the branches of the leading tau, ``taus_..._0``: an identified one, if there is."""

    def measured(name: str) -> Floats:
        return taus.of_slot(response.identification[f"tau_{name}"], MISSING)[:, 0]

    score = measured("RNNJetScore")
    columns: Columns = {
        "taus_pt_0": taus.pt[:, 0].astype(np.float32),
        "taus_eta_0": taus.eta[:, 0].astype(np.float32),
        "taus_phi_0": taus.phi[:, 0].astype(np.float32),
        "taus_charge_0": taus.of_slot(truth.charge, 0)[:, 0].astype(np.int32),
        "taus_RNNJetScore_0": score.astype(np.float32),
        "taus_JetRNNSigLoose_0": (score > RNN_LOOSE).astype(np.int8),
        "taus_JetRNNSigMedium_0": (score > RNN_MEDIUM).astype(np.int8),
        "taus_JetRNNSigTight_0": (score > RNN_TIGHT).astype(np.int8),
        "taus_isHadronicTau_0": taus.of_slot(~truth.fake, 0)[:, 0].astype(np.int8),
    }
    for name in ("width", "DL1r"):
        columns[f"taus_{name}_0"] = measured(name).astype(np.float32)
    for name in ("numTrack", "decayMode"):
        columns[f"taus_{name}_0"] = measured(name).astype(np.int32)
    for name in ("passJVT", "passEleOLR", "passEleBDT", "fromPV"):
        columns[f"taus_{name}_0"] = measured(name).astype(np.int8)
    return columns


def _pair_masses(leptons: Candidates, charge: Floats, flavour: Floats) -> Columns:
    """Return the branches of opposite-sign pairs and of the best Z boson candidate."""
    events = len(charge)
    smallest = np.full(events, np.inf)
    smallest_same_flavour = np.full(events, np.inf)
    best = np.full(events, np.inf)
    best_mass, other_mass = np.full(events, MISSING), np.full(events, MISSING)
    other_lepton = np.full(events, -1)
    for i, j in combinations(range(leptons.pt.shape[1]), 2):
        opposite = leptons.exists[:, j] & (charge[:, i] * charge[:, j] < 0)
        same_flavour = opposite & (flavour[:, i] == flavour[:, j])
        pair = mass(leptons.p4[:, i] + leptons.p4[:, j])
        smallest = np.where(opposite, np.minimum(smallest, pair), smallest)
        smallest_same_flavour = np.where(
            same_flavour, np.minimum(smallest_same_flavour, pair), smallest_same_flavour
        )
        better = same_flavour & (np.abs(pair - MASS["Z"]) < best)
        best = np.where(better, np.abs(pair - MASS["Z"]), best)
        best_mass = np.where(better, pair, best_mass)
        first, *rest = [k for k in range(leptons.pt.shape[1]) if k not in (i, j)]
        other_lepton = np.where(better, np.where(leptons.exists[:, first], first, -1), other_lepton)
        others = mass(leptons.p4[:, first] + leptons.p4[:, rest[0]])
        other_mass = np.where(
            better, np.where(leptons.exists[:, rest[0]], others, MISSING), other_mass
        )
    return {
        "minOSMll": np.where(np.isfinite(smallest), smallest, MISSING),
        "minOSSFMll": np.where(np.isfinite(smallest_same_flavour), smallest_same_flavour, MISSING),
        "best_Z_Mll": best_mass,
        "best_Z_other_Mll": other_mass,
        "_other": other_lepton,
    }


def transverse_mass(lepton: Floats, met: Floats) -> Floats:
    """Return the transverse mass of leptons, shape ``[n, 4]``, and missing momentum ``[n, 2]``."""
    pt, missing = transverse_momentum(lepton), np.hypot(met[:, 0], met[:, 1])
    angle = delta_phi(azimuth(lepton), np.arctan2(met[:, 1], met[:, 0]))
    return np.asarray(np.sqrt(2 * pt * missing * (1 - np.cos(angle))))


def event_branches(truth: Truth, response: Response, objects: Objects) -> Columns:
    """Return the branches of lepton combinations, taus as a whole and missing energy.

    ``MtLepMet`` and ``MLepMet`` take the leading lepton, ``MtLep1Met`` the second;
    ``best_Z_other_MtLepMet`` the leading lepton outside the best Z boson candidate.
    """
    leptons, taus, met = objects.leptons, objects.taus, objects.met
    charge = leptons.of_slot(truth.charge, 0)
    flavour = leptons.of_slot(truth.flavour, 0)
    first, second = leptons.p4[:, 0], leptons.p4[:, 1]
    two = first + second
    three = two + leptons.p4[:, 2]
    four = three + leptons.p4[:, 3]
    missing = np.hypot(met[:, 0], met[:, 1])
    met_p4 = np.stack([met[:, 0], met[:, 1], np.zeros(len(met)), missing], axis=1)
    pairs = _pair_masses(leptons, charge, flavour)
    other = pairs.pop("_other").astype(np.int64)
    other_p4 = np.take_along_axis(leptons.p4, np.maximum(other, 0)[:, None, None], axis=1)[:, 0]
    muons = np.sum(flavour[:, :2] == 13, axis=1)
    good = taus.of_slot(response.good_tau, 0) > 0
    floats: dict[str, NDArray[Any]] = {
        "Mll01": mass(two),
        "Ptll01": transverse_momentum(two),
        "DRll01": delta_r(
            leptons.eta[:, 0], leptons.phi[:, 0], leptons.eta[:, 1], leptons.phi[:, 1]
        ),
        "Mlll012": np.where(leptons.count >= 3, mass(three), MISSING),
        "Mllll0123": np.where(leptons.count >= 4, mass(four), MISSING),
        **pairs,
        "HT_lep": leptons.pt.sum(axis=1),
        "HT_taus": np.where(good, taus.pt, 0.0).sum(axis=1),
        "met_met": missing,
        "met_phi": np.arctan2(met[:, 1], met[:, 0]),
        "MLepMet": mass(first + met_p4),
        "MtLepMet": transverse_mass(first, met),
        "MtLep1Met": transverse_mass(second, met),
        "best_Z_other_MtLepMet": np.where(other >= 0, transverse_mass(other_p4, met), MISSING),
    }
    trigger = (
        (leptons.pt[:, 0] > 22 * GEV)
        & (leptons.pt[:, 1] > np.where(muons == 0, 17 * GEV, 9 * GEV))
        & (response.event["trigger"] < 0.70)
    )
    return {
        **{name: values.astype(np.float32) for name, values in floats.items()},
        "dilep_type": np.where(leptons.count == 2, 3 - muons, 0).astype(np.int32),
        "total_charge": charge.sum(axis=1).astype(np.int32),
        "total_leptons": leptons.count.astype(np.int32),
        "nTaus_OR": objects.good_taus.astype(np.int32),
        "nTaus_OR_Pt25": np.sum(good & (taus.pt > 25 * GEV), axis=1).astype(np.int32),
        "custTrigMatch_LooseID_FCLooseIso_DLT": trigger.astype(np.int8),
        "flag_JetCleaning_LooseBad": (response.event["cleaning"] < 0.995).astype(np.int8),
    }
