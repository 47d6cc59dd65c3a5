"""Event weights: generator weights, scale factors and their variations.

Scale factors are smooth functions of the objects near one; a variation is of the
size that experiments quote.  None of them enters the sum of weights but the
generator's.
"""

from typing import NamedTuple

import numpy as np

from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.datasets import DATA_SETS
from n2mu.demo.tth.processes import GEV, Process
from n2mu.demo.tth.reconstruct import CENTRAL_ETA, Candidates, Objects
from n2mu.demo.tth.response import Response
from n2mu.demo.tth.truth import HardProcess, Truth
from n2mu.demo.write import Columns

PDF_MEMBERS = 10

_TWO_SIDED = ("MUR", "MUF", "ISR", "FSR", "PDF")
_MEMBERS = tuple(f"PDF_MEMBER_{index:02d}" for index in range(1, PDF_MEMBERS + 1))

OWN_SUMS = (*(f"{name}_{side}" for name in _TWO_SIDED for side in ("UP", "DOWN")), *_MEMBERS)
"""Theory variations ``weight_mc_<name>``, whose sums of weights are in the metadata; the
members of the PDF set are one each, without sides."""


NOMINAL_FACTORS = (
    "weight_mc",
    "weight_pileup",
    "custTrigSF_LooseID_FCLooseIso_SLTorDLT",
    "jvtSF_customOR",
    "bTagSF_weight_DL1r_85",
    "tauSF_RNN",
    "lep_SF_CombinedTight_0",
    "lep_SF_CombinedTight_1",
    "lepSF_PLIV_Prompt_0",
    "lepSF_PLIV_Prompt_1",
)
"""Branches whose product is the weight of an event, but for the correction of dibosons."""

DIBOSON = tuple(row.dsid for row in DATA_SETS.values() if row.group in ("VV", "ggVV"))
"""Data sets whose events are corrected to the number of jets seen in data."""

DIBOSON_JETS = (1.0, 0.986980, 0.853062, 0.785437, 0.741692, 0.709992, 0.685452, 0.665613)
"""That correction by the number of jets, the last for all larger ones."""


class GeneratorWeights(NamedTuple):
    """Generator weights of events and the sums of all that were generated.

    Attributes
    ----------
    weight
        Of the events that may pass, shape ``[n]``.
    ratios
        Varied over nominal weight by name in ``OWN_SUMS``, shape ``[n]``.
    total
        Sum of weights that an unenriched sample of as many events is expected to have.
    totals
        The same of each variation.
    """

    weight: Floats
    ratios: dict[str, Floats]
    total: float
    totals: dict[str, float]


def theory_ratios(hard: HardProcess) -> dict[str, Floats]:
    """Return varied over nominal weights; they depend on radiation and on the hard scale only."""
    scale = np.log(np.maximum(hard.scale, 20 * GEV) / (300 * GEV)).clip(-1.5, 1.5)
    jets = hard.radiation - 1.5
    effects = {
        "MUR": 0.10 + 0.03 * scale + 0.02 * jets,
        "MUF": 0.03 - 0.04 * scale,
        "ISR": 0.02 + 0.05 * jets,
        "FSR": -0.01 - 0.02 * jets + 0.02 * scale,
        "PDF": 0.02 + 0.015 * scale,
    }
    ratios = {
        f"{name}_{side}": 1 + sign * effect
        for name, effect in effects.items()
        for side, sign in (("UP", 1.0), ("DOWN", -1.0))
    }
    for index, name in enumerate(_MEMBERS):
        angle = 2 * np.pi * index / PDF_MEMBERS
        ratios[name] = 1 + 0.02 * np.sin(angle) + 0.02 * np.cos(3 * angle) * scale
    return ratios


def generator_weights(
    process: Process, hard: HardProcess, truth: Truth, rng: np.random.Generator
) -> GeneratorWeights:
    """Sample signed generator weights and compute their sums over all generated events.

    A weight is the process's size, a sign, and what makes up for enrichment.  The sign is
    independent of the decays, so the sum is that of an unenriched sample: events times
    the mean weight.  For a variation the mean ratio is that of the generated events,
    weighted back to the unenriched sample.
    """
    events = len(hard.weight)
    sign = np.where(rng.random(len(truth.weight)) < process.negative, -1.0, 1.0)
    ratios = theory_ratios(hard)
    total = events * process.weight_scale * (1 - 2 * process.negative)
    share = hard.weight / hard.weight.sum()
    return GeneratorWeights(
        weight=process.weight_scale * sign * truth.weight,
        ratios={name: ratio[truth.number] for name, ratio in ratios.items()},
        total=total,
        totals={name: total * float(np.sum(share * ratio)) for name, ratio in ratios.items()},
    )


def _lepton_factor(leptons: Candidates, index: int) -> Floats:
    """Return the identification scale factor of one lepton."""
    pt = leptons.pt[:, index]
    return 0.985 - 0.03 * np.exp(-pt / (20 * GEV)) + 0.002 * np.abs(leptons.eta[:, index])


