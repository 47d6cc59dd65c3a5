"""Pseudo-data: events drawn as an experiment would observe them.

Each kind of event appears a number of times that follows the Poisson distribution with the
expectation of simulation as its mean.  Simulated events of another stream of random
numbers, their number itself drawn from a Poisson distribution, are accepted with a
probability in proportion to their expected number: none appears twice, all count as one.
Negative weights occur with the same probability everywhere, so they do not enter an
expectation.
"""

from dataclasses import replace
from functools import cache

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.datasets import DATA_SETS, DataSet, calibration
from n2mu.demo.tth.derived_jets import jet_record
from n2mu.demo.tth.generate import RUNS, Sample, sample
from n2mu.demo.tth.plan import DATA_CAMPAIGNS, LUMINOSITY, SEED, TthFile
from n2mu.demo.tth.rates import PSEUDO_DATA
from n2mu.demo.tth.reconstruct import Candidates
from n2mu.demo.tth.strata import MAX_EXTRA_JETS, Strata, strata
from n2mu.demo.tth.weights import event_weight
from n2mu.demo.write import Columns, Table

FAKE_FACTORS = {"tau": 1.2, "e": 0.8, "mu": 1.3}
"""How many times more fakes than simulated there are in pseudo-data, per fake object."""

_JETS = 2
_BLOCK = 20_000
_PILOT_SHARE, _PILOT = 5e-4, (500, 10_000)
_LEAST, _FLOOR = 3e-3, 0.3
_MARGIN = 1.2
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


def _intensity(found: Sample, table: Strata) -> Floats:
    """Return the expected number of events over those of its stratum, shape ``[n]``."""
    stratum = found.stratum
    share = table.sampled[stratum] / table.probability[stratum]
    return event_weight(found.columns) * fake_factor(found.columns) * share


def _cells(table: Strata) -> NDArray[np.int64]:
    """Return which strata need alike misidentification and have as many extra jets."""
    share = np.round(np.log(table.sampled / table.probability), 6)
    kinds = np.unique(share, return_inverse=True)[1]
    return np.asarray(kinds * (MAX_EXTRA_JETS + 1) + table.extra_jets)


@cache
def _largest(dsid: int, events: int) -> NDArray[np.float64]:
    """Estimate the largest intensity of each cell from a few events."""
    table = strata(dsid, PSEUDO_DATA)
    cells = _cells(table)
    rng = np.random.default_rng([SEED, dsid])
    pilot = sample(DATA_SETS[dsid], (0, 0), events, PSEUDO_DATA, rng, _JETS)
    intensity = _intensity(pilot, table)
    share = table.sampled / table.probability
    found = float((intensity / share[pilot.stratum]).max(initial=_LEAST))
    result = np.zeros(cells.max() + 1)
    result[cells] = _FLOOR * found * share
    np.maximum.at(result, cells[pilot.stratum], _MARGIN * intensity)
    return result


def _of_data_set(file: TthFile, row: DataSet) -> list[tuple[Columns, Candidates]]:
    """Return the accepted events of one data set, block by block.

    Each cell has a largest intensity of its own, estimated from a few events.  What of an
    event's intensity exceeds it is drawn from more events, independent of the former: the
    sum of two Poisson processes is one.
    """
    luminosity = LUMINOSITY[DATA_CAMPAIGNS[file.campaign]]
    expected = luminosity * row.cross_section * calibration(row.group)
    rng = np.random.default_rng([file.seed, row.dsid])
    table = strata(row.dsid, PSEUDO_DATA)
    cells = _cells(table)
    high = _largest(row.dsid, int(np.clip(_PILOT_SHARE * expected, *_PILOT)))
    low = np.zeros_like(high)
    accepted = []
    while np.any(high > low):
        rate = table.probability * (high - low)[cells]
        layer = replace(table, sampled=rate / rate.sum())
        events, highest = int(rng.poisson(expected * rate.sum())), high
        for start in range(0, events, _BLOCK):
            number = min(_BLOCK, events - start)
            found = sample(row, RUNS[file.campaign], number, PSEUDO_DATA, rng, _JETS, layer)
            intensity, cell = _intensity(found, layer), cells[found.stratum]
            highest = highest.copy()
            np.maximum.at(highest, cell, _MARGIN * intensity)
            inside = (intensity - low[cell]) / (high - low)[cell]
            rows = np.flatnonzero(rng.random(len(inside)) < inside)
            columns = {name: v[rows] for name, v in observed(found.columns).items()}
            accepted.append((columns, found.jets.take(rows)))
        low, high = high, np.where(highest > _MARGIN * high, highest, high)
    return accepted


def observe(file: TthFile) -> Table:
    """Return the observed events of one year, in random order.

    Parameters
    ----------
    file
        The planned file; its seed decides everything.
    """
    nominal = [row for row in DATA_SETS.values() if not row.group.startswith("alt_")]
    parts = [part for row in nominal for part in _of_data_set(file, row)]
    records = [jet_record(jets) for _, jets in parts if len(jets.count)]
    columns = {name: np.concatenate([c[name] for c, _ in parts]) for name in parts[0][0]}
    jets = ak.concatenate(records)
    order = np.random.default_rng(file.seed).permutation(len(jets))
    columns = {name: values[order] for name, values in columns.items()}
    columns["eventNumber"] = np.arange(1, len(order) + 1)
    return Table(columns, jets[order])
