"""How well ttH can be told from the rest in the signal region of the built-in Monte Carlo.

``python -m benchmarks.separation`` trains boosted trees on more events of the signal region than
the demonstration has, with two prompt leptons and a true tau as in the evaluation of models,
and prints the areas of their ROC curves: about what models reach with many events. The
demonstration's models have fewer.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.demo import PROCESSES, ROOT, SIGNAL_REGION
from benchmarks.timing import print_table
from n2mu.config.load import load
from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.datasets import DATA_SETS, DataSet, calibration
from n2mu.demo.tth.generate import RUNS, sample
from n2mu.demo.tth.modes import Leaf
from n2mu.demo.tth.plan import LUMINOSITY
from n2mu.demo.tth.rates import OUTCOMES, Enrichment
from n2mu.demo.tth.strata import Strata, strata
from n2mu.demo.tth.weights import event_weight
from n2mu.demo.tth.yields import PROMPT, categories
from n2mu.expressions import parse
from n2mu.statistics.auc import weighted_roc

SIGNAL = "ttH"
BLOCK = 20_000

GENERATED = {"ttH": 240_000, "ttW": 640_000, "ttZ": 480_000, "VV": 1_200_000}
"""Generated events by group."""

GENERATED_OTHERS = {
    "ttWEW": 64_000,
    "tZ": 80_000,
    "WtZ": 160_000,
    "ttt": 40_000,
    "tttt": 80_000,
    "WttW": 80_000,
    "tHjb": 40_000,
    "tWH": 40_000,
}
"""Of groups with little in the signal region."""

_NO_FAKES = Enrichment(
    outcomes=(1.0,) * len(OUTCOMES),
    flip=1.0,
    opposite_sign=0.0,
    more_leptons=1.0,
    jets=(0.0, 0.0, 0.02, 0.2, 1.0),
    fakes=(("", 0.0),),
)


class Events(NamedTuple):
    """Features ``[events, features]``, and group and expected number ``[events]``."""

    features: Floats
    group: NDArray[np.str_]
    weight: Floats


def _table(row: DataSet) -> Strata | None:
    """Return the strata of a data set that need no fake, if there are any."""
    table = strata(row.dsid, _NO_FAKES)
    if not len(table.sampled):
        return None
    taus = np.sum(table.leaves == Leaf.TAU_HADRON, axis=1)[table.topology]
    sampled = np.where(taus > 0, table.sampled, 0.0)
    return replace(table, sampled=sampled / sampled.sum()) if sampled.any() else None


def events(generated: Mapping[str, int], seed: int = 0) -> Events:
    """Return events of the signal region without fakes.

    Parameters
    ----------
    generated
        How many events are generated, by group.
    """
    configuration = load(ROOT / "config/config.yaml")
    selection = parse(configuration.regions.regions[SIGNAL_REGION].selection)
    features = [n for n, f in configuration.features.features.items() if f.kind != "collection"]
    parts = []
    for row in DATA_SETS.values():
        number, table = round(generated.get(row.group, 0) * row.share), _table(row)
        if number == 0 or table is None:
            continue
        rng = np.random.default_rng([seed, row.dsid])
        expected = sum(LUMINOSITY.values()) * row.cross_section * calibration(row.group) / number
        for start in range(0, number, BLOCK):
            size = min(BLOCK, number - start)
            columns = sample(row, RUNS["mc16d"], size, _NO_FAKES, rng, 4, table).columns
            weight = event_weight(columns)
            rows = selection.select(columns, len(weight)) & (categories(columns) == PROMPT)
            found = np.stack([columns[name][rows].astype(np.float64) for name in features], axis=1)
            parts.append(Events(found, np.full(rows.sum(), row.group), expected * weight[rows]))
    return Events(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def areas(found: Events, seed: int = 0) -> dict[str, float]:
    """Return the area under the ROC curve of ttH against each group, and against ``all``.

    Each half of the events is judged by trees that the other half trained, with as much
    weight of signal as of background.
    """
    signal = found.group == SIGNAL
    score = np.zeros(len(signal))
    half = np.random.default_rng(seed).random(len(signal)) < 0.5
    training = found.weight / np.where(
        signal, found.weight[signal].sum(), found.weight[~signal].sum()
    )
    for judged in (half, ~half):
        trees = HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.07, max_leaf_nodes=16, early_stopping=False
        )
        rows = ~judged
        trees.fit(found.features[rows], signal[rows], training[rows] * len(signal))
        score[judged] = trees.predict_proba(found.features[judged])[:, 1]
    result = {"all": weighted_roc(score, signal, found.weight).auc}
    for group in dict.fromkeys(found.group[~signal].tolist()):
        rows = signal | (found.group == group)
        result[group] = weighted_roc(score[rows], signal[rows], found.weight[rows]).auc
    return result


def main() -> None:
    """Print the areas."""
    found = events({**GENERATED, **GENERATED_OTHERS})
    rows = []
    for group, area in areas(found).items():
        own = found.group == group if group in PROCESSES else found.group != SIGNAL
        rows.append([group, f"{own.sum()}", f"{found.weight[own].sum():.2f}", f"{area:.3f}"])
    print_table(
        f"ttH ({np.sum(found.group == SIGNAL)} events) against",
        ["background", "events", "expected", "AUC"],
        rows,
    )


if __name__ == "__main__":
    main()
