"""The skim job: ntuples of one chunk in, Parquet out."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from n2mu.config.inputs import SumOfWeights
from n2mu.expressions import parse
from n2mu.inputs.identity import NtupleFile, require_entries, require_identity
from n2mu.inputs.ntuple import (
    open_ntuple,
    read_entries,
    require_branches,
    tree,
)
from n2mu.products import atomic_directory, write_json
from n2mu.skim.read import METADATA, NOMINAL, TRAINING
from n2mu.skim.select import Cutflow, event_weight, require_finite, varied_weight
from n2mu.skim.settings import SkimDataSet, SkimSettings

logger = logging.getLogger(__name__)

STEP = 250_000  # entries per read; bounds the memory
Columns = dict[str, Any]


def run_skim(settings: SkimSettings, bases: Mapping[str, Path], output: Path) -> None:
    """Skim the ntuples of one chunk into a directory.

    Parameters
    ----------
    bases
        Directories of the ntuples by base name.
    output
        ``skim/<chunk>``: per data set ``nominal.parquet``, one file per varied
        tree and ``training.parquet``; a file without events is not written.

    Raises
    ------
    InputError
        If a file is missing, damaged, not the listed one, or lacks a tree or
        branch.
    ExpressionError
        If an expression cannot be evaluated.
    """
    with atomic_directory(output) as directory:
        metadata: dict[str, Any] = {
            "chunk": settings.chunk,
            "data_sets": {},
            "settings": settings.model_dump(mode="json"),
        }
        for data_set in settings.data_sets:
            logger.info("data set %s: %d files", data_set.name, len(data_set.files))
            writer = _Writer(directory / data_set.name)
            cutflow = Cutflow(settings.preselection)
            files = []
            try:
                for index, file in enumerate(data_set.files):
                    path = bases[file.base] / file.path
                    files.append(_skim_file(settings, data_set, file, index, path, writer, cutflow))
            finally:
                writer.close()
            metadata["data_sets"][data_set.name] = {"files": files, "cutflow": cutflow.rows()}
        write_json(directory / METADATA, metadata)


def _skim_file(
    settings: SkimSettings,
    data_set: SkimDataSet,
    listed: NtupleFile,
    index: int,
    path: Path,
    writer: "_Writer",
    cutflow: Cutflow,
) -> dict[str, Any]:
    """Write the events of one file and return what the metadata say of it."""
    entries: dict[str, int] = {}
    with open_ntuple(path) as file:
        require_identity(file, listed, path)
        for name in [data_set.tree, *data_set.tree_variations]:
            ntuple = tree(file, name, path)
            entries[name] = int(ntuple.num_entries)
            require_entries(name, entries[name], listed, path)
            nominal = name == data_set.tree
            _skim_tree(settings, data_set, ntuple, nominal, index, path, writer, cutflow)
        sums = _sums_of_weights(settings.sum_of_weights, data_set, file, path, entries)
    return {
        "base": listed.base,
        "path": listed.path,
        "identity": listed.identity,
        "entries": entries,
        "sums": sums,
    }


def _sums_of_weights(
    source: SumOfWeights,
    data_set: SkimDataSet,
    file: Any,
    path: Path,
    entries: Mapping[str, int],
) -> dict[str, float]:
    """Return the file's sums of weights of all generated events by variation."""
    if source.tree is None or source.branch is None:
        return {NOMINAL: float(entries[data_set.tree])}
    metadata = tree(file, source.tree, path)
    branches = {NOMINAL: source.branch}
    branches |= {v.name: v.sum for v in data_set.weight_variations if v.sum is not None}
    require_branches(metadata, set(branches.values()), path)
    return {
        name: float(metadata[branch].array(library="np").astype(np.float64).sum())
        for name, branch in branches.items()
    }


def _skim_tree(
    settings: SkimSettings,
    data_set: SkimDataSet,
    ntuple: Any,
    nominal: bool,
    index: int,
    path: Path,
    writer: "_Writer",
    cutflow: Cutflow,
) -> None:
    """Select, weigh and write the events of one tree."""
    variations = data_set.weight_variations if nominal else []
    selecting = set(parse(settings.preselection).names)
    if nominal:
        selecting |= parse(settings.training).names
    for text in settings.weight.values():
        selecting |= parse(text).names
    identifiers = [name for name in (settings.run, settings.event) if name is not None]
    keeping = {*settings.columns, *identifiers}
    for variation in variations:
        keeping |= parse(variation.expression).names
    require_branches(ntuple, selecting | keeping, path)
    for start, stop in _ranges(int(ntuple.num_entries)):
        columns = read_entries(ntuple, selecting, start, stop)
        weight = event_weight(settings.weight, columns, stop - start)
        if nominal:
            passed = cutflow.fill(columns, weight)
            trained = ~passed & parse(settings.training).select(columns, stop - start)
        else:
            passed = parse(settings.preselection).select(columns, stop - start)
            trained = np.zeros_like(passed)
        if not (passed.any() or trained.any()):
            continue
        columns |= read_entries(ntuple, keeping - selecting, start, stop)
        kind = NOMINAL if nominal else str(ntuple.name)
        for target, mask, varied in ((kind, passed, variations), (TRAINING, trained, [])):
            rows = np.flatnonzero(mask)
            if not len(rows):
                continue
            chosen = {name: column[rows] for name, column in columns.items()}
            table = _identifiers(settings, chosen, rows + start, index)
            table["n2mu_weight"] = weight[rows]
            for variation in varied:
                table[f"n2mu_weight_{variation.name}"] = varied_weight(
                    settings.weight, variation, chosen, len(rows)
                )
            for name, values in table.items():
                if name.startswith("n2mu_weight"):
                    require_finite(values, rows + start, f"{path}: tree '{ntuple.name}': {name}")
            table |= {name: chosen[name] for name in settings.columns}
            writer.write(target, table)


def _identifiers(
    settings: SkimSettings, columns: Columns, entries: npt.NDArray[np.int64], index: int
) -> Columns:
    size = len(entries)
    run = columns[settings.run] if settings.run is not None else np.zeros(size)
    event = columns[settings.event] if settings.event is not None else entries
    return {
        "n2mu_file": np.full(size, index, dtype=np.int32),
        "n2mu_entry": entries.astype(np.int64),
        "n2mu_run": run.astype(np.int64),
        "n2mu_event": event.astype(np.int64),
    }


def _ranges(entries: int) -> Iterator[tuple[int, int]]:
    for start in range(0, entries, STEP):
        yield start, min(start + STEP, entries)


class _Writer:
    """Parquet files of one data set, opened when their first events come."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[str, pq.ParquetWriter] = {}

    def write(self, kind: str, columns: Columns) -> None:
        table = pa.table({name: _to_arrow(values) for name, values in columns.items()})
        if kind not in self._open:
            self._directory.mkdir(exist_ok=True)
            path = self._directory / f"{kind}.parquet"
            self._open[kind] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._open[kind].write_table(table.cast(self._open[kind].schema))

    def close(self) -> None:
        for writer in self._open.values():
            writer.close()


def _to_arrow(values: Any) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values)
    return ak.to_arrow(values, list_to32=True, extensionarray=False)
