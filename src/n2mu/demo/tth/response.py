"""The random part of the toy detector: sampled once per event, shared by all variations.

Resolutions, efficiencies and identification scores are smooth invented functions
of the right size; they describe no real detector.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats, pseudorapidity, transverse_momentum
from n2mu.demo.tth.modes import LEPTONS, Leaf
from n2mu.demo.tth.processes import GEV
from n2mu.demo.tth.truth import Truth

NOT_MEASURED = -999.0
RNN_LOOSE, RNN_MEDIUM, RNN_TIGHT = 0.15, 0.25, 0.40
"""Thresholds of the tau identification."""

_MET_NOISE = 12 * GEV
_B_TAG_THRESHOLDS = {
    Leaf.B_JET: (0.60, 0.70, 0.77, 0.85),
    Leaf.C_JET: (0.04, 0.09, 0.19, 0.36),
    Leaf.LIGHT_JET: (0.001, 0.003, 0.008, 0.03),
    Leaf.TAU_HADRON: (0.01, 0.03, 0.07, 0.18),
}


@dataclass(frozen=True)
class Response:
    """What the detector does to each slot, whatever the variation; shape ``[n, slots]``.

    Attributes
    ----------
    normal
        Standard normal numbers that smear the energies.
    lepton, tau
        Whether the slot is seen as a light lepton or as a candidate for a hadronic tau.
    good_tau
        Whether the candidate passes the medium identification.
    jet
        Whether it is seen as a jet; a candidate that fails the identification is one, too.
    resolution
        Relative energy resolution.
    b_tag
        Pseudo-continuous b-tag, from 1 (untagged) to 5 (60 % working point).
    identification
        Lepton and tau quantities by branch name without the index.
    event
        Quantities of the whole event by name, shape ``[n]`` or ``[n, 2]``.
    """

    normal: Floats
    lepton: NDArray[np.bool_]
    tau: NDArray[np.bool_]
    good_tau: NDArray[np.bool_]
    jet: NDArray[np.bool_]
    resolution: Floats
    b_tag: NDArray[np.int8]
    identification: dict[str, Floats]
    event: dict[str, Floats]

    def take(self, rows: NDArray[np.int64]) -> "Response":
        """Return the chosen events."""
        taken: dict[str, Any] = {
            name: {key: array[rows] for key, array in values.items()}
            if isinstance(values, dict)
            else values[rows]
            for name, values in vars(self).items()
        }
        return Response(**taken)


def respond(truth: Truth, isolation: float, rng: np.random.Generator) -> Response:
    """Sample the detector's response to generated events.

    Parameters
    ----------
    isolation
        Relative efficiency of the prompt-lepton veto.
    """
    shape = truth.leaf.shape
    pt = transverse_momentum(truth.p4)
    eta = np.abs(pseudorapidity(truth.p4))
    exists = pt > 0
    uniform = rng.random(shape)
    electron = truth.flavour == 11
    light = np.isin(truth.leaf, LEPTONS)
    efficiency = np.where(electron, 0.78 - 0.3 * np.exp(-pt / (12 * GEV)), 0.80)
    efficiency = np.where(eta < np.where(electron, 2.47, 2.5), efficiency, 0.0)
    lepton = light & exists & (uniform < efficiency)

    hadronic = truth.leaf == Leaf.TAU_HADRON
    tau_efficiency = 0.85 * (1 - np.exp(-pt / (12 * GEV)))
    tau = hadronic & exists & (truth.fake | (uniform < tau_efficiency)) & (eta < 2.5)
    of_taus = _identify_taus(truth, tau, rng)
    good_tau = tau & (of_taus["tau_RNNJetScore"] > RNN_MEDIUM)
    jet = exists & ~light & ~good_tau & (eta < 4.5)

    energy = truth.p4[..., 3] / GEV
    with np.errstate(divide="ignore"):
        resolution = np.select(
            [light & electron, light, good_tau],
            [
                np.hypot(0.1 / np.sqrt(energy), 0.01),
                0.015 + 1e-4 * energy,
                np.hypot(0.6 / np.sqrt(energy), 0.05),
            ],
            np.hypot(0.8 / np.sqrt(energy), 0.04),
        )
    resolution[~exists] = 0.0

    tag = rng.random(shape)
    b_tag = np.ones(shape, dtype=np.int8)
    for kind, thresholds in _B_TAG_THRESHOLDS.items():
        steps = np.sum(tag[..., None] < np.array(thresholds), axis=-1)
        b_tag = np.where(truth.leaf == kind, 1 + steps, b_tag).astype(np.int8)

    return Response(
        normal=np.clip(rng.normal(size=shape), -3.5, 3.5),
        lepton=lepton,
        tau=tau,
        good_tau=good_tau,
        jet=jet,
        resolution=resolution,
        b_tag=b_tag,
        identification={
            **_identify_leptons(truth, lepton, isolation, rng),
            **of_taus,
        },
        event={
            "noise": np.asarray(rng.normal(0.0, _MET_NOISE, (shape[0], 2))),
            "trigger": np.asarray(rng.random(shape[0])),
            "cleaning": np.asarray(rng.random(shape[0])),
            "pileup": np.asarray(rng.normal(size=shape[0])),
        },
    )


def _scatter(where: NDArray[np.bool_], values: Floats, default: float) -> Floats:
    """Put sampled values into their slots, shape ``[n, slots]``."""
    result = np.full(where.shape, default)
    result[where] = values
    return result


def _identify_leptons(
    truth: Truth, lepton: NDArray[np.bool_], isolation: float, rng: np.random.Generator
) -> dict[str, Floats]:
    """Sample the identification quantities of light leptons."""
    count = int(lepton.sum())
    electron = truth.flavour[lepton] == 11
    prompt = ~truth.fake[lepton]
    flipped = truth.flipped[lepton]
    pt = transverse_momentum(truth.p4)[lepton]
    from_tau = truth.leaf[lepton] == Leaf.TAU_LEPTON

    def passes(probability: Floats | float) -> Floats:
        return (rng.random(count) < probability).astype(np.float64)

    score = np.where(
        flipped, 1 - 0.6 * rng.beta(1.0, 1.0, count), 1 - 0.25 * rng.exponential(0.7, count)
    )
    converted = electron & (rng.random(count) < np.where(prompt, 0.04, 0.15))
    at_conversion = np.where(converted, rng.exponential(0.12, count), NOT_MEASURED)
    at_primary = np.where(
        electron & (rng.random(count) < 0.05), 0.02 + rng.exponential(1.5, count), NOT_MEASURED
    )
    values = {
        "isMedium": passes(np.where(electron, 0.90, 0.98)),
        "isTightLH": electron * passes(np.where(prompt, 0.86, 0.6)),
        "isolationLoose_VarRad": passes(np.where(prompt, 0.98, 0.7)),
        "passPLIVTight": passes(
            np.where(
                prompt,
                isolation * (0.92 - 0.4 * np.exp(-pt / (14 * GEV))),
                truth.identified[lepton].astype(float),
            )
        ),
        "ambiguityType": np.where(electron, rng.choice(3, count, p=[0.96, 0.03, 0.01]), 0),
        "chargeIDBDTResult_recalc_rel207_tight": np.where(electron, score.clip(-1, 1), 0.0),
        "Mtrktrk_atConvV_CO": at_conversion,
        "RadiusCO": np.where(converted, rng.uniform(5.0, 120.0, count), NOT_MEASURED),
        "Mtrktrk_atPV_CO": at_primary,
        "nTrackParticles": np.where(electron, 1 + rng.poisson(0.15, count), -1),
        "nInnerPix": np.where(
            rng.random(count) < 0.02, NOT_MEASURED, rng.choice(3, count, p=[0.02, 0.9, 0.08])
        ),
        "sigd0PV": rng.normal(0.0, np.where(prompt, np.where(from_tau, 1.6, 1.0), 2.5), count),
        "clusterShift": rng.normal(0.0, 0.003, count),
    }
    return {name: _scatter(lepton, value, 0.0) for name, value in values.items()}


def _identify_taus(
    truth: Truth, tau: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, Floats]:
    """Sample the identification quantities of hadronic taus."""
    count = int(tau.sum())
    real = ~truth.fake[tau]
    prongs = truth.prongs[tau]
    # the tau of a b hadron is no narrow jet of its own
    score = RNN_MEDIUM * rng.beta(0.8, 1.0, count)
    score = np.where(truth.identified[tau], 1 - (1 - RNN_MEDIUM) * rng.beta(3.5, 1.0, count), score)
    score = np.where(real & ~truth.buried[tau], rng.beta(1.25, 2.2, count), score)
    pt = transverse_momentum(truth.p4)[tau]
    values = {
        "RNNJetScore": score,
        "numTrack": prongs.astype(np.float64),
        "decayMode": np.where(
            prongs == 1,
            rng.choice(3, count, p=[0.2, 0.55, 0.25]),
            3 + (rng.random(count) < 0.35),
        ),
        "width": rng.gamma(2.0, np.where(real, 0.012, 0.03), count),
        "DL1r": rng.normal(np.where(real, -1.0, 0.0), 2.0, count),
        "passJVT": np.where(pt > 60 * GEV, -99.0, rng.random(count) < np.where(real, 0.97, 0.9)),
        "passEleOLR": (rng.random(count) < 0.98).astype(np.float64),
        "passEleBDT": (rng.random(count) < 0.95).astype(np.float64),
        "fromPV": (rng.random(count) < np.where(real, 0.99, 0.95)).astype(np.float64),
    }
    return {f"tau_{name}": _scatter(tau, value, 0.0) for name, value in values.items()}
