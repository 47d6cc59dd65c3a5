"""The built-in Monte Carlo: its speed, and its rates beside those of the thesis.

``python -m benchmarks.demo NTUPLES [RESULTS]`` counts the ntuples of a directory, ``python -m
benchmarks.demo`` the same events without writing them; both print the tables of docs/demo.md,
and fail where the demonstration leaves its limits. With the results of a run these are also
the separation that its models reach and the uncertainty of its fit.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import uproot

from benchmarks.timing import one_core, print_table
from n2mu.config.load import load
from n2mu.demo.tth.generate import make_trees
from n2mu.demo.tth.plan import DATA, TthFile, plan
from n2mu.demo.tth.yields import ALL, PROMPT, Key, Normalisation, Yield, count
from n2mu.expressions import parse

ROOT = Path(__file__).parents[1]
SIGNAL_REGION = "SR"

RAW_EVENTS = 8000
"""Least raw events in the signal region."""

EFFECTIVE_EVENTS, EFFECTIVE_OF = 300, ("ttH", "ttW", "ttZ", "VV")
"""Least effective events there of some processes."""

EFFECTIVE_SHARE = 0.3
"""Least effective over raw events there, of every process."""

AREA, STATISTICAL_ERROR = (0.68, 0.85), (0.35, 0.6)
"""Of ttH against all else in the signal region, per model; of mu with free fake rates."""

PROCESSES = {
    "ttH": (12.22, 523.42),
    "ttW": (5.49, 1680.34),
    "ttWEW": (0.59, 122.36),
    "ttZ": (7.78, 1550.66),
    "tt": (0.33, 33487.35),
    "VV": (2.55, 7046.18),
    "tZ": (0.29, 378.09),
    "WtZ": (1.20, 248.63),
    "tW": (0.00, 413.89),
    "ttt": (0.16, 8.08),
    "tttt": (0.97, 45.27),
    "ggVV": (0.01, 354.08),
    "VVV": (0.02, 60.93),
    "VH": (0.00, 102.55),
    "WttW": (0.81, 50.56),
    "tHjb": (0.14, 21.41),
    "tWH": (0.18, 15.95),
}
"""Table 1.2 of the thesis: events without fakes in the signal region and after the preselection."""

FAKES = {
    "mu": 0.71,
    "e": 1.62,
    "e+mu": 0.02,
    "mu+mu": 9e-6,
    "e+e": 0.02,
    "QmisID": 0.39,
    "tau": 3.90,
    "tau (ttH)": 2.74,
    "tau (ttW)": 6.17,
    "tau (ttZ)": 3.50,
    "tau+mu": 1.33,
    "tau+e": 1.48,
    "tau+e+mu": 1.4e-3,
    "tau+mu+mu": 1e-5,
    "tau+e+e": 1e-3,
    "tau+QmisID": 0.53,
}
"""Table 1.3 of the thesis: misidentified objects in the signal region."""


def nominal(size: str, base: Path | None) -> Iterator[tuple[TthFile, Mapping[str, Any], float]]:
    """Yield the nominal events of each simulated file, and its own sum of weights."""
    for file in plan(size):
        if file.group == DATA or file.group.startswith("alt_"):
            continue
        if base is None:
            trees, metadata = make_trees(replace(file, varied=False))
            yield file, trees["nominal"].scalars, float(metadata["totalEventsWeighted"][0])
            continue
        with uproot.open(base / file.path) as opened:
            tree = opened["nominal"]
            names = [n for n in set(tree.keys()) if not n.startswith(("jets", "njets"))]
            total = opened["sumWeights"]["totalEventsWeighted"].array(library="np").sum()
            yield file, tree.arrays(names, library="np"), float(total)


def yields(size: str, base: Path | None) -> dict[Key, Yield]:
    """Return the yields of all files; the sums of weights are those of whole data sets."""
    configuration = load(ROOT / "config/config.yaml")
    normalisation = Normalisation(configuration.inputs)
    region = configuration.regions.regions[SIGNAL_REGION]
    selections = {SIGNAL_REGION: parse(region.selection)}
    shares: dict[str, int] = defaultdict(int)
    for file in plan(size):
        shares[file.data_set] += file.events
    # sums of weights are in proportion to the generated events of a data set
    whole = (
        (file, columns, total * shares[file.data_set] / file.events)
        for file, columns, total in nominal(size, base)
    )
    return count(whole, normalisation, selections)


def label(group: str, category: str) -> str:
    """Return the row of table 1.3 of a group's events."""
    own = category == "tau" and group in ("ttH", "ttW", "ttZ")
    return f"tau ({group})" if own else category


