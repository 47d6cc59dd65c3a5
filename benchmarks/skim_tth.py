"""The whole skim of config/tth, all variations, beside the same work done naively."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.timing import print_table

SIZE = os.environ.get("N2MU_BENCH_DEMO", "small")
RUNS = {"n2mu, 1 worker": 3, "n2mu, 2 workers": 3, "naive": 1}  # with how often they run


def main() -> None:
    """Print CPU seconds, bytes, memory and time of every way, and check that they agree."""
    scratch = Path(os.environ.get("N2MU_BENCH_SCRATCH", tempfile.gettempdir())) / "n2mu-bench-tth"
    scratch.mkdir(parents=True, exist_ok=True)
    _run("generate", scratch)
    results: dict[str, list[dict[str, float]]] = {run: [] for run in RUNS}
    for turn, (run, times) in itertools.product(range(max(RUNS.values())), RUNS.items()):
        if turn < times:
            way, _, workers = run.partition(", ")
            results[run].append(_run(way, scratch, workers.partition(" ")[0] or "1"))
    compared = _run("compare", scratch)
    _print(results, compared)


def _run(way: str, scratch: Path, *more: str) -> dict[str, float]:
    program = [sys.executable, "-m", "benchmarks.skim_tth_ways", way, str(scratch), SIZE, *more]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{way}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _print(results: dict[str, list[dict[str, float]]], compared: dict[str, Any]) -> None:
    middle = {
        run: {key: median(result[key] for result in found) for key in found[0]}
        for run, found in results.items()
    }
    naive, alone = middle["naive"], middle["n2mu, 1 worker"]
    rows = [
        [
            run,
            f"{found['cpu']:.1f}",
            f"{found['cpu'] / naive['cpu']:.2f}",
            f"{found['seconds']:.1f}",
            f"{alone['seconds'] / found['seconds']:.2f}",
            f"{found['bytes'] / 1e6:.0f}",
            f"{found['memory'] / 1e6:.0f}",
        ]
        for run, found in middle.items()
    ]
    columns = ["", "CPU s", "of naive", "seconds", "1 worker / this", "MB read", "peak MB"]
    size = alone["size"] / 1e6
    print_table(f"config/tth, demo of size {SIZE}: {size:.0f} MB of ntuples", columns, rows)
    print(
        f"\nequal to naive: {compared['columns']} columns of {compared['tables']} tables, "
        f"{compared['rows']} rows; memory is that of the largest process"
    )
