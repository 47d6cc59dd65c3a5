"""The skim beside reading alone, a naive selection and RDataFrame, each in its own process."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.timing import print_table

ENTRIES = int(os.environ.get("N2MU_BENCH_ENTRIES", "1_000_000"))
TIMES = 4  # as many events in a file that only shows what memory depends on
CODECS = {"ZSTD": 505, "LZ4": 404, "ZLIB": 101}  # of ROOT: 100 * algorithm + level
REPEATS = 3
RUNS = ("decompress", "n2mu", "naive", "RDataFrame", "RDataFrame, 1000 events")
MACRO = """
#include "TFile.h"
#include "TRandom3.h"
#include "TTree.h"
#include <vector>
void ntuple(const char* path, int compression, Long64_t entries) {
  TFile file(path, "RECREATE", "", compression);
  TTree tree("nominal", "");
  TRandom3 random(1);
  std::vector<Float_t> f(110);
  std::vector<Int_t> n(40);
  ULong64_t event;
  tree.Branch("event", &event, "event/l");
  for (int i = 0; i < 110; i++) tree.Branch(Form("f%03d", i), &f[i], Form("f%03d/F", i));
  for (int i = 0; i < 40; i++) tree.Branch(Form("n%03d", i), &n[i], Form("n%03d/I", i));
  std::vector<std::vector<float>> v(8);
  std::vector<std::vector<float>*> p(8);
  for (int i = 0; i < 8; i++) { p[i] = &v[i]; tree.Branch(Form("v%d", i), p[i]); }
  for (Long64_t e = 0; e < entries; e++) {
    event = 7 * e + 3;
    for (int i = 0; i < 110; i++)
      f[i] = i % 3 ? random.Exp(40e3) : (random.Rndm() < 0.5 ? -99.f : random.Gaus());
    for (int i = 0; i < 40; i++) n[i] = random.Poisson(3);
    int jets = random.Poisson(4);
    for (auto& x : v) {
      x.clear();
      for (int j = 0; j < jets; j++) x.push_back(random.Exp(50e3));
    }
    tree.Fill();
  }
  tree.Write();
}
"""


def main() -> None:
    """Print CPU seconds, bytes and memory of every way, and check that they agree."""
    scratch = (
        Path(os.environ.get("N2MU_BENCH_SCRATCH", tempfile.gettempdir()))
        / f"n2mu-bench-skim-{ENTRIES}"
    )
    scratch.mkdir(parents=True, exist_ok=True)
    for codec, code in CODECS.items():
        for name, entries in ((codec, ENTRIES), (f"{codec}_small", 1000)):
            if not (scratch / f"{name}.root").exists():
                _run("write", scratch / f"{name}.root", scratch, str(code), str(entries))
    large = scratch / "large.root"
    if not large.exists():
        _run("merge", large, scratch, str(scratch / "ZSTD.root"), str(TIMES))
    for codec in CODECS:
        results: dict[str, list[dict[str, float]]] = {run: [] for run in RUNS}
        for _ in range(REPEATS):
            for run in RUNS:
                way, _, small = run.partition(", ")
                path = scratch / f"{codec}{'_small' if small else ''}.root"
                results[run].append(_run(way, path, scratch))
        _print(codec, results)
        _run("compare", scratch / f"{codec}.root", scratch)
    found = _run("n2mu", large, scratch)
    print(
        f"\nn2mu on {TIMES} times the events, {large.stat().st_size / 1e9:.2f} GB (ZSTD): "
        f"{found['cpu']:.2f} CPU seconds, {found['kept']:.0f} kept, "
        f"peak {found['memory'] / 1e6:.0f} MB"
    )


def _run(way: str, path: Path, scratch: Path, *more: str) -> dict[str, float]:
    program = [sys.executable, "-m", "benchmarks.skim_ways", way, str(path), str(scratch), *more]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{way} of {path}: {ended.stderr}")
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _print(codec: str, results: dict[str, list[dict[str, float]]]) -> None:
    middle: dict[str, dict[str, Any]] = {
        run: {key: median(r[key] for r in found) for key in found[0]}
        for run, found in results.items()
    }
    just_in_time = middle.pop("RDataFrame, 1000 events")["cpu"]
    whole = middle["RDataFrame"]
    middle["RDataFrame without JIT"] = {**whole, "cpu": whole["cpu"] - just_in_time}
    rows = [
        [
            run,
            f"{found['cpu']:.2f}",
            f"{found['cpu'] / middle['naive']['cpu']:.2f}",
            f"{found['cpu'] / middle['decompress']['cpu']:.2f}",
            f"{found['bytes'] / 1e6:.0f}",
            f"{found['memory'] / 1e6:.0f}",
        ]
        for run, found in middle.items()
    ]
    columns = ["", "CPU seconds", "of naive", "of decompress", "MB read", "peak MB"]
    kept = results["n2mu"][0]["kept"] / ENTRIES
    print_table(f"{codec}: {ENTRIES} events, {100 * kept:.2f} % kept", columns, rows)
