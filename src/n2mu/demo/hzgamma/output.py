"""Generating one planned file of the H -> Z gamma analysis and writing it."""

from pathlib import Path

import numpy as np

from n2mu.demo.hzgamma.particles import leptons_and_photons
from n2mu.demo.hzgamma.plan import HZGammaFile
from n2mu.demo.hzgamma.pythia import Generator
from n2mu.demo.hzgamma.select import branches, choose
from n2mu.demo.write import Columns, Table, write_ntuple
from n2mu.products import atomic_file

TREE = "events"
RUN = 1


def make_events(file: HZGammaFile) -> tuple[Columns, Columns]:
    """Generate the events of a planned file; its seed decides everything.

    Returns
    -------
    tuple
        Branches of the events that pass the preselection, and the one entry of the metadata.
    """
    rng = np.random.default_rng(file.seed)
    generator = Generator(file)
    parts: list[Columns] = []
    first_event = file.first_event
    for particles in generator.batches():
        chosen = choose(*leptons_and_photons(particles), rng)
        size = len(chosen.rows)
        parts.append(
            {
                "runNumber": np.full(size, RUN, dtype=np.uint32),
                "eventNumber": (first_event + chosen.rows).astype(np.uint64),
                "weight_mc": np.ones(size, dtype=np.float32),
                **branches(chosen),
            }
        )
        first_event += len(particles.number)
    metadata: Columns = {
        "totalEvents": np.array([file.events], dtype=np.int64),
        "totalEventsWeighted": np.array([generator.generated], dtype=np.float64),
    }
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, metadata


def generate_file(file: HZGammaFile, base: Path, identity: str) -> None:
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
    events, metadata = make_events(file)
    with atomic_file(base / file.path) as temporary:
        write_ntuple(temporary, {TREE: Table(events)}, metadata, identity)
