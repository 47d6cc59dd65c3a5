"""One way to get templates from skims and scores, measured: called as a process by `templates`."""

import json
import pickle
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.skim_tth_ways import generate, opened
from benchmarks.timing import largest_process
from n2mu.commands.job import Job
from n2mu.expressions import parse
from n2mu.skim.read import Skim
from n2mu.templates.filling import Filler
from n2mu.templates.plan import layers, variations
from n2mu.templates.settings import TemplateSettings

KEYS = ["n2mu_file", "n2mu_entry", "n2mu_event"]
GROUP_BYTES = 32_000_000  # as in a skim


def make(job: Job, scratch: Path, size: str, times: str) -> Callable[[], dict[str, Any]]:
    """Return what skims the demo and writes every event several times, with random scores."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from n2mu.skim.stage import run_skim

    def run() -> dict[str, Any]:
        generate(job, scratch, size)()
        random = np.random.default_rng(1)
        scores = told(job).scores
        counts = {"rows": 0, "bytes": 0}
        shutil.rmtree(scratch / "many", ignore_errors=True)
        for chunk in job.slices.chunks:
            if not (scratch / "once" / chunk / "metadata.json").exists():
                run_skim(job.slices.skim(chunk), job.bases, scratch / "once" / chunk, 1)
            shutil.copytree(scratch / "once" / chunk, scratch / "many" / chunk)
            for path in sorted((scratch / "many" / chunk).rglob("*.parquet")):
                table = pq.read_table(path)
                if path.stem in ("training", "columns") or not len(table):
                    continue
                table = pa.concat_tables([table] * int(times)).combine_chunks()
                rows = max(int(GROUP_BYTES / table.nbytes * len(table)), 1)
                pq.write_table(table, path, compression="zstd", row_group_size=rows)
                scored = {key: table[key] for key in KEYS}
                scored |= {name: random.random(len(table), np.float32) for name in scores}
                target = scratch / "scores" / path.relative_to(scratch / "many")
                target.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(pa.table(scored), target, compression="zstd")
                counts["rows"] += len(table)
                counts["bytes"] += path.stat().st_size
        return {**counts, "fit": told(job).fit}

    return run


def told(job: Job) -> TemplateSettings:
    return job.slices.templates(job.configuration.main.publish)


def filler(job: Job, scratch: Path, settings: TemplateSettings) -> Filler:
    paths = [scratch / "many" / chunk for chunk in job.slices.chunks]
    scores = {chunk: scratch / "scores" / chunk for chunk in job.slices.chunks}
    return Filler(settings, Skim(paths), scores)


def n2mu(job: Job, scratch: Path, size: str, weights: bool = True) -> Callable[[], dict[str, int]]:
    settings = told(job)
    by_weight = {n for n, s in settings.systematics.items() if s.kind in ("weight", "set")}
    if not weights:
        kept = {n: s for n, s in settings.systematics.items() if n not in by_weight}
        settings = settings.model_copy(update={"systematics": kept})

    def run() -> dict[str, int]:
        made = filler(job, scratch, settings)
        edges = {region: binned.edges for region, binned in made.edges().items()}
        templates = made.fill(edges)
        if weights:
            (scratch / "n2mu.pickle").write_bytes(pickle.dumps((edges, templates)))
        variations = sum(v.rpartition("_")[0] in by_weight for _, _, v in templates)
        return {"templates": len(templates), "variations": variations}

    return run


def tables(job: Job, scratch: Path, settings: TemplateSettings) -> Iterator[tuple[Any, ...]]:
    """Yield data set, kind, layers, and the paths and columns of every table that is needed."""
    for data_set in settings.data_sets:
        for kind, chosen in layers(settings, data_set).items():
            names = {name for layer in chosen for name in layer.columns.values()}
            for region in settings.regions.values():
                names |= parse(region.selection).names | parse(region.observable).names
            for layer in chosen:
                for sample in layer.samples:
                    names |= parse(settings.samples[sample].selection).names
            scores = sorted(names & set(settings.scores))
            columns = sorted(names - set(scores))
            for chunk in job.slices.chunks:
                path = scratch / "many" / chunk / data_set / f"{kind}.parquet"
                if path.exists():
                    scored = scratch / "scores" / chunk / data_set / f"{kind}.parquet"
                    yield data_set, chosen, path, columns, scored, scores


def read(job: Job, scratch: Path, size: str) -> Callable[[], dict[str, int]]:
    import pyarrow.parquet as pq

    settings = told(job)

    def run() -> dict[str, int]:
        for _, _, path, columns, scored, scores in tables(job, scratch, settings):
            for name, wanted in ((path, columns), (scored, scores)):
                file = pq.ParquetFile(name)
                for group in range(file.num_row_groups):
                    file.read_row_group(group, columns=[*KEYS, *wanted])
        return {}

    return run


def boost_histogram(job: Job, scratch: Path, size: str) -> Callable[[], dict[str, int]]:
    """Return the straightforward loop: a mask per region and sample, a histogram per variation."""
    import boost_histogram as bh
    import pyarrow.parquet as pq

    settings = told(job)

    def run() -> dict[str, int]:
        made = filler(job, scratch, settings)
        edges, _ = pickle.loads((scratch / "n2mu.pickle").read_bytes())
        histograms: dict[tuple[str, str, str], Any] = {}
        for data_set, chosen, path, columns, scored, scores in tables(job, scratch, settings):
            found = pq.read_table(path, columns=[*KEYS, *columns]).combine_chunks()
            table = {name: found[name].to_numpy() for name in found.column_names}
            found = pq.read_table(scored, columns=scores).combine_chunks()
            table |= {name: found[name].to_numpy() for name in found.column_names}
            events = len(table["n2mu_entry"])
            truths = {
                sample: parse(settings.samples[sample].selection).select(table, events)
                for layer in chosen
                for sample in layer.samples
            }
            for region, entry in settings.regions.items():
                inside = parse(entry.selection).select(table, events)
                values = parse(entry.observable).evaluate(table, events)
                for layer in chosen:
                    for sample in layer.samples:
                        mask = inside & truths[sample]
                        affected = set(variations(settings, sample)) & set(layer.columns)
                        for variation in affected:
                            column = layer.columns[variation]
                            key = (region, sample, variation)
                            if key not in histograms:
                                axis = bh.axis.Variable(edges[region])
                                histograms[key] = bh.Histogram(axis, storage=bh.storage.Weight())
                            factor = made._factor(data_set, variation)
                            weight = table[column][mask] * factor
                            histograms[key].fill(values[mask], weight=weight)
        views = {key: histogram.view(flow=True) for key, histogram in histograms.items()}
        sums = {key: (view.value, view.variance) for key, view in views.items()}
        (scratch / "loop.pickle").write_bytes(pickle.dumps(sums))
        return {"templates": len(sums)}

    return run


def compare(job: Job, scratch: Path, size: str) -> Callable[[], dict[str, int]]:
    """Return what compares every template; it ends the program at a difference."""

    def run() -> dict[str, int]:
        (_, templates), loop = (
            pickle.loads((scratch / f"{name}.pickle").read_bytes()) for name in ("n2mu", "loop")
        )
        for key, template in templates.items():
            for ours, name in ((template.sumw, 0), (template.sumw2, 1)):
                theirs = np.zeros(len(ours))
                if key in loop:
                    flow = loop[key][name]
                    theirs = flow[1:-1].copy()
                    theirs[[0, -1]] += flow[[0, -1]]
                if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-12):
                    sys.exit(f"{key}: {ours} differs from {theirs}")
        return {"templates": len(templates)}

    return run


def measure(way: str, scratch: Path, size: str, *more: str) -> dict[str, Any]:
    job = opened(scratch, size)
    ways: dict[str, Callable[[], Callable[[], Any]]] = {
        "make": lambda: make(job, scratch, size, *more),
        "read": lambda: read(job, scratch, size),
        "n2mu": lambda: n2mu(job, scratch, size),
        "n2mu, no weight variation": lambda: n2mu(job, scratch, size, weights=False),
        "boost-histogram": lambda: boost_histogram(job, scratch, size),
        "compare": lambda: compare(job, scratch, size),
    }
    run = ways[way]()
    cpu, started = time.process_time(), time.perf_counter()
    found: dict[str, Any] = dict(run())
    found |= {
        "cpu": time.process_time() - cpu,
        "seconds": time.perf_counter() - started,
        "memory": largest_process(),
    }
    return found


if __name__ == "__main__":
    way, scratch, *more = sys.argv[1:]
    print(json.dumps(measure(way, Path(scratch), *more)))
