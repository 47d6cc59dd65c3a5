"""All templates of a fit of config/tth beside reading their columns, and a plain loop."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.timing import print_table

SIZE = os.environ.get("N2MU_BENCH_DEMO", "small")
TIMES = int(os.environ.get("N2MU_BENCH_TIMES", "10"))  # every event stands so often in the skim
RUNS = {"read": 3, "n2mu": 3, "n2mu, no weight variation": 3, "boost-histogram": 1}


def main() -> None:
    """Print CPU seconds and memory of every way, and check that they agree."""
    scratch = Path(os.environ.get("N2MU_BENCH_SCRATCH", tempfile.gettempdir()))
    scratch /= "n2mu-bench-templates"
    scratch.mkdir(parents=True, exist_ok=True)
    made = _run("make", scratch, str(TIMES))
    results: dict[str, list[dict[str, float]]] = {run: [] for run in RUNS}
    for turn, (run, times) in itertools.product(range(max(RUNS.values())), RUNS.items()):
        if turn < times:
            results[run].append(_run(run, scratch))
    compared = _run("compare", scratch)
    half = _run("make", scratch, str(TIMES // 2))
    less = _run("n2mu", scratch)
    middle = {
        run: {key: median(result[key] for result in found) for key in found[0]}
        for run, found in results.items()
    }
    reading = middle["read"]["cpu"]
    rows = [
        [
            run,
            f"{found['cpu']:.2f}",
            f"{found['cpu'] / reading:.2f}",
            f"{found['memory'] / 1e6:.0f}",
        ]
        for run, found in middle.items()
    ]
    title = (
        f"templates of config/tth, fit {made['fit']}: {made['rows']:,} rows, "
        f"{made['bytes'] / 1e6:.0f} MB of skims; {middle['n2mu']['templates']:.0f} templates, "
        f"{middle['n2mu']['variations']:.0f} of them variations by weight"
    )
    print_table(title, ["", "CPU s", "of reading", "peak MB"], rows)
    print(
        f"\nequal to boost-histogram: {compared['templates']} templates; with {half['rows']:,} "
        f"rows n2mu takes {less['cpu']:.2f} CPU seconds and {less['memory'] / 1e6:.0f} MB"
    )


def _run(way: str, scratch: Path, *more: str) -> dict[str, float]:
    program = [sys.executable, "-m", "benchmarks.templates_ways", way, str(scratch), SIZE, *more]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{way}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found
