"""A naive skim of the tiny analysis, which tests compare with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
import uproot
from tests.conftest import Columns, TinyAnalysis

from n2mu.commands.job import Job
from n2mu.products import read_json
from n2mu.skim.cutflow import run_cutflow
from n2mu.skim.read import Skim
from n2mu.skim.stage import run_skim

SIGNAL = ("sig_1.root", "sig_2.root")


KEPT = ["charge", "jets_pt", "njets", "pt", "tight", "x"]


def skim(tiny: TinyAnalysis, job: Job | None = None) -> list[Path]:
    """Skim all chunks and return their directories."""
    job = job if job is not None else tiny.list()
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk))
    return job.skims


def cutflow(tiny: TinyAnalysis, job: Job) -> Any:
    """Return the cutflow of skims that are there."""
    path = tiny.directory / "cutflow.json"
    run_cutflow(job.slices.cutflow(), job.skims, path)
    return read_json(path)


def branches(tiny: TinyAnalysis, files: tuple[str, ...], tree: str) -> Iterator[Columns]:
    """Yield, file by file, all branches as uproot gives them."""
    for name in files:
        with uproot.open(tiny.ntuple(name)) as file:
            arrays = file[tree].arrays(library="ak", how=dict)
            yield {k: ak.to_numpy(v) if v.ndim == 1 else v for k, v in arrays.items()}


def preselected(columns: Columns) -> Any:
    return (columns["njets"] >= 2) & (columns["pt"].astype(np.float64) > 20e3)


def for_training(columns: Columns) -> Any:
    return ~preselected(columns) & (columns["njets"] >= 1)


def weight_of(columns: Columns) -> Any:
    return columns["weight_mc"].astype(np.float64) * columns["weight_pileup"].astype(np.float64)


def expected(
    tiny: TinyAnalysis, files: tuple[str, ...], tree: str, mask: Any, kind: str
) -> Columns:
    """Return the columns of a table, computed without a skim."""
    parts = []
    for index, columns in enumerate(branches(tiny, files, tree)):
        entry = np.flatnonzero(mask(columns))
        part = {
            "n2mu_file": np.full(len(entry), index, np.int32),
            "n2mu_entry": entry,
            "n2mu_run": columns["run"][entry].astype(np.int64),
            "n2mu_event": columns["event"][entry].astype(np.int64),
            "n2mu_weight": weight_of(columns)[entry],
        }
        if kind == "nominal":
            generator = columns["weight_mc"].astype(np.float64)[entry]
            pileup = columns["weight_pileup"].astype(np.float64)[entry]
            part["n2mu_weight_pileup_up"] = generator * columns["weight_pileup_up"][entry]
            part["n2mu_weight_pileup_down"] = generator * columns["weight_pileup_down"][entry]
            if files == SIGNAL:
                part["n2mu_weight_scale_up"] = 1.25 * generator * pileup
        parts.append(part | {name: columns[name][entry] for name in KEPT})
    return {name: ak.concatenate([part[name] for part in parts]) for name in parts[0]}


def require_equal(found: Columns, wanted: Columns) -> None:
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        if isinstance(found[name], np.ndarray):
            wanted_values = ak.to_numpy(values)
            assert found[name].dtype == wanted_values.dtype, name
            assert np.array_equal(found[name], wanted_values), name
        else:
            assert found[name].type == values.type, name
            assert ak.array_equal(found[name], values), name


def table(skims: list[Path], data_set: str, kind: str) -> Columns:
    schema = pq.read_schema(skims[0] / data_set / f"{kind}.parquet")
    return Skim(skims).table(data_set, kind, schema.names)
