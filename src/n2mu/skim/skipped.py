"""Files that a run was told to go on without."""

from pathlib import Path
from typing import Any

from n2mu.errors import N2muError
from n2mu.inputs.ntuple import open_ntuple
from n2mu.inputs.sums import sums_of_weights
from n2mu.skim.part import sums_wanted
from n2mu.skim.read import NOMINAL
from n2mu.skim.settings import SkimDataSet, SkimSettings


def skipped_file(
    settings: SkimSettings, data_set: SkimDataSet, path: Path, error: N2muError
) -> dict[str, Any]:
    """Return what the metadata say of a file that was skipped.

    Its sums of weights are not among ``sums``, so that they leave the
    denominator with its events; ``sum`` is the nominal one, for its share, or
    none where it cannot be read.
    """
    try:
        with open_ntuple(path) as file:
            wanted = {NOMINAL: sums_wanted(settings, data_set)[NOMINAL]}
            sums = sums_of_weights(settings.sum_of_weights, data_set.tree, wanted, file, path)
            total = sums[NOMINAL]
    except N2muError:
        total = None
    return {
        "entries": {},
        "sums": {},
        "bytes": path.stat().st_size,
        "skipped": {"reason": str(error), "sum": total},
    }
