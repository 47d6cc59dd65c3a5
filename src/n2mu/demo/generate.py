"""Generating one planned file, from random numbers to the ROOT file."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.datasets import DATA_SETS
from n2mu.demo.derived import Columns, event_branches, lepton_branches, tau_branches
from n2mu.demo.derived_jets import jet_branches
from n2mu.demo.kinematics import Floats
from n2mu.demo.plan import PlannedFile
from n2mu.demo.processes import PROCESSES
from n2mu.demo.reconstruct import NOMINAL, SHIFTS, Objects, in_ntuple, reconstruct
from n2mu.demo.response import Response, respond
from n2mu.demo.truth import Truth, generate
from n2mu.demo.weights import (
    generator_weights,
    nominal_weights,
    varied_weights,
)
from n2mu.demo.write import Table, jet_record, write_ntuple
from n2mu.products import atomic_file

RUNS = {"mc16a": (284500, 2016), "mc16d": (300000, 2017), "mc16e": (310000, 2018)}
"""Run number of the simulation and year of the data, by campaign."""


def _branches(
    file: PlannedFile,
    event: NDArray[np.int64],
    truth: Truth,
    response: Response,
    objects: Objects,
    weight: Floats,
    ratios: dict[str, Floats] | None,
) -> Columns:
    """Return the scalar branches of events in one variation; ``ratios`` adds varied weights."""
    run, year = RUNS[file.campaign]
    factors = nominal_weights(truth, response, objects, weight)
    columns: Columns = {
        "runNumber": np.full(len(event), run, dtype=np.int64),
        "eventNumber": event,
        "mcChannelNumber": np.full(len(event), file.dsid, dtype=np.int32),
        "RunYear": np.full(len(event), year, dtype=np.int32),
        **lepton_branches(truth, response, objects.leptons),
        **tau_branches(truth, response, objects.taus),
        **event_branches(truth, response, objects),
        **jet_branches(response, objects),
        **factors,
    }
    if ratios is not None:
        columns |= varied_weights(truth, response, objects, factors, ratios)
    return columns


def tree_names(file: PlannedFile) -> list[str]:
    """Return the trees of a planned file, the nominal one first."""
    return list(SHIFTS) if file.varied else [NOMINAL]


def make_trees(file: PlannedFile) -> tuple[dict[str, Table], Columns]:
    """Generate the events of a planned file.

    Parameters
    ----------
    file
        The planned file; its seed decides everything.

    Returns
    -------
    tuple
        Content by tree, and the one entry of the metadata.
    """
    rng = np.random.default_rng(file.seed)
    hard, truth = generate(file.dsid, file.events, rng)
    process = PROCESSES[DATA_SETS[file.dsid].process]
    weights = generator_weights(process, hard, truth, rng)
    response = respond(truth, rng)
    trees = {}
    for name in tree_names(file):
        objects = reconstruct(truth, response, SHIFTS[name])
        rows = np.flatnonzero(in_ntuple(objects))
        own = {key: ratio[rows] for key, ratio in weights.ratios.items()}
        seen, of_rows = objects.take(rows), truth.take(rows)
        trees[name] = Table(
            _branches(
                file,
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


def generate_file(file: PlannedFile, base: Path, identity: str) -> None:
    """Generate one planned file and write it; the same plan gives the same content.

    Parameters
    ----------
    file
        The planned file.
    base
        Directory of the ntuples; the file is written to ``base / file.path``.
    identity
        Stored in the file, so that its readers can tell it from another.
    """
    trees, metadata = make_trees(file)
    with atomic_file(base / file.path) as temporary:
        write_ntuple(temporary, trees, metadata, identity)
