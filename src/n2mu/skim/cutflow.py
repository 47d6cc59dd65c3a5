"""The cutflow of all data sets, normalised to the luminosity."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from n2mu.products import write_json
from n2mu.skim.read import Skim
from n2mu.skim.settings import CutflowSettings


def run_cutflow(settings: CutflowSettings, skim: Sequence[Path], output: Path) -> None:
    """Add up the cutflows of all chunks.

    Parameters
    ----------
    skim
        ``skim/<chunk>`` of all chunks.
    output
        ``cutflow.json``: per data set and cut the raw events, the expected
        events and their statistical error.
    """
    source = Skim(skim)
    rows = []
    for data_set, expected in settings.expected.items():
        factor = expected / source.sum_of_weights(data_set)
        total: dict[str, dict[str, Any]] = {}
        for path in source.chunks(data_set):
            for row in source.metadata(path)["data_sets"][data_set]["cutflow"]:
                cut = total.setdefault(row["cut"], {"events": 0, "sum": 0.0, "square": 0.0})
                cut["events"] += row["events"]
                cut["sum"] += row["sum"]
                cut["square"] += row["error"] ** 2
        rows.append(
            {
                "data_set": data_set,
                "cuts": [
                    {
                        "cut": cut,
                        "events": entry["events"],
                        "sum": factor * entry["sum"],
                        "error": factor * entry["square"] ** 0.5,
                    }
                    for cut, entry in total.items()
                ],
            }
        )
    write_json(output, {"normalised": True, "rows": rows})
