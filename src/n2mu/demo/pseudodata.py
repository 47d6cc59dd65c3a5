"""Pseudo-data: events drawn as an experiment would observe them.

Each kind of event appears a number of times that follows the Poisson distribution with the
expectation of simulation as its mean.  Simulated events of another stream of random
numbers, their number itself drawn from a Poisson distribution, are accepted with their
expected number as probability: none appears twice, all count as one.  Negative weights
occur with the same probability everywhere, so they do not enter an expectation.
"""

from itertools import count
from typing import NamedTuple

import awkward as ak
import numpy as np

from n2mu.demo.datasets import DATA_SETS, DataSet, calibration
from n2mu.demo.derived import Columns
from n2mu.demo.generate import RUNS, branches
from n2mu.demo.kinematics import Floats
from n2mu.demo.plan import DATA_CAMPAIGNS, LUMINOSITY, PlannedFile
from n2mu.demo.processes import PROCESSES
from n2mu.demo.rates import PSEUDO_DATA
from n2mu.demo.reconstruct import CENTRAL_ETA, NOMINAL, SHIFTS, in_ntuple, reconstruct
from n2mu.demo.response import respond
from n2mu.demo.truth import generate
from n2mu.demo.weights import event_weight
from n2mu.demo.write import Table, jet_record

FAKE_FACTORS = {"tau": 1.2, "e": 0.8, "mu": 1.3}
"""How many times more fakes than simulated there are in pseudo-data, per fake object."""

_BLOCK = 20_000
_PILOT = 2_000
_LEAST = 3e-3
_MARGIN = 1.3
_OF_SIMULATION = (
    "mcChannelNumber",
    "weight_",
    "custTrigSF_LooseID",
    "lep_SF_",
    "lepSF_",
    "tauSF_",
    "jvtSF_",
    "bTagSF_",
    "lep_isPrompt",
    "lep_isFakeLep",
    "lep_isQMisID",
    "taus_isHadronicTau",
)


class _Drawn(NamedTuple):
    """Reconstructed events, and the probability of each to be accepted."""

    columns: Columns
    jets: ak.Array
    probability: Floats


def observed(columns: Columns) -> Columns:
    """Return the branches that data have: no truth, no weights."""
    return {name: v for name, v in columns.items() if not name.startswith(_OF_SIMULATION)}


def fake_factor(columns: Columns) -> Floats:
    """Return the product of ``FAKE_FACTORS`` over the two leptons and the tau, shape ``[n]``."""
    factor = np.where(columns["taus_isHadronicTau_0"] == 1, 1.0, FAKE_FACTORS["tau"])
    for i in (0, 1):
        fake = columns[f"lep_isFakeLep_{i}"] == 1
        electron = np.abs(columns[f"lep_ID_{i}"]) == 11
        rate = np.where(electron, FAKE_FACTORS["e"], FAKE_FACTORS["mu"])
        factor = factor * np.where(fake, rate, 1.0)
    return factor


def _draw(
    file: PlannedFile, row: DataSet, events: int, scale: float, rng: np.random.Generator
) -> _Drawn:
    """Generate events of a data set; ``scale`` is what a weight of one is expected to count."""
    _, truth = generate(row.dsid, events, PSEUDO_DATA, rng)
    response = respond(truth, PROCESSES[row.process].isolation, rng)
    objects = reconstruct(truth, response, SHIFTS[NOMINAL])
    central = objects.jets.exists & (np.abs(objects.jets.eta) < CENTRAL_ETA)
    useful = (objects.good_taus >= 1) & (central.sum(axis=1) >= 2)
    rows = np.flatnonzero(in_ntuple(objects) & useful)
    seen, truth = objects.take(rows), truth.take(rows)
    columns = branches(
        RUNS[file.campaign], row.dsid, truth.number, truth, response.take(rows), seen, truth.weight
    )
    probability = scale * event_weight(columns) * fake_factor(columns)
    return _Drawn(columns, jet_record(seen.jets), probability)


def _of_data_set(file: PlannedFile, row: DataSet) -> list[tuple[Columns, ak.Array]]:
    """Return the accepted events of one data set, block by block.

    The largest probability is estimated from a few events; should a later one exceed it,
    everything is drawn anew from more events.
    """
    luminosity = LUMINOSITY[DATA_CAMPAIGNS[file.campaign]]
    expected = luminosity * row.cross_section * calibration(row.group)
    pilot = _draw(file, row, _PILOT, 1.0, np.random.default_rng([file.seed, row.dsid, 0]))
    largest = _MARGIN * float(pilot.probability.max(initial=_LEAST))
    for attempt in count(1):
        rng = np.random.default_rng([file.seed, row.dsid, attempt])
        events = int(rng.poisson(expected * largest))
        accepted, highest = [], 0.0
        for start in range(0, events, _BLOCK):
            block = _draw(file, row, min(_BLOCK, events - start), 1 / largest, rng)
            highest = max(highest, float(block.probability.max(initial=0.0)))
            rows = np.flatnonzero(rng.random(len(block.probability)) < block.probability)
            columns = {name: v[rows] for name, v in observed(block.columns).items()}
            accepted.append((columns, block.jets[rows]))
        if highest <= 1:
            break
        largest *= _MARGIN * highest
    return accepted


def observe(file: PlannedFile) -> Table:
    """Return the observed events of one year, in random order.

    Parameters
    ----------
    file
        The planned file; its seed decides everything.
    """
    nominal = [row for row in DATA_SETS.values() if not row.group.startswith("alt_")]
    parts = [part for row in nominal for part in _of_data_set(file, row)]
    columns = {name: np.concatenate([c[name] for c, _ in parts]) for name in parts[0][0]}
    jets = ak.concatenate([j for _, j in parts])
    order = np.random.default_rng(file.seed).permutation(len(jets))
    columns = {name: values[order] for name, values in columns.items()}
    columns["eventNumber"] = np.arange(1, len(order) + 1)
    return Table(columns, jets[order])
