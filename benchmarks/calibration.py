"""The cross-sections and the misidentification rates of the built-in Monte Carlo.

``python -m benchmarks.calibration [GROUP ...]`` makes the numbers of ``CALIBRATION`` in
n2mu.demo.tth.datasets: the present ones times the events without fakes of table 1.2 of the thesis
over those found after the ntuple preselection.  To be run after every change of rates, spectra
or efficiencies; the numbers go to config/tth/inputs.yaml, too, which a test compares.
``python -m benchmarks.calibration SR`` counts the signal region instead, beside tables 1.2 and
1.3, from more events than the demonstration has and without their signs.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from benchmarks.demo import FAKES, PROCESSES, ROOT, SIGNAL_REGION, label, sum_of
from benchmarks.timing import print_table
from n2mu.config.load import load
from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.datasets import CALIBRATION, DATA_SETS, DataSet, calibration
from n2mu.demo.tth.generate import RUNS, sample
from n2mu.demo.tth.plan import LUMINOSITY
from n2mu.demo.tth.rates import PREPARATION, SIMULATION, Enrichment
from n2mu.demo.tth.weights import event_weight
from n2mu.demo.tth.yields import PROMPT, Yield, categories
from n2mu.demo.write import Columns
from n2mu.expressions import parse

BLOCK = 20_000
PRECISION = 0.006
"""Wanted relative uncertainty of the events after the preselection."""

MOST_BLOCKS = 100
"""What tt and tW take: few of their events pass."""

COUNTING = replace(
    SIMULATION,
    outcomes=(20.0, 1.0, 250.0, 1.0, 500.0, 1.0, 1.0),
    flip=200.0,
    jets=(0.0, 0.0, 0.0, 0.0, 1.0),
)
"""Towards misidentification in the signal region, which no event with fewer jets reaches."""

COUNTED_BLOCKS = {"tt": 200, "ttH": 12, "ttW": 15, "ttZ": 15, "VV": 40}
"""Blocks per group in the signal region."""


def events(
    row: DataSet, blocks: int, enrichment: Enrichment, jets: int, seed: int, block: int = BLOCK
) -> Iterator[tuple[Columns, Floats]]:
    """Yield events of a data set and the number each is expected to count, over all years."""
    rng = np.random.default_rng([seed, row.dsid])
    expected = sum(LUMINOSITY.values()) * row.cross_section * calibration(row.group)
    for _ in range(blocks):
        columns = sample(row, RUNS["mc16d"], block, enrichment, rng, jets).columns
        yield columns, expected / (block * blocks) * event_weight(columns)


def prompt(row: DataSet, blocks: int, seed: int) -> Yield:
    """Return the events without fakes after the ntuple preselection."""
    total = Yield()
    for columns, weights in events(row, blocks, PREPARATION, 0, seed):
        total = total.plus(weights[categories(columns) == PROMPT])
    return total


def prepared(group: str) -> Yield:
    """Return the events without fakes of a group, as precise as wanted if that is affordable.

    More blocks go to the data set whose uncertainty shrinks the most.
    """
    rows = [row for row in DATA_SETS.values() if row.group == group]
    found = {row.dsid: [prompt(row, 1, 0)] for row in rows}
    while True:
        # the mean of several counts of the same events
        means = {dsid: mean_of(counts) for dsid, counts in found.items()}
        total = sum_of(means.values())
        blocks = sum(len(counts) for counts in found.values())
        if total.error < PRECISION * total.weighted or blocks >= MOST_BLOCKS:
            return total
        gain = {dsid: means[dsid].squared / (len(c) + 1) for dsid, c in found.items()}
        best = max(gain, key=lambda dsid: gain[dsid])
        found[best].append(prompt(DATA_SETS[best], 1, len(found[best])))


def mean_of(counts: list[Yield]) -> Yield:
    """Return the mean of independent counts of the same events."""
    total, number = sum_of(counts), len(counts)
    return Yield(total.raw, total.weighted / number, total.squared / number**2)


def calibrate(groups: Iterable[str]) -> None:
    """Print the calibration that makes the events after the preselection those of the thesis."""
    print("Events without fakes after the ntuple preselection\n")
    for group in groups:
        found, wanted = prepared(group), PROCESSES[group][1]
        print(
            f"{group:6} found {found.weighted:.2f} ({100 * found.error / found.weighted:.2f} %), "
            f"thesis {wanted:.2f}, ratio {found.weighted / wanted:.4f}, "
            f"calibration {CALIBRATION[group] * wanted / found.weighted:.4g}",
            flush=True,
        )


def signal_region(
    blocks: Mapping[str, int] = COUNTED_BLOCKS, others: int = 5, block: int = BLOCK
) -> dict[tuple[str, str], Yield]:
    """Return the signal region by group and category of misidentification.

    Parameters
    ----------
    blocks, others
        Blocks of events by group, and of each group that is not among them.
    block
        Events of a block.
    """
    regions = load(ROOT / "config/config.yaml").regions
    selection = parse(regions.regions[SIGNAL_REGION].selection)
    found: dict[tuple[str, str], Yield] = defaultdict(Yield)
    for row in DATA_SETS.values():
        if row.group not in PROCESSES:
            continue
        number = max(1, round(blocks.get(row.group, others) * row.share))
        for columns, weights in events(row, number, COUNTING, 4, 0, block):
            mask = selection.select(columns, len(weights))
            category = categories(columns)
            for name in np.unique(category[mask]):
                key = row.group, str(name)
                found[key] = found[key].plus(weights[mask & (category == name)])
    return dict(found)


def compare() -> None:
    """Print the signal region beside the thesis's."""
    found = signal_region()
    wanted = {(group, PROMPT): inside for group, (inside, _) in PROCESSES.items()}
    rows = []
    for key, thesis in wanted.items():
        rows.append(line(key[0], thesis, found.get(key, Yield())))
    print_table("Events without fakes in the signal region", HEADS, rows)
    fakes: dict[str, list[Yield]] = defaultdict(list)
    for (group, category), value in found.items():
        if category != PROMPT:
            fakes[label(group, category)].append(value)
    rows = [line(name, thesis, sum_of(fakes[name])) for name, thesis in FAKES.items()]
    print_table("Misidentified objects in the signal region", HEADS, rows)
    signal = sum(v.weighted for (group, c), v in found.items() if group == "ttH" and c in SIGNAL)
    everything = sum_of(found.values())
    print(f"\nSignal {signal:.2f} (14.96), background {everything.weighted - signal:.2f} (40.21)")


HEADS = ["", "thesis", "demo", "uncertainty", "ratio"]
SIGNAL = (PROMPT, "tau")


def line(name: str, thesis: float, value: Yield) -> list[str]:
    """Return a row of the comparison."""
    ratio = value.weighted / thesis if thesis else 0.0
    error = value.error / thesis if thesis else 0.0
    numbers = [f"{thesis:.2g}", f"{value.weighted:.3f}", f"{value.error:.3f}"]
    return [name, *numbers, f"{ratio:.2f} ± {error:.2f}"]


if __name__ == "__main__":
    compare() if sys.argv[1:] == [SIGNAL_REGION] else calibrate(sys.argv[1:] or PROCESSES)
