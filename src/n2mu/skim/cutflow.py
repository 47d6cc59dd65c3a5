"""The cutflow of all data sets, normalised to the luminosity."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError
from n2mu.products import write_json
from n2mu.skim.duplicates import all_repeated, require_observed_once
from n2mu.skim.read import Skim
from n2mu.skim.settings import CutflowSettings
from n2mu.skim.skipped import shares


def run_cutflow(settings: CutflowSettings, skim: Sequence[Path], output: Path) -> None:
    """Add up the cutflows of all chunks.

    Parameters
    ----------
    skim
        ``skim/<chunk>`` of all chunks.
    output
        ``cutflow.json``: per data set and cut the raw events, the expected
        events and their statistical error; the files that were skipped; the
        events that stand more than once.

    Raises
    ------
    ProductError
        If a data set has no skim, its chunks have different cutflows, or an
        observed event stands twice.
    """
    source = Skim(skim)
    require_observed_once(source, settings.observed)
    rows = []
    for data_set, expected in settings.expected.items():
        factor = expected / source.sum_of_weights(data_set)
        cutflows = [
            source.metadata(path)["data_sets"][data_set]["cutflow"]
            for path in source.chunks(data_set)
        ]
        rows.append({"data_set": data_set, "cuts": _added(cutflows, factor, data_set)})
    content = {
        "normalised": True,
        "rows": rows,
        "skipped": _skipped(source, list(settings.expected)),
        "duplicates": all_repeated(source, settings.origins),
    }
    write_json(output, content)


def _skipped(source: Skim, data_sets: Sequence[str]) -> list[dict[str, Any]]:
    """Return the files that were left out as damaged, with their share of the data set."""
    return [
        {
            "data_set": name,
            "file": file["path"],
            "share": share,
            "of": of,
            "reason": file["skipped"]["reason"],
        }
        for name in data_sets
        for file, share, of in shares(source.files(name, skipped=True))
    ]


def _added(
    cutflows: Sequence[Sequence[Mapping[str, Any]]], factor: float, data_set: str
) -> list[dict[str, Any]]:
    """Add up cutflows row by row; a cut may stand twice in a selection."""
    cuts = [row["cut"] for row in cutflows[0]]
    for cutflow in cutflows:
        if [row["cut"] for row in cutflow] != cuts:
            raise ProductError(
                f"data set '{data_set}': its chunks were skimmed with different preselections; "
                "skim all chunks again"
            )
    return [
        {
            "cut": cut,
            "events": sum(row["events"] for row in rows),
            "sum": factor * sum(row["sum"] for row in rows),
            "error": factor * sum(row["error"] ** 2 for row in rows) ** 0.5,
        }
        for cut, rows in zip(cuts, zip(*cutflows, strict=True), strict=True)
    ]
