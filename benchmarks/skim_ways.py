"""One way to skim one file, measured from after its imports: called as a process by `skim`."""

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.skim import CODECS, MACRO
from benchmarks.timing import bytes_read, largest_process

CUT = "f001 > 40e3 && n000 >= 4 && n001 >= 4 && f004 > 50.4e3"


def write(path: Path, scratch: Path, code: str, entries: str) -> Callable[[], int]:
    import ROOT

    macro = scratch / "ntuple.C"
    macro.write_text(MACRO)
    ROOT.gROOT.ProcessLine(f".L {macro}+O")
    return lambda: ROOT.ntuple(str(path), int(code), int(entries)) or 0


def merge(path: Path, scratch: Path, source: str, times: str) -> Callable[[], int]:
    import ROOT

    def run() -> int:
        merger = ROOT.TFileMerger(False)
        merger.OutputFile(str(path), "RECREATE", CODECS["ZSTD"])
        # links, since one file is added once
        links = [scratch / f"{path.stem}_{number}.root" for number in range(int(times))]
        for link in links:
            link.symlink_to(source)
            merger.AddFile(str(link), False)
        merged = merger.Merge()
        for link in links:
            link.unlink()
        return 0 if merged else sys.exit(f"{path}: not merged")

    return run


def decompress(path: Path, scratch: Path) -> Callable[[], int]:
    import uproot

    from n2mu.inputs.basket import Scratch, content_of
    from n2mu.inputs.layout import layout_of
    from n2mu.inputs.source import open_source

    def run() -> int:
        memory = Scratch()
        with uproot.open(path) as file, open_source(file) as source:
            layouts = [layout_of(branch) for branch in file["nominal"].branches]
            baskets = sorted(
                place
                for layout in layouts
                if layout is not None
                for place in zip(layout.seeks, layout.sizes, np.diff(layout.entries), strict=True)
            )
            pieces = [(int(seek), int(size)) for seek, size, _ in baskets]
            for (_, _, entries), raw in zip(baskets, source.read(pieces), strict=True):
                content_of(raw, entries, memory)
        return 0

    return run


def n2mu(path: Path, scratch: Path) -> Callable[[], int]:
    import uproot

    from n2mu.config.inputs import SumOfWeights
    from n2mu.inputs.identity import NtupleFile, content_sample
    from n2mu.products import read_json
    from n2mu.skim.settings import SkimDataSet, SkimSettings
    from n2mu.skim.stage import run_skim

    # imported at first use, the former by NumPy, which would be inside of what is measured
    for module in ("numpy.ma", "n2mu.expressions.evaluation"):
        import_module(module)
    with uproot.open(path) as file:
        columns = file["nominal"].keys()
    listed = NtupleFile(base="b", path=path.name, identity=content_sample(path), entries=None)
    settings = SkimSettings(
        chunk="c0000",
        run=None,
        event="event",
        sum_of_weights=SumOfWeights(entries=True),
        weight={},
        preselection=CUT,
        training="0",
        data_sets=[
            SkimDataSet(
                name="x",
                tree="nominal",
                files=[listed],
                columns=columns,
                weight_variations=[],
                tree_variations=[],
            )
        ],
    )

    def run() -> int:
        run_skim(settings, {"b": path.parent}, scratch / "skim")
        rows: int = read_json(scratch / "skim/metadata.json")["data_sets"]["x"]["rows"]["nominal"]
        return rows

    return run


def naive(path: Path, scratch: Path) -> Callable[[], int]:
    import awkward as ak
    import pyarrow.parquet as pq
    import uproot

    def run() -> int:
        writer, rows = None, 0
        with uproot.open(path) as file:
            for events in file["nominal"].iterate(step_size=100_000):
                mask = (events.f001 > np.float64(40e3)) & (events.n000 >= 4) & (events.n001 >= 4)
                kept = events[mask & (events.f004 > np.float64(50.4e3))]
                table = ak.to_arrow_table(kept, list_to32=True, extensionarray=False)
                if writer is None:
                    writer = pq.ParquetWriter(scratch / "naive.parquet", table.schema)
                writer.write_table(table)
                rows += len(kept)
        if writer is not None:
            writer.close()
        return rows

    return run


def rdataframe(path: Path, scratch: Path) -> Callable[[], int]:
    import ROOT

    def run() -> int:
        frame = ROOT.RDataFrame("nominal", str(path)).Filter(CUT)
        frame.Snapshot("nominal", str(scratch / "snapshot.root"))
        return 0

    return run


def compare(path: Path, scratch: Path) -> Callable[[], int]:
    import pyarrow.parquet as pq

    def run() -> int:
        ours = pq.read_table(scratch / "skim/x/nominal.parquet").combine_chunks()
        theirs = pq.read_table(scratch / "naive.parquet").combine_chunks()
        for name in theirs.column_names:
            if ours[name].to_pylist() != theirs[name].to_pylist():
                sys.exit(f"{path}: column '{name}' differs from the naive one")
        return len(theirs)

    return run


WAYS: dict[str, Callable[..., Callable[[], int]]] = {
    "write": write,
    "merge": merge,
    "decompress": decompress,
    "n2mu": n2mu,
    "naive": naive,
    "RDataFrame": rdataframe,
    "compare": compare,
}


def measure(way: str, path: Path, scratch: Path, *more: str) -> dict[str, float]:
    run = WAYS[way](path, scratch, *more)
    before, read = time.process_time(), bytes_read()
    kept = run()
    cpu = time.process_time() - before
    read = bytes_read() - read
    return {"cpu": cpu, "bytes": read, "memory": largest_process(), "kept": kept}


if __name__ == "__main__":
    # the ROOT wheel announces at import that it is an alpha distribution
    warnings.simplefilter("ignore")
    way, path, scratch, *more = sys.argv[1:]
    print(json.dumps(measure(way, Path(path), Path(scratch), *more)))
