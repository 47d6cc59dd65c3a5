"""Files that a run was told to go on without."""

from collections.abc import Iterator, Sequence
from typing import Any

from n2mu.errors import N2muError
from n2mu.inputs.location import Location, file_bytes
from n2mu.inputs.ntuple import open_ntuple
from n2mu.inputs.sums import sums_of_weights
from n2mu.skim.part import sums_wanted
from n2mu.skim.read import NOMINAL
from n2mu.skim.settings import SkimDataSet, SkimSettings


def skipped_file(
    settings: SkimSettings, data_set: SkimDataSet, path: Location, error: N2muError
) -> dict[str, Any]:
    """Return what the metadata say of a file that was skipped.

    Its sums of weights are not among ``sums``, so that they leave the
    denominator with its events; ``sum`` is the nominal one, for its share, or
    none where it cannot be read.
    """
    wanted = {NOMINAL: sums_wanted(settings, data_set)[NOMINAL]}
    total = None
    try:
        with open_ntuple(path) as file:
            sums = sums_of_weights(settings.sum_of_weights, data_set.tree, wanted, file, path)
            total = sums[NOMINAL]
    except N2muError:
        pass  # the share is one of bytes then
    return {
        "entries": {},
        "sums": {},
        "bytes": file_bytes(path),
        "skipped": {"reason": str(error), "sum": total},
    }


def shares(files: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], float, str]]:
    """Yield the skipped files of a data set, each with its share and what it is a share of.

    Parameters
    ----------
    files
        All files of the data set, as in the metadata.

    Yields
    ------
    tuple
        File, share, and ``sum of weights`` or, where that of any skipped file
        is not known, ``bytes``.
    """
    skipped = [file for file in files if "skipped" in file]
    if not skipped:
        return
    if any(file["skipped"]["sum"] is None for file in skipped):
        total = sum(file["bytes"] for file in files)
        for file in skipped:
            yield file, file["bytes"] / total if total else 1.0, "bytes"
        return
    total = sum(file["skipped"]["sum"] for file in skipped)
    total += sum(file["sums"][NOMINAL] for file in files if "skipped" not in file)
    for file in skipped:
        yield file, file["skipped"]["sum"] / total if total else 1.0, "sum of weights"
