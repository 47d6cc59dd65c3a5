"""The skim job: ntuples of one chunk in, Parquet out."""

import logging
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from n2mu.errors import InputError, counted
from n2mu.inputs.location import Location, file_bytes
from n2mu.inputs.reading import DamagedError
from n2mu.inputs.workers import in_order
from n2mu.products import atomic_directory, canonical_json, digest, file_digest, write_json
from n2mu.progress import watched
from n2mu.skim.duplicates import in_words, observed_twice, repeated, sampled
from n2mu.skim.part import Part, Skimmed, skim_part
from n2mu.skim.read import METADATA, NOMINAL, TRAINING, require_other_events
from n2mu.skim.select import Cutflow
from n2mu.skim.settings import SkimDataSet, SkimSettings
from n2mu.skim.skipped import shares, skipped_file
from n2mu.skim.write import Writer

logger = logging.getLogger(__name__)

PARTS = ".parts"
Results = Iterator[Callable[[], Skimmed]]


def run_skim(
    settings: SkimSettings, bases: Mapping[str, Location], output: Path, workers: int = 1
) -> None:
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
    workers
        Processes that share the work; the content does not depend on them.

    Raises
    ------
    InputError
        If a file is missing, damaged, not the listed one, or lacks a tree or
        branch, or an observed event stands twice.
    ExpressionError
        If an expression cannot be evaluated.
    """
    with atomic_directory(output) as directory:
        parts = _parts_per_file(settings, workers)
        work = list(_work(settings, bases, directory, parts))
        with closing(in_order(skim_part, work, workers)) as results:
            data_sets = {
                data_set.name: _join(settings, data_set, bases, directory, results, parts)
                for data_set in settings.data_sets
            }
        shutil.rmtree(directory / PARTS, ignore_errors=True)
        metadata = {
            "chunk": settings.chunk,
            "data_sets": data_sets,
            "tables": {
                str(path.relative_to(directory)): file_digest(path)
                for path in sorted(directory.rglob("*.parquet"))
            },
            "settings": settings.model_dump(mode="json"),
        }
        write_json(directory / METADATA, metadata)


def _parts_per_file(settings: SkimSettings, workers: int) -> int:
    """Divide files only if there are too few of them to keep all workers busy."""
    files = sum(len(data_set.files) for data_set in settings.data_sets)
    return 1 if workers == 1 or files >= 2 * workers else -(-2 * workers // files)


def _work(
    settings: SkimSettings, bases: Mapping[str, Location], directory: Path, parts: int
) -> Iterator[Part]:
    for data_set in settings.data_sets:
        for index, file in enumerate(data_set.files):
            path = bases[file.base] / file.path
            for number in range(parts):
                place = directory / PARTS / data_set.name / str(index) / str(number)
                yield Part(settings, data_set, index, path, number, parts, place)


def _join(
    settings: SkimSettings,
    data_set: SkimDataSet,
    bases: Mapping[str, Location],
    directory: Path,
    results: Results,
    parts: int,
) -> dict[str, Any]:
    """Join the parts of a data set, file by file, and return what the metadata say of it."""
    logger.info("data set %s: %s", data_set.name, counted(len(data_set.files), "file"))
    writer = Writer(directory / data_set.name)
    cutflow = Cutflow(settings.preselection)
    files = []
    contents: dict[tuple[str, str], str] = {}
    try:
        for listed in watched(data_set.files, logger, f"data set {data_set.name}", "files"):
            path = bases[listed.base] / listed.path
            # asked for before any is used: a part may find the damage that spoils all
            mine = [next(results) for _ in range(parts)]
            known = {"base": listed.base, "path": listed.path, "identity": listed.identity}
            try:
                skimmed = [result() for result in mine]
            except DamagedError as error:
                if settings.damaged_files == "stop" or data_set.data:
                    raise
                logger.warning("skipped: %s", error)
                files.append(known | skipped_file(settings, data_set, path, error))
                continue
            for part in skimmed:
                cutflow.counts += part.counts
                for kind, table in part.tables.items():
                    name = data_set.tree if kind in (NOMINAL, TRAINING) else kind
                    writer.append(kind, table, f"{path}: tree '{name}'")
                    table.unlink()
            files.append(known | _file(skimmed) | {"bytes": file_bytes(path)})
            require_other_events(data_set.name, files[-1], contents)
    finally:
        writer.close()
    for file, share, of in shares(files):
        file["skipped"] |= {"share": share, "of": of}
    return {
        "data": data_set.data,
        "normalised": settings.sum_of_weights.normalised,
        "files": files,
        "rows": writer.rows,
        "cutflow": cutflow.rows(),
        "duplicates": _duplicates(writer, settings, data_set),
    }


def _file(parts: Sequence[Skimmed]) -> dict[str, Any]:
    """Return what the metadata say of a file that was skimmed."""
    entries, sums = parts[0].entries, parts[0].sums
    sample = [event for part in parts for event in part.sample]
    content = None
    if sample:
        numbers = np.array(sample, dtype=np.int64)
        sample = sampled(numbers[:, 0], numbers[:, 1])
        steps = [counts for part in parts for counts in part.counts]
        cutflow = [sum(count.events for count in row) for row in zip(*steps, strict=True)]
        total = math.fsum(counts[0].total for counts in steps)
        # as many digits as stay when the same events lie in another order
        content = digest(canonical_json([entries, sums, sample, cutflow, f"{total:.9g}"]))
    return {"entries": entries, "sums": sums, "content": content, "sample": sample}


def _duplicates(writer: Writer, settings: SkimSettings, data_set: SkimDataSet) -> dict[str, Any]:
    """Return the events that stand more than once in a table, by kind of table."""
    found: dict[str, Any] = {}
    if settings.event is None:
        return found
    for kind, parts in writer.numbers.items():
        run, event = (np.concatenate(numbers) for numbers in zip(*parts, strict=True))
        duplicates = repeated(run, event)
        if duplicates is not None:
            if data_set.data:
                raise InputError(observed_twice([data_set.name], duplicates))
            found[kind] = duplicates
            logger.warning("%s", in_words([data_set.name], kind, duplicates, settings.event))
    return found
