"""Listing thousands of files: at first with one and two processes, and again."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.timing import print_table
from n2mu.config.inputs import DataSet
from n2mu.inputs import finding
from n2mu.inputs.finding import list_ntuples
from n2mu.inputs.listing import Listing, read_listing, write_listing
from n2mu.inputs.location import Location

FILES = int(os.environ.get("N2MU_BENCH_FILES", "3000"))
TREES = 11
BRANCHES = 100
NEW = 30


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("N2MU_BENCH_SCRATCH")) as directory:
        _measure(Path(directory))


def _measure(directory: Path) -> None:
    _write(directory / "first.root")
    for number in range(FILES):
        _copy(directory, number)
    first, one = _timed(directory, None, 1)
    _, two = _timed(directory, None, 2)
    path = directory / "listing.json"
    write_listing(path, first)
    opened = _counted()
    again, unchanged = _timed(directory, read_listing(path), 1)
    if again != first or opened():
        raise SystemExit(f"a second listing opened {opened()} files")
    for number in range(FILES, FILES + NEW):
        _copy(directory, number)
    more, added = _timed(directory, read_listing(path), 1)
    if len(more.files) != FILES + NEW or opened() != NEW:
        raise SystemExit(f"{NEW} files are new, opened were {opened()}")
    rows = [
        ["first listing, 1 process", str(FILES), f"{one:.1f}", f"{1e3 * one / FILES:.1f}"],
        ["first listing, 2 processes", str(FILES), f"{two:.1f}", f"{1e3 * two / FILES:.1f}"],
        ["again, nothing changed", "0", f"{unchanged:.2f}", f"{1e3 * unchanged / FILES:.2f}"],
        [f"again, {NEW} files are new", str(NEW), f"{added:.2f}", f"{1e3 * added / FILES:.2f}"],
    ]
    columns = ["n2mu list", "files opened", "seconds", "ms per file"]
    print_table(f"{FILES} files of {TREES} trees with {BRANCHES} branches", columns, rows)


def _write(path: Path) -> None:
    import uproot

    with uproot.recreate(path) as file:
        for tree in range(TREES):
            branches = {f"branch_{i}": np.arange(2.0) for i in range(BRANCHES)}
            file.mktree(f"tree_{tree}", dict.fromkeys(branches, np.float64)).extend(branches)


def _copy(directory: Path, number: int) -> None:
    """Copy the file; bytes behind its end tell it from the others, as an identifier would."""
    path = directory / f"ntuples/{number:05d}.root"
    path.parent.mkdir(exist_ok=True)
    shutil.copy(directory / "first.root", path)
    with path.open("ab") as handle:
        handle.write(number.to_bytes(8, "big"))


def _timed(directory: Path, previous: Listing | None, workers: int) -> tuple[Listing, float]:
    data_set = DataSet(
        name="x",
        input="x",
        dsid=None,
        campaign=None,
        files="*.root",
        base="disk",
        tree="tree_0",
        data=False,
        luminosity=1.0,
        cross_section=1.0,
    )
    started = time.perf_counter()
    found = list_ntuples([data_set], {"disk": directory / "ntuples"}, previous, workers=workers)
    return found, time.perf_counter() - started


def _counted() -> Callable[[], int]:
    """Count from now on the files that this process opens."""
    opened: list[Location] = []
    original = finding.tree_entries

    def counting(path: Location) -> dict[str, int]:
        opened.append(path)
        return original(path)

    finding.tree_entries = counting
    return lambda: len(opened)
