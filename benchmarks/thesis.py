"""The thesis-sized demo, 8.87 million events, through the whole workflow on this machine."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import print_table
from n2mu.demo.listing import planned_chunks
from n2mu.workflow.costs import Cost, read_benchmark

ROOT = Path(__file__).parents[1]
SIZE = "thesis"
# products beside the ntuples: skims, scores and friend trees, as a share of the ntuples' bytes
PRODUCTS = 1.0
STAGES = {
    "demo": None,
    "skim": "skim",
    "train": "models",
    "score": "scores",
    "evaluate": "evaluation",
    "templates": "fits",
    "workspace": None,
    "fit": None,
    "ranking": None,
    "plot_fit": None,
    "plot_models": None,
    "cutflow": None,
}


def main() -> None:
    """Check the disk, run the workflow, and print seconds, memory and bytes of every stage."""
    scratch = Path(os.environ.get("N2MU_BENCH_SCRATCH", tempfile.gettempdir())) / "n2mu-thesis"
    scratch.mkdir(parents=True, exist_ok=True)
    require_disk(scratch)
    if not (scratch / "config").exists():
        configure(scratch)
    run(scratch)
    print_table(
        f"Demo of size {SIZE}; models train on at most max_events of models.yaml",
        ["stage", "jobs", "seconds", "CPU seconds", "longest job", "peak MB", "MB written"],
        [row(scratch, stage, product) for stage, product in STAGES.items()],
    )


def require_disk(scratch: Path) -> None:
    """Exit if the ntuples and products would not fit."""
    ntuples = sum(file.bytes for c in planned_chunks("tth", SIZE).values() for file in c.values())
    made = sum(p.stat().st_size for p in scratch.rglob("*") if p.is_file())
    needed = (1 + PRODUCTS) * ntuples - made
    free = shutil.disk_usage(scratch).free
    print(f"{ntuples / 1e9:.1f} GB of ntuples, {needed / 1e9:.1f} GB to be written in {scratch}")
    if free < needed:
        sys.exit(
            f"{scratch}: {free / 1e9:.1f} GB are free, {needed / 1e9:.1f} GB are needed; "
            "name another directory with N2MU_BENCH_SCRATCH"
        )


def configure(directory: Path) -> None:
    """Write the committed analysis with the size of the thesis."""
    shutil.copytree(ROOT / "config", directory / "config")
    path = directory / "config/config.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("demo: small", f"demo: {SIZE}").replace("tth/small", f"tth/{SIZE}")
    )


def run(directory: Path) -> None:
    """Run the workflow, or what is left of it."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    cores = str(len(os.sched_getaffinity(0)))
    ended = subprocess.run(
        [*snakemake, "--directory", str(directory), "--cores", cores, "--rerun-incomplete"],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=False,
    )
    if ended.returncode:
        sys.exit("the workflow failed; run this again, it goes on from there")


def row(directory: Path, stage: str, product: str | None) -> list[str]:
    """Return what a stage took and wrote."""
    root = directory / "results/tth"
    found = [read_benchmark(p) for p in sorted((root / "benchmarks" / stage).glob("*.tsv"))]
    costs: list[Cost] = [cost for cost in found if cost is not None]
    written = directory / "ntuples" if stage == "demo" else root / (product or "none")
    size = sum(p.stat().st_size for p in written.rglob("*") if p.is_file())
    if stage == "score":
        size += sum(p.stat().st_size for p in (root / "friends").rglob("*") if p.is_file())
    return [
        stage,
        str(len(costs)),
        f"{sum(cost.seconds for cost in costs):.0f}",
        f"{sum(cost.cpu_seconds or 0 for cost in costs):.0f}",
        f"{max((cost.seconds for cost in costs), default=0):.0f}",
        f"{max((cost.memory or 0 for cost in costs), default=0):.0f}",
        f"{size / 1e6:.0f}" if size else "",
    ]