def tables(found: dict[Key, Yield]) -> None:
    """Print tables 1.2 and 1.3 beside the demonstration's, and effective events."""
    rows = []
    for group, (inside, everything) in PROCESSES.items():
        selected = found.get((group, PROMPT, SIGNAL_REGION), Yield())
        passing = found.get((group, PROMPT, ALL), Yield())
        process = sum_of(v for k, v in found.items() if k[0] == group and k[2] == SIGNAL_REGION)
        rows.append(
            [
                group,
                f"{everything:.2f}",
                f"{passing.weighted:.2f} ± {passing.error:.2f}",
                f"{inside:.2f}",
                f"{selected.weighted:.2f} ± {selected.error:.2f}",
                f"{process.raw}",
                f"{process.effective:.0f}",
            ]
        )
    heads = ["process", "ALL, thesis", "ALL, demo", "SR, thesis", "SR, demo", "SR raw", "effective"]
    print_table("Table 1.2: events without fakes; raw and effective events with them", heads, rows)
    fakes: dict[str, Yield] = {}
    for (group, category, selection), value in found.items():
        if selection == SIGNAL_REGION and category != PROMPT:
            row = label(group, category)
            fakes[row] = sum_of([fakes.get(row, Yield()), value])
    print_table(
        "Table 1.3: misidentified objects in the signal region",
        ["misidentified", "thesis", "demo", "raw"],
        [
            [row, f"{thesis:.2g}", f"{mine.weighted:.3f} ± {mine.error:.3f}", f"{mine.raw}"]
            for row, thesis in FAKES.items()
            for mine in [fakes.get(row, Yield())]
        ],
    )
    signal = found[("ttH", PROMPT, SIGNAL_REGION)].weighted + fakes["tau (ttH)"].weighted
    region = sum_of(v for k, v in found.items() if k[2] == SIGNAL_REGION)
    print(f"\nSignal {signal:.2f} (14.96), background {region.weighted - signal:.2f} (40.21),")
    print(f"{region.raw} raw events in the signal region.")


def events_outside_limits(found: Mapping[Key, Yield]) -> list[str]:
    """Return what the events in the signal region lack."""
    problems = []
    of_process = {
        group: sum_of(v for k, v in found.items() if k[0] == group and k[2] == SIGNAL_REGION)
        for group in PROCESSES
    }
    raw = sum(process.raw for process in of_process.values())
    if raw < RAW_EVENTS:
        problems.append(f"{raw} raw events, expected {RAW_EVENTS}")
    for group, process in of_process.items():
        if group in EFFECTIVE_OF and process.effective < EFFECTIVE_EVENTS:
            problems.append(
                f"{group}: {process.effective:.0f} effective events, expected {EFFECTIVE_EVENTS}"
            )
        if process.effective < EFFECTIVE_SHARE * process.raw:
            problems.append(
                f"{group}: {process.effective:.0f} effective of {process.raw} raw events, "
                f"expected {EFFECTIVE_SHARE:.0%}"
            )
    return problems


def results_outside_limits(results: Path) -> list[str]:
    """Print the separation of the models and the uncertainty of mu; return what is outside.

    Parameters
    ----------
    results
        Of one analysis, such as ``results/tth``.
    """
    products = sorted((results / "evaluation").glob("*.json"))
    problems = [] if products else [f"{results}: no model is evaluated"]
    for product in products:
        evaluation = json.loads(product.read_text())
        area = evaluation["auc"][evaluation["signal_class"]]
        print(f"{product.stem}: AUC {area['value']:.3f} ± {area['error']:.3f}")
        if not AREA[0] <= area["value"] <= AREA[1]:
            problems.append(f"{product.stem}: AUC {area['value']:.3f}, expected {AREA}")
    error = json.loads((results.parent / "mu_fit.json").read_text())["mu_stat_only"]
    print(f"mu, statistical uncertainty only: +{error['up']:.2f} -{error['down']:.2f}")
    low, high = STATISTICAL_ERROR
    return problems + [
        f"mu {side} {error[side]:.2f}, expected {STATISTICAL_ERROR}"
        for side in ("up", "down")
        if not low <= error[side] <= high
    ]


def sum_of(values: Iterable[Yield]) -> Yield:
    """Return the sum of independent yields."""
    total = Yield()
    for value in values:
        total = Yield(
            total.raw + value.raw, total.weighted + value.weighted, total.squared + value.squared
        )
    return total


def speed() -> None:
    """Print generated events per second and core, nominal, without writing."""
    rows = []
    events, seconds = 0, 0.0
    with one_core():
        for group in PROCESSES:
            file = max((f for f in plan("small") if f.group == group), key=lambda f: f.events)
            file = replace(file, events=20_000, varied=False)
            make_trees(replace(file, events=100))
            start = time.process_time()
            make_trees(file)
            own = time.process_time() - start
            planned = sum(f.events for f in plan("small") if f.group == group)
            events, seconds = events + planned, seconds + own / file.events * planned
            rows.append([group, f"{file.events / own:,.0f}"])
    rows.append(["all of small", f"{events / seconds:,.0f}"])
    print_table("Generated events per CPU second, nominal, not written", ["process", "/s"], rows)


def compare(base: Path | None, results: Path | None) -> None:
    """Print the tables and fail where a limit is left."""
    found = yields("small", base)
    tables(found)
    problems = events_outside_limits(found)
    if results is not None:
        problems += results_outside_limits(results)
    if problems:
        sys.exit("\n".join(problems))


def main() -> None:
    """Print speed and tables."""
    speed()
    compare(None, None)


if __name__ == "__main__":
    given = [Path(text) for text in sys.argv[1:]] + [None, None]
    compare(given[0], given[1])
