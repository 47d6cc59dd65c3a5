"""The plan of an analysis of 2.7 TB: a dry run from a listing alone, without ntuples."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from benchmarks.timing import print_table
from n2mu.config.inputs import data_sets
from n2mu.config.load import load
from n2mu.inputs.listing import ListedFile, Listing, source_of, write_listing
from n2mu.products import digest

ROOT = Path(__file__).parents[1]
CHUNKS = 1350
FILES = 2 * CHUNKS  # of 1 GB each
MODELS = 10
LIMITS = {"seconds": 30.0, "GB": 1.0}


def main() -> None:
    """Print jobs, seconds and memory of the dry run; exit if it takes too much of them."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("N2MU_BENCH_SCRATCH")) as scratch:
        directory = Path(scratch)
        configure(directory)
        started = time.perf_counter()
        planned = dry_run(directory)
        seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    rows = [[rule, str(count)] for rule, count in planned.items()]
    print_table("Jobs for 2.7 TB", ["rule", "jobs"], rows)
    jobs = sum(count for rule, count in planned.items() if rule != "total")
    print(f"\n{jobs} jobs planned in {seconds:.1f} s with {memory:.2f} GB at most", flush=True)
    if seconds > LIMITS["seconds"] or memory > LIMITS["GB"]:
        sys.exit(f"more than {LIMITS['seconds']:g} s or {LIMITS['GB']:g} GB")


def configure(directory: Path) -> None:
    """Write the committed analysis with ten models and the listing of 2.7 TB."""
    shutil.copytree(ROOT / "config", directory / "config")
    path = directory / "config/tth/models.yaml"
    models = yaml.safe_load(path.read_text())
    kinds = list(models["models"].values())
    used = ["ftt_small", "mlp_small"]
    for number in range(MODELS - len(used)):
        models["models"][f"model_{number}"] = kinds[number % len(kinds)]
        used.append(f"model_{number}")
    path.write_text(yaml.safe_dump(models, sort_keys=False))
    path = directory / "config/config.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    del content["demo"]
    content |= {"listing": "config/tth/listing.json", "models": used}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    write_listing(directory / "config/tth/listing.json", listing(path))


def listing(config: Path) -> Listing:
    """Return files of all data sets in equal shares, two to a chunk."""
    configuration = load(config)
    known = data_sets(configuration.inputs)
    bases = list(configuration.main.ntuples)
    trees = ["nominal", *(f"JET_{k}__1{side}" for k in range(5) for side in ("up", "down"))]
    files = []
    for number in range(FILES):
        data_set = known[number * len(known) // FILES]
        name = data_set.files.replace("*", f"{number:06d}")
        files.append(
            ListedFile(
                base=bases[0],
                path=name,
                bytes=10**9,
                modified=0.0,
                content=f"sample:{digest(name)}",
                entries=dict.fromkeys(trees, 1_900_000),
                chunk=f"c{number * CHUNKS // FILES:04d}",
                data_sets=[data_set.name],
            )
        )
    return Listing(files=files, sources={d.name: source_of(d, bases) for d in known})


def dry_run(directory: Path) -> Counter[str]:
    """Return the jobs of a dry run by rule."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    ended = subprocess.run(
        [*snakemake, "--directory", str(directory), "--profile", "slurm-gpu", "--dry-run"],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
    lines = ended.stdout.partition("Job stats:")[2].splitlines()[3:]
    jobs: Counter[str] = Counter()
    for line in lines:
        words = line.split()
        if len(words) != 2 or not words[1].isdigit():
            break
        jobs[words[0]] = int(words[1])
    return jobs