def nominal_weights(truth: Truth, response: Response, objects: Objects, weight: Floats) -> Columns:
    """Return the factors of the nominal event weight as branches."""
    leptons = objects.leptons
    real_tau = objects.taus.of_slot(~truth.fake, 0)[:, 0] > 0
    columns: dict[str, Floats] = {
        "weight_mc": weight,
        "weight_pileup": np.exp(0.1 * response.event["pileup"] - 0.005),
        "custTrigSF_LooseID_FCLooseIso_SLTorDLT": _trigger_factor(leptons),
        "custTrigSF_TightElMediumMuID_FCLooseIso_DLT": 0.99 * _trigger_factor(leptons),
        "jvtSF_customOR": 0.998 ** np.sum(objects.jets.pt > 0, axis=1),
        "bTagSF_weight_DL1r_85": 0.99 ** _tagged(response, objects),
        "tauSF_RNN": np.where(real_tau, 0.97, 1.0),
    }
    for i in (0, 1):
        columns[f"lep_SF_CombinedTight_{i}"] = _lepton_factor(leptons, i)
        columns[f"lepSF_PLIV_Prompt_{i}"] = 0.99 - 0.04 * np.exp(-leptons.pt[:, i] / (15 * GEV))
    return {name: values.astype(np.float32) for name, values in columns.items()}


def event_weight(columns: Columns) -> Floats:
    """Return the product of the factors of the nominal event weight, shape ``[n]``.

    As in ``config/tth/inputs.yaml``, the correction of diboson events included.
    """
    result: Floats = np.ones(len(columns["weight_mc"]))
    for factor in NOMINAL_FACTORS:
        result *= columns[factor]
    jets = np.minimum(columns["nJets_OR"], len(DIBOSON_JETS) - 1)
    corrected = np.isin(columns["mcChannelNumber"], DIBOSON)
    return result * np.where(corrected, np.array(DIBOSON_JETS)[jets], 1.0)


def _trigger_factor(leptons: Candidates) -> Floats:
    return 0.995 - 0.04 * np.exp(-leptons.pt[:, 1] / (12 * GEV))


def _tagged(response: Response, objects: Objects) -> Floats:
    """Return the number of central jets with any b-tag."""
    central = np.abs(objects.jets.eta) < CENTRAL_ETA
    return np.asarray(np.sum(central & (objects.jets.of_slot(response.b_tag, 0) >= 2), axis=1))


def varied_weights(
    truth: Truth,
    response: Response,
    objects: Objects,
    nominal: Columns,
    ratios: dict[str, Floats],
) -> Columns:
    """Return the variations of the factors as branches, each the whole varied factor."""
    leptons, taus, jets = objects.leptons, objects.taus, objects.jets
    relative: dict[tuple[str, str], Floats] = {}
    relative["weight_pileup", ""] = 0.04 * response.event["pileup"].clip(-3, 3)
    flavour = leptons.of_slot(truth.flavour, 0)
    trigger = "custTrigSF_LooseID_FCLooseIso_SLTorDLT"
    relative[trigger, ""] = 0.006 + 0.02 * np.exp(-leptons.pt[:, 1] / (15 * GEV))
    for i in (0, 1):
        size = 0.008 + 0.03 * np.exp(-leptons.pt[:, i] / (20 * GEV))
        relative[f"lep_SF_CombinedTight_{i}", "_EL_ID"] = size * (flavour[:, i] == 11)
        relative[f"lep_SF_CombinedTight_{i}", "_MU_ID"] = 0.5 * size * (flavour[:, i] == 13)
        relative[f"lepSF_PLIV_Prompt_{i}", ""] = size
    real_tau = taus.of_slot(~truth.fake, 0)[:, 0] > 0
    falling = np.exp(-taus.pt[:, 0] / (60 * GEV))
    relative["tauSF_RNN", "_EFF"] = np.where(real_tau, 0.03 + 0.04 * falling, 0.0)
    relative["tauSF_RNN", "_FAKE"] = np.where(real_tau, 0.0, 0.12 + 0.1 * falling)
    relative["jvtSF_customOR", ""] = 0.004 * np.sum((jets.pt > 0) & (jets.pt < 60 * GEV), axis=1)
    number = _tagged(response, objects)
    leading = np.log(np.maximum(jets.pt[:, 0], 25 * GEV) / (100 * GEV))
    eigenvariations = (
        0.015 * number,
        0.01 * number * leading,
        0.006 * (number - 2.0),
        0.004 * leading,
    )
    for index, effect in enumerate(eigenvariations):
        relative["bTagSF_weight_DL1r_85", f"_eigenvars_B_{index}"] = effect
    columns: Columns = {}
    for (factor, suffix), effect in relative.items():
        for side, sign in (("UP", 1.0), ("DOWN", -1.0)):
            values = nominal[factor] * (1 + sign * effect)
            columns[f"{factor}{suffix}_{side}"] = values.astype(np.float32)
    for name, ratio in ratios.items():
        columns[f"weight_mc_{name}"] = (nominal["weight_mc"] * ratio).astype(np.float32)
    return columns
