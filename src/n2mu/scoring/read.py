"""Reading events: skim and scores side by side, checked row by row."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from n2mu.errors import AlignmentError, ProductError
from n2mu.skim.read import Skim, read_columns, to_arrays

_KEYS = ["n2mu_file", "n2mu_entry", "n2mu_event"]


def events(
    skim: Skim,
    scores: Mapping[str, Path],
    data_set: str,
    kind: str,
    columns: Collection[str],
    score_columns: Collection[str],
) -> Iterator[dict[str, Any]]:
    """Yield the events of a data set, one chunk at a time.

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
        If a file is missing or lacks a column.
    """
    for path in skim.chunks(data_set):
        file = path / data_set / f"{kind}.parquet"
        if not file.exists():
            continue
        result = to_arrays(read_columns(file, [*_KEYS, *columns]))
        if score_columns:
            chunk = scores[path.name]
            scored_file = chunk / data_set / f"{kind}.parquet"
            if not scored_file.exists():
                raise ProductError(f"{scored_file}: no such file; score chunk {path.name} again")
            scored = to_arrays(read_columns(scored_file, [*_KEYS, *score_columns]))
            _require_aligned(result, scored, file, scored_file)
            result |= {name: scored[name] for name in score_columns}
        yield result


def _require_aligned(
    skimmed: Mapping[str, Any], scored: Mapping[str, Any], file: Path, scored_file: Path
) -> None:
    size = len(skimmed["n2mu_entry"])
    if len(scored["n2mu_entry"]) != size:
        raise AlignmentError(
            f"{scored_file}: has {len(scored['n2mu_entry'])} rows, {file} has {size}; "
            "score this chunk again"
        )
    for key in _KEYS:
        wrong = skimmed[key] != scored[key]
        if wrong.any():
            row = int(np.argmax(wrong))
            raise AlignmentError(
                f"{scored_file}: row {row} has {key} {scored[key][row]}, the skim {file} has "
                f"{skimmed[key][row]} (entry {skimmed['n2mu_entry'][row]}); score this chunk again"
            )
