"""Generating the events of one planned file, as columns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.datasets import DATA_SETS, DataSet
from n2mu.demo.tth.derived import event_branches, lepton_branches, tau_branches
from n2mu.demo.tth.derived_jets import jet_branches, jet_record
from n2mu.demo.tth.plan import TthFile
from n2mu.demo.tth.processes import PROCESSES
from n2mu.demo.tth.rates import SIMULATION, Enrichment
from n2mu.demo.tth.reconstruct import (
    CENTRAL_ETA,
    NOMINAL,
    SHIFTS,
    Candidates,
    Objects,
    in_ntuple,
    reconstruct,
)
from n2mu.demo.tth.response import Response, respond
from n2mu.demo.tth.strata import Strata
from n2mu.demo.tth.truth import Truth, generate, may_have_tau_and_jets
from n2mu.demo.tth.weights import (
    generator_weights,
    nominal_weights,
    varied_weights,
)
from n2mu.demo.write import Columns, Table

RUNS = {
    "mc16a": (284500, 2016),
    "mc16d": (300000, 2017),
    "mc16e": (310000, 2018),
    "data_2015_2016": (302000, 2016),
    "data_2017": (330000, 2017),
    "data_2018": (355000, 2018),
}
"""Run number and year, by campaign."""


def branches(
    run: tuple[int, int],
    dsid: int,
    event: NDArray[np.int64],
    truth: Truth,
    response: Response,
    objects: Objects,
    weight: Floats,
    ratios: dict[str, Floats] | None = None,
) -> Columns:
    """Return the scalar branches of events in one variation.

    Parameters
    ----------
    run
        Run number and year.
    weight
        Generator weight, shape ``[n]``.
    ratios
        Varied over nominal generator weights; with them come all varied weights.
    """
    factors = nominal_weights(truth, response, objects, weight)
    columns: Columns = {
        "runNumber": np.full(len(event), run[0], dtype=np.int64),
        "eventNumber": event,
        "mcChannelNumber": np.full(len(event), dsid, dtype=np.int32),
        "RunYear": np.full(len(event), run[1], dtype=np.int32),
        **lepton_branches(truth, response, objects.leptons),
        **tau_branches(truth, response, objects.taus),
        **event_branches(truth, response, objects),
        **jet_branches(response, objects),
        **factors,
    }
    if ratios is not None:
        columns |= varied_weights(truth, response, objects, factors, ratios)
    return columns


def tree_names(file: TthFile) -> list[str]:
    """Return the trees of a planned file, the nominal one first."""
    return list(SHIFTS) if file.varied else [NOMINAL]


class Sample(NamedTuple):
    """Nominal events that pass the ntuple preselection: scalar branches, jets, strata."""

    columns: Columns
    jets: Candidates
    stratum: NDArray[np.int64]


def sample(
    row: DataSet,
    run: tuple[int, int],
    events: int,
    enrichment: Enrichment,
    rng: np.random.Generator,
    jets: int = 0,
    table: Strata | None = None,
) -> Sample:
    """Generate nominal events of a data set whose generator weights have no sign.

    Parameters
    ----------
    row
        The data set.
    run
        Run number and year.
    events
        How many are generated; ``weight_mc`` is true over sampled probability.
    enrichment
        How much more often rare events are generated.
    jets
        If any: only events with so many central jets and an identified tau.
    table
        Strata with other shares than those of the enrichment.
    """
    _, truth = generate(row.dsid, events, enrichment, rng, table)
    if jets:
        truth = truth.take(np.flatnonzero(may_have_tau_and_jets(truth, jets)))
    response = respond(truth, PROCESSES[row.process].isolation, rng)
    objects = reconstruct(truth, response, SHIFTS[NOMINAL])
    passing = in_ntuple(objects)
    if jets:
        central = objects.jets.exists & (np.abs(objects.jets.eta) < CENTRAL_ETA)
        passing &= (objects.good_taus >= 1) & (central.sum(axis=1) >= jets)
    rows = np.flatnonzero(passing)
    seen, truth = objects.take(rows), truth.take(rows)
    columns = branches(run, row.dsid, truth.number, truth, response.take(rows), seen, truth.weight)
    return Sample(columns, seen.jets, truth.stratum)


def make_trees(
    file: TthFile, enrichment: Enrichment = SIMULATION
) -> tuple[dict[str, Table], Columns]:
    """Generate the events of a planned file.

    Parameters
    ----------
    file
        The planned file; its seed decides everything.
    enrichment
        How much more often rare events are generated.

    Returns
    -------
    tuple
        Content by tree, and the one entry of the metadata.
    """
    rng = np.random.default_rng(file.seed)
    hard, truth = generate(file.dsid, file.events, enrichment, rng)
    process = PROCESSES[DATA_SETS[file.dsid].process]
    weights = generator_weights(process, hard, truth, rng)
    response = respond(truth, process.isolation, rng)
    trees = {}
    for name in tree_names(file):
        objects = reconstruct(truth, response, SHIFTS[name])
        rows = np.flatnonzero(in_ntuple(objects))
        own = {key: ratio[rows] for key, ratio in weights.ratios.items()}
        seen, of_rows = objects.take(rows), truth.take(rows)
        trees[name] = Table(
            branches(
                RUNS[file.campaign],
                file.dsid,
                file.first_event + of_rows.number,
                of_rows,
                response.take(rows),
                seen,
                weights.weight[rows],
                own if name == NOMINAL else None,
            ),
            jet_record(seen.jets),
        )
    metadata: Columns = {
        "dsid": np.array([file.dsid], dtype=np.int32),
        "totalEvents": np.array([file.events], dtype=np.int64),
        "totalEventsWeighted": np.array([weights.total], dtype=np.float64),
        **{
            f"totalEventsWeighted_{name}": np.array([total], dtype=np.float64)
            for name, total in weights.totals.items()
        },
    }
    return trees, metadata
