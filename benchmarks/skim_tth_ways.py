"""One way to skim the demo of config/tth, measured: called as a process by `skim_tth`."""

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.forkserver import _forkserver
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import bytes_read, largest_process
from n2mu.commands.job import Job, open_job

CONFIG = Path(__file__).parents[1] / "config/config.yaml"
STEP = 100_000  # entries


def opened(scratch: Path, size: str) -> Job:
    import yaml

    main: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    main |= {"ntuples": {"demo": str(scratch / size)}, "demo": size, "results": str(scratch)}
    path = scratch / "config.yaml"
    path.write_text(yaml.safe_dump(main))
    # the analysis is looked for beside it
    link = scratch / main["analysis"]
    if not link.is_symlink():
        link.symlink_to(CONFIG.parent / link.name)
    return open_job(str(path))


def generate(job: Job, scratch: Path, size: Any) -> Callable[[], int]:
    from n2mu.demo.listing import planned_chunks
    from n2mu.demo.stage import run_demo

    def run() -> int:
        for chunk in job.slices.chunks:
            files = planned_chunks("tth", size)[chunk]
            planned = {file.path: identity for identity, file in files.items()}
            done = scratch / size / f"{chunk}.json"
            # those of an older generator are made again
            if not done.exists() or json.loads(done.read_text()) != planned:
                run_demo("tth", size, chunk, scratch / size)
        return 0

    return run


def n2mu(job: Job, scratch: Path, size: str, workers: str = "1") -> Callable[[], int]:
    from n2mu.skim.stage import run_skim

    def run() -> int:
        for chunk in job.slices.chunks:
            run_skim(job.slices.skim(chunk), job.bases, scratch / "ours" / chunk, int(workers))
        return 0

    return run


def naive(job: Job, scratch: Path, size: str, workers: str = "1") -> Callable[[], int]:
    """Return what goes over a tree once per variation: iterate, mask, write.

    It opens a file once, and for a weight variation reads the branches of cuts and weights only.
    """
    import uproot

    from n2mu.expressions import parse

    def passed(told: Any, columns: dict[str, Any], size: int, training: bool) -> Any:
        mask = parse(told.preselection).select(columns, size)
        return ~mask & parse(told.training).select(columns, size) if training else mask

    def weighted(factors: dict[str, str], columns: dict[str, Any], size: int) -> Any:
        weight = np.ones(size)
        for text in factors.values():
            weight *= parse(text).evaluate(columns, size)
        return weight

    def run() -> int:
        shutil.rmtree(scratch / "naive", ignore_errors=True)
        for chunk in job.slices.chunks:
            told = job.slices.skim(chunk)
            for data_set in told.data_sets:
                target = scratch / "naive" / chunk / data_set.name
                target.mkdir(parents=True)
                nominal = {} if data_set.data else dict(told.weight)
                # table, its tree, the factors of the weight, the branches that are kept
                passes = [("nominal", data_set.tree, nominal, data_set.columns)]
                if not data_set.data:
                    passes.append(("training", data_set.tree, nominal, data_set.columns))
                passes += [
                    (v.name, data_set.tree, {**nominal, v.factor: v.expression}, [])
                    for v in data_set.weight_variations
                ]
                passes += [(t, t, nominal, data_set.columns) for t in data_set.tree_variations]
                files = [uproot.open(job.bases[f.base] / f.path) for f in data_set.files]
                for kind, tree, factors, kept in passes:
                    parts = []
                    texts = [told.preselection, *factors.values()]
                    texts += [told.training] if kind == "training" else []
                    needed = {n for text in texts for n in parse(text).names}
                    for file in files:
                        names = needed | set(kept)
                        for columns, first, entries in iterated(file[tree], names):
                            mask = passed(told, columns, entries, kind == "training")
                            part = {name: columns[name][mask] for name in kept}
                            part["n2mu_entry"] = first + np.flatnonzero(mask)
                            part["n2mu_weight"] = weighted(factors, columns, entries)[mask]
                            parts.append(part)
                    written(parts, target / f"{kind}.parquet")
        return 0

    return run


def iterated(tree: Any, names: set[str]) -> Iterator[tuple[dict[str, Any], int, int]]:
    import awkward as ak

    wanted = names.__contains__
    for events, report in tree.iterate(filter_name=wanted, step_size=STEP, report=True):
        columns = {
            name: ak.to_numpy(events[name]) if events[name].ndim == 1 else events[name]
            for name in events.fields
        }
        yield columns, report.tree_entry_start, len(events)


def written(parts: list[dict[str, Any]], path: Path) -> None:
    import awkward as ak
    import pyarrow.parquet as pq

    if parts:
        whole = {name: ak.concatenate([part[name] for part in parts]) for name in parts[0]}
        table = ak.to_arrow_table(
            ak.zip(whole, depth_limit=1), list_to32=True, extensionarray=False
        )
        pq.write_table(table, path, compression="zstd")


def compare(job: Job, scratch: Path, size: str) -> Callable[[], dict[str, int]]:
    """Return what compares every column of every table; it ends the program at a difference."""
    import pyarrow.parquet as pq

    def run() -> dict[str, int]:
        counts = {"tables": 0, "columns": 0, "rows": 0}
        for theirs in sorted((scratch / "naive").rglob("*.parquet")):
            directory = scratch / "ours" / theirs.parent.relative_to(scratch / "naive")
            kind = theirs.stem
            varied = (directory / "nominal.parquet").exists() and (
                f"n2mu_weight_{kind}" in pq.read_schema(directory / "nominal.parquet").names
            )
            ours = directory / f"{'nominal' if varied else kind}.parquet"
            expected = pq.read_table(theirs).combine_chunks()
            counts["tables"] += 1
            counts["rows"] += len(expected)
            if not len(expected):
                if ours.exists():
                    sys.exit(f"{ours}: holds events, the naive table none")
                continue
            found = pq.read_table(ours).combine_chunks()
            for name in expected.column_names:
                column = f"n2mu_weight_{kind}" if varied and name == "n2mu_weight" else name
                if found[column].to_pylist() != expected[name].to_pylist():
                    sys.exit(f"{ours}: column '{column}' differs from the naive one")
                counts["columns"] += 1
        return counts

    return run


def measure(way: str, scratch: Path, size: str, *more: str) -> dict[str, float]:
    ways: dict[str, Callable[..., Callable[[], Any]]] = {
        "generate": generate,
        "n2mu": n2mu,
        "naive": naive,
        "compare": compare,
    }
    job = opened(scratch, size)
    run = ways[way](job, scratch, size, *more)
    cpu, read, started = time.process_time(), bytes_read(), time.perf_counter()
    counts = run()
    # workers are children of this server, and count once it has ended; there is no public way to
    # end it, and the standard library's own tests use this one
    _forkserver._stop()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "cpu": time.process_time() - cpu + children.ru_utime + children.ru_stime,
        "seconds": time.perf_counter() - started,
        "bytes": bytes_read() - read,
        "memory": largest_process(),
        "size": sum(path.stat().st_size for path in (scratch / size).rglob("*.root")),
    }
    return found | (counts or {})


if __name__ == "__main__":
    way, scratch, *more = sys.argv[1:]
    print(json.dumps(measure(way, Path(scratch), *more)))
