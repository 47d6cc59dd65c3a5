"""Reading events: skim and scores side by side, checked row by row."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from n2mu.errors import AlignmentError, ProductError, nearest
from n2mu.skim.parquet import read_columns, row_count, row_groups, to_arrays
from n2mu.skim.read import NOMINAL, Skim

IDENTIFIERS = ["n2mu_file", "n2mu_entry", "n2mu_event"]
"""Columns of skims and scores: place of the ntuple in its data set, entry and event number."""


def events(
    skim: Skim,
    scores: Mapping[str, Path],
    data_set: str,
    kind: str,
    columns: Collection[str],
    score_columns: Collection[str],
) -> Iterator[dict[str, Any]]:
    """Yield the events of a data set, one row group of a chunk at a time.

    Parameters
    ----------
    scores
        ``scores/<chunk>`` by chunk name.
    kind
        ``nominal`` or the name of a varied tree.
    columns, score_columns
        What is read from the skim and from the scores.

    Yields
    ------
    dict
        Arrays [events] by column.

    Raises
    ------
    AlignmentError
        If a row of the scores is not the event of the same row of the skim.
    ProductError
        If a file is missing or lacks a column, or a skim was made without the
        varied tree.
    """
    for path in skim.chunks(data_set):
        _require_tree(skim, path, data_set, kind)
        file = path / data_set / f"{kind}.parquet"
        scored_file = _scored_file(scores, path, data_set, kind) if score_columns else None
        if not file.exists():
            if scored_file is not None and scored_file.exists():
                raise AlignmentError(
                    f"{scored_file}: the skim {path} has no such events; score this chunk again"
                )
            continue
        if scored_file is None:
            yield from map(to_arrays, row_groups(file, [*IDENTIFIERS, *columns]))
            continue
        if not scored_file.exists():
            raise ProductError(f"{scored_file}: no such file; score chunk {path.name} again")
        # few columns of four bytes, against the many of the skim
        scored = to_arrays(read_columns(scored_file, [*IDENTIFIERS, *score_columns]))
        size = len(scored["n2mu_entry"])
        start = 0
        for group in row_groups(file, [*IDENTIFIERS, *columns]):
            result = to_arrays(group)
            rows = slice(start, start + group.num_rows)
            start += group.num_rows
            if rows.stop > size:
                break
            part = {name: values[rows] for name, values in scored.items()}
            _require_aligned(result, part, file, scored_file, rows.start)
            yield result | {name: part[name] for name in score_columns}
        if start != size:
            raise AlignmentError(
                f"{scored_file}: has {size} rows, {file} has {row_count(file)}; score this chunk "
                "again"
            )


def _require_tree(skim: Skim, path: Path, data_set: str, kind: str) -> None:
    """Tell a varied tree without events from one that the skim was not asked for."""
    if kind == NOMINAL:
        return
    for file in skim.metadata(path)["data_sets"][data_set]["files"]:
        if kind not in file["entries"] and "skipped" not in file:
            raise ProductError(
                f"{path}: was made without tree '{kind}' of {file['path']} ({data_set})"
                f"{nearest(kind, file['entries'])}; skim this chunk again"
            )


def _scored_file(scores: Mapping[str, Path], path: Path, data_set: str, kind: str) -> Path:
    if path.name not in scores:
        raise ProductError(
            f"{path}: chunk '{path.name}' has no scores{nearest(path.name, scores)}; score it"
        )
    return scores[path.name] / data_set / f"{kind}.parquet"


def _require_aligned(
    skimmed: Mapping[str, Any],
    scored: Mapping[str, Any],
    file: Path,
    scored_file: Path,
    start: int,
) -> None:
    for key in IDENTIFIERS:
        wrong = skimmed[key] != scored[key]
        if wrong.any():
            row = int(np.argmax(wrong))
            raise AlignmentError(
                f"{scored_file}: row {start + row} has {key} {scored[key][row]}, the skim {file} "
                f"has {skimmed[key][row]} (entry {skimmed['n2mu_entry'][row]}); score this chunk "
                "again"
            )
