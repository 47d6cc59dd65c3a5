"""The skim job: ntuples of one chunk in, Parquet out."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.config.inputs import SumOfWeights
from n2mu.errors import ExpressionError, InputError
from n2mu.expressions import parse
from n2mu.inputs.identity import NtupleFile, require_entries, require_identity
from n2mu.inputs.ntuple import open_ntuple, read_entries, require_branches, tree
from n2mu.products import atomic_directory, write_json
from n2mu.skim.read import METADATA, NOMINAL, TRAINING
from n2mu.skim.select import (
    Cutflow,
    FloatArray,
    event_weight,
    require_finite,
    require_finite_weight,
    varied_weight,
    whole_numbers,
)
from n2mu.skim.settings import SkimDataSet, SkimSettings, WeightVariation
from n2mu.skim.write import Writer

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
        tree and ``training.parquet``, each only if it has events;
        ``columns.parquet``, the columns of the nominal table without rows; and
        ``metadata.json``.

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
            writer = Writer(directory / data_set.name)
            cutflow = Cutflow(settings.preselection)
            files = []
            try:
                for index, file in enumerate(data_set.files):
                    path = bases[file.base] / file.path
                    files.append(_skim_file(settings, data_set, file, index, path, writer, cutflow))
            finally:
                writer.close()
            metadata["data_sets"][data_set.name] = {
                "files": files,
                "rows": writer.rows,
                "cutflow": cutflow.rows(),
            }
        write_json(directory / METADATA, metadata)


def _skim_file(
    settings: SkimSettings,
    data_set: SkimDataSet,
    listed: NtupleFile,
    index: int,
    path: Path,
    writer: Writer,
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
            kind = NOMINAL if name == data_set.tree else name
            try:
                _skim_tree(settings, data_set, ntuple, kind, index, path, writer, cutflow)
            except ExpressionError as error:
                raise ExpressionError(f"{path}: tree '{name}': {error}") from None
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
    size = int(metadata.num_entries)
    if not size:
        raise InputError(
            f"{path}: the metadata tree '{source.tree}' is empty, expected the sums of weights; "
            "the events of this file could not be normalised"
        )
    columns = read_entries(metadata, set(branches.values()), 0, size)
    return {
        name: _total(columns[b], f"{path}: '{source.tree}.{b}'") for name, b in branches.items()
    }


def _total(values: Any, where: str) -> float:
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
        raise InputError(f"{where} holds {_type(values)}, expected one number per entry")
    total = float(values.astype(np.float64).sum())
    if not np.isfinite(total):
        raise InputError(f"{where} adds up to {total}; mend the metadata of this ntuple")
    return total


def _type(values: Any) -> str:
    return str(values.dtype if isinstance(values, np.ndarray) else values.type)


def _skim_tree(
    settings: SkimSettings,
    data_set: SkimDataSet,
    ntuple: Any,
    kind: str,
    index: int,
    path: Path,
    writer: Writer,
    cutflow: Cutflow,
) -> None:
    """Select, weigh and write the events of one tree."""
    nominal = kind == NOMINAL
    where = f"{path}: tree '{ntuple.name}'"
    variations = data_set.weight_variations if nominal else []
    selecting = set(parse(settings.preselection).names)
    if nominal:
        selecting |= parse(settings.training).names
    for text in settings.weight.values():
        selecting |= parse(text).names
    keeping = {name for name in (settings.run, settings.event) if name is not None}
    keeping |= set(settings.columns)
    for variation in variations:
        keeping |= parse(variation.expression).names
    require_branches(ntuple, selecting | keeping, path)
    varied = {kind: variations, TRAINING: []} if nominal else {kind: variations}
    for start, stop in _ranges(int(ntuple.num_entries)):
        columns = read_entries(ntuple, selecting, start, stop)
        entries = np.arange(start, stop)
        weight = event_weight(settings.weight, columns, len(entries))
        require_finite_weight(weight, settings.weight, columns, entries, where)
        if nominal:
            passed = cutflow.fill(columns, weight)
            training = parse(settings.training).select(columns, len(entries))
            masks = {NOMINAL: passed, TRAINING: ~passed & training}
        else:
            masks = {kind: parse(settings.preselection).select(columns, len(entries))}
        selected = {target: np.flatnonzero(mask) for target, mask in masks.items() if mask.any()}
        if selected:
            columns |= read_entries(ntuple, keeping - selecting, start, stop)
        for target, rows in selected.items():
            chosen = {name: column[rows] for name, column in columns.items()}
            table = _table(
                settings, varied[target], chosen, weight[rows], entries[rows], index, where
            )
            writer.write(target, table, where)
    if nominal and not writer.knows(NOMINAL):
        columns = read_entries(ntuple, selecting | keeping, 0, 0)
        none = _table(settings, variations, columns, np.empty(0), np.arange(0), index, where)
        writer.write(NOMINAL, none, where)


def _table(
    settings: SkimSettings,
    variations: Sequence[WeightVariation],
    columns: Columns,
    weight: FloatArray,
    entries: npt.NDArray[np.int64],
    index: int,
    where: str,
) -> Columns:
    """Return the columns of a skim for the events that were selected."""
    size = len(entries)
    run = np.zeros(size, dtype=np.int64)
    if settings.run is not None:
        run = whole_numbers(columns[settings.run], f"{where}: run number '{settings.run}'")
    event = entries
    if settings.event is not None:
        event = whole_numbers(columns[settings.event], f"{where}: event number '{settings.event}'")
    table = {
        "n2mu_file": np.full(size, index, dtype=np.int32),
        "n2mu_entry": entries,
        "n2mu_run": run,
        "n2mu_event": event,
        "n2mu_weight": weight,
    }
    for variation in variations:
        varied = varied_weight(settings.weight, variation, columns, size)
        require_finite(varied, entries, f"{where}: the event weight of '{variation.name}'")
        table[f"n2mu_weight_{variation.name}"] = varied
    return table | {name: columns[name] for name in settings.columns}


def _ranges(entries: int) -> Iterator[tuple[int, int]]:
    for start in range(0, entries, STEP):
        yield start, min(start + STEP, entries)
