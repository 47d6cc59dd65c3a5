"""Timing in one interleaved run, and tables."""

import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process to one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def interleaved(
    tasks: Mapping[str, Callable[[], Any]],
    repeats: Mapping[str, int],
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the median seconds and the last result of each task.

    Tasks take turns, so that a slow spell of the machine meets all of them; those with fewer
    repeats drop out.
    """
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    results: dict[str, Any] = {}
    for turn in range(max(repeats.values())):
        for name, task in tasks.items():
            if turn < repeats[name]:
                started = clock()
                results[name] = task()
                seconds[name].append(clock() - started)
    return {name: median(values) for name, values in seconds.items()}, results


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    widths = [max(len(str(row[i])) for row in (columns, *rows)) for i in range(len(columns))]
    print(f"\n### {title}\n")
    for row in (columns, ["-" * width for width in widths], *rows):
        cells = (str(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {' | '.join(cells)} |", flush=True)


def peak_memory() -> float:
    """Return the largest memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def bytes_read() -> int:
    """Return the bytes that this process and its ended children asked for, page cache or disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def largest_process() -> int:
    """Return the largest memory in bytes that this process or an ended child of it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    # not ru_maxrss, which holds what the program had that started this one
    own = int(dict(line.split(":") for line in lines)["VmHWM"].split()[0])
    return 1024 * max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
