"""Opening a tree of thousands of branches of which some are read, beside uproot's opening."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.timing import print_table
from n2mu.inputs.gather import Gatherer
from n2mu.inputs.ntuple import open_ntuple, tree
from n2mu.inputs.source import open_source

READ = 200
REPEATS = 5
MACRO = """
void write(const char* path, int branches) {
  TFile file(path, "RECREATE");
  TTree tree("t", "");
  std::vector<std::vector<float>> lists(branches); std::vector<float> numbers(branches);
  for (int i = 0; i < branches; i++) {
    std::string name = "branch_" + std::to_string(i);
    if (i % 3) tree.Branch(name.c_str(), &numbers[i]);
    else tree.Branch(name.c_str(), &lists[i]);
  }
  tree.SetAutoFlush(100);
  for (int i = 0; i < 1000; i++) tree.Fill();
  file.Write();
}
"""


def main() -> None:
    import ROOT

    ROOT.gInterpreter.Declare(MACRO)
    with tempfile.TemporaryDirectory(dir=os.environ.get("N2MU_BENCH_SCRATCH")) as directory:
        rows = []
        for branches in (950, 2650):
            path = Path(directory) / f"{branches}.root"
            ROOT.write(str(path), branches)
            whole, names, some = _measure(path)
            row = [f"{1e3 * seconds:.0f}" for seconds in (whole, names, some)]
            rows.append([f"{branches:,}", *row, f"{some / whole:.2f}"])
    columns = ["branches", "uproot", "names alone", f"{READ} to be read", "ratio"]
    print_table("CPU milliseconds to open a tree, a third of it vectors", columns, rows)


def _measure(path: Path) -> tuple[float, float, float]:
    """Return CPU seconds of uproot, of names, and of names and the places of some branches."""
    with open_ntuple(path) as file, open_source(file) as source:

        def some() -> None:
            ntuple = tree(file, "t", path)
            chosen = sorted(ntuple.names)[:: len(ntuple.names) // READ][:READ]
            Gatherer(ntuple, source).boundaries(chosen)

        def whole() -> None:
            file.file.object_cache.clear()
            file["t"].keys(recursive=False)

        return _seconds(whole), _seconds(lambda: tree(file, "t", path).names), _seconds(some)


def _seconds(work: Callable[[], Any]) -> float:
    """Return the median of the CPU seconds that some work takes."""
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)
