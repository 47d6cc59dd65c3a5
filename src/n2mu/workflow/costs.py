"""What jobs cost, by the benchmarks that Snakemake wrote of earlier ones."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean


@dataclass(frozen=True)
class Cost:
    """What one job took.

    Attributes
    ----------
    seconds
        From start to end.
    cpu_seconds
        Of all its cores; none where it was too short to be measured.
    memory
        Largest, in MB; none where it was too short to be measured.
    """

    seconds: float
    cpu_seconds: float | None
    memory: float | None


def read_benchmark(path: Path) -> Cost | None:
    """Return what a benchmark says; none if there is no such file or no number in it."""
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        return Cost(
            seconds=float(rows[-1]["s"]),
            cpu_seconds=_number(rows[-1].get("cpu_time")),
            memory=_number(rows[-1].get("max_rss")),
        )
    except (OSError, IndexError, KeyError, ValueError):
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def stage_of(benchmark: Path) -> str:
    """Return the stage of a benchmark, which is the name of its directory."""
    return benchmark.parent.name


def expected_seconds(benchmarks: Iterable[Path]) -> list[float | None]:
    """Return what jobs will take: what they took before, or others of their stage did.

    Parameters
    ----------
    benchmarks
        The file that each job will write.
    """
    known: dict[Path, float | None] = {}

    def seconds(path: Path) -> float | None:
        cost = read_benchmark(path)
        if cost is not None:
            return cost.seconds
        if path.parent not in known:
            others = [c.seconds for p in path.parent.glob("*.tsv") if (c := read_benchmark(p))]
            known[path.parent] = mean(others) if others else None
        return known[path.parent]

    return [seconds(path) for path in benchmarks]
