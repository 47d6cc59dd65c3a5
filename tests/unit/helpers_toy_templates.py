"""An analysis of two regions and four samples, with its skims, and templates made by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boost_histogram as bh
import numpy as np
import pytest
from helpers_templates import Columns, Tables, hand_scores, hand_skim, identifiers, told_of

from n2mu.errors import TemplateError
from n2mu.products import read_json
from n2mu.skim.read import Skim
from n2mu.templates.filling import Filler
from n2mu.templates.histogram import Template
from n2mu.templates.settings import TemplateSettings
from n2mu.templates.stage import run_templates

LUMINOSITY = {"ttH.a": 10.0, "ttH.d": 20.0, "ttV": 10.0, "tt": 10.0}


CROSS_SECTION = {"ttH.a": 0.5, "ttH.d": 0.5, "ttV": 2.0, "tt": 8.0}


SAMPLES = {
    # sample: (kind, data sets, value of 'truth' or none)
    "ttH": ("signal", ["ttH.a", "ttH.d"], None),
    "ttW": ("background", ["ttV"], 1),
    "ttZ": ("background", ["ttV"], 2),
    "tt": ("background", ["tt"], None),
}


SUMS = {
    "ttH.a": {"nominal": 400.0, "scale_up": 500.0, "scale_down": 300.0},
    "ttH.d": {"nominal": 700.0, "scale_up": 650.0, "scale_down": 800.0},
    "ttV": {"nominal": 250.0},
    "tt": {"nominal": 900.0},
}


REGIONS: dict[str, Any] = {
    "SR": {
        "role": "signal",
        "selection": "n >= 4",
        "observable": "toy_sig",
        "binning": {"edges": [0.2, 0.4, 0.7, 0.8]},
    },
    "CR": {
        "role": "control",
        "selection": "n < 4",
        "observable": "n",
        "binning": {"edges": [0.5, 1.5, 3.5]},
    },
}


SYSTEMATICS: dict[str, Any] = {
    # the generator's scale, with own sums of weights
    "scale": {
        "kind": "weight",
        "samples": ["ttH"],
        "up": "n2mu_weight_scale_up",
        "down": "n2mu_weight_scale_down",
    },
    # acts on one of the two samples of its data set
    "ttw_shape": {
        "kind": "weight",
        "samples": ["ttW", "tt"],
        "up": "n2mu_weight_ttw_shape_up",
        "down": None,
    },
    "JES": {"kind": "tree", "samples": list(SAMPLES), "up": "JES_1up", "down": "JES_1down"},
    "JER": {"kind": "tree", "samples": ["ttH", "ttZ"], "up": "JER_1up", "down": None},
}


def made_events(data_set: str, seed: int, size: int, first_event: int) -> Columns:
    random = np.random.default_rng(seed)
    weight = random.choice([-0.5, 1.0, 1.5], size, p=[0.1, 0.5, 0.4])
    columns = {
        **identifiers(first_event, size),
        "n2mu_weight": weight,
        "toy_sig": random.random(size).astype(np.float32),
        "n": random.integers(1, 8, size),
        "truth": random.integers(0, 3, size),  # 0 is of no sample
    }
    if data_set.startswith("ttH"):
        columns["n2mu_weight_scale_up"] = weight * random.uniform(1, 1.5, size)
        columns["n2mu_weight_scale_down"] = weight * random.uniform(0.5, 1, size)
    else:
        columns["n2mu_weight_ttw_shape_up"] = weight * (0.8 + 0.4 * columns["toy_sig"])
    return columns


def made_tables(seed: int, data_sets: list[str]) -> Tables:
    tables: Tables = {}
    for i, data_set in enumerate(data_sets):
        tables[data_set] = {}
        for j, kind in enumerate(("nominal", "JES_1up", "JES_1down", "JER_1up")):
            if data_set == "ttH.d" and kind == "JES_1down":
                continue  # the tree exists, but no event of it passes
            size = 300 - 20 * j
            tables[data_set][kind] = made_events(data_set, 100 * seed + 10 * i + j, size, 1000 * j)
    return tables


TREES = {data_set: ["JES_1up", "JES_1down", "JER_1up"] for data_set in LUMINOSITY}


def settings(**changes: Any) -> TemplateSettings:
    systematics = changes.pop("systematics", SYSTEMATICS)
    changes["systematics"] = {
        name: told_of(name, entry, REGIONS) for name, entry in systematics.items()
    }
    base = {
        "fit": "toy",
        "regions": REGIONS,
        "samples": {
            name: {
                "kind": kind,
                "selection": "1" if truth is None else f"truth == {truth}",
                "data_sets": data_sets,
            }
            for name, (kind, data_sets, truth) in SAMPLES.items()
        },
        "data_sets": {
            name: {"luminosity": LUMINOSITY[name], "cross_section": CROSS_SECTION[name]}
            for name in LUMINOSITY
        },
        "scores": ["toy_sig"],
        "blinding_threshold": 0.3,
    }
    return TemplateSettings.model_validate({**base, **changes})


class Analysis:
    """Skims and scores of several chunks."""

    def __init__(self, path: Path, chunks: dict[str, Tables]) -> None:
        self.path = path
        self.chunks = chunks
        self.skims, self.scores = [], []
        for name, tables in chunks.items():
            skim = hand_skim(path / "skim" / name, tables, SUMS, TREES)
            self.skims.append(skim)
            self.scores.append(hand_scores(path / "scores" / name, tables))

    def filler(self, **changes: Any) -> Filler:
        return Filler(settings(**changes), Skim(self.skims), {p.name: p for p in self.scores})

    def run(self, **changes: Any) -> dict[str, Any]:
        output, report = self.path / "templates.root", self.path / "templates_report.json"
        friends = self.path / "friends"
        run_templates(settings(**changes), self.skims, self.scores, friends, output, report)
        found: dict[str, Any] = read_json(report)
        return found


def edges_of(filler: Filler) -> dict[str, Any]:
    return {region: binned.edges for region, binned in filler.edges().items()}


def one(path: Path, tables: Tables) -> Analysis:
    return Analysis(path, {"c0": tables})


def kind_and_column(variation: str) -> tuple[str, str]:
    """Return the table and the weight column that make a variation of `SYSTEMATICS`."""
    name, _, side = variation.rpartition("_")
    if variation == "nominal":
        return "nominal", "n2mu_weight"
    if SYSTEMATICS[name]["kind"] == "weight":
        return "nominal", f"n2mu_weight_{variation}"
    return SYSTEMATICS[name][side], "n2mu_weight"


def plain_histogram(
    chunks: dict[str, Tables], region: str, sample: str, variation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Fill event by event with boost-histogram and fold the flow bins back."""
    edges = REGIONS[region]["binning"]["edges"]
    histogram = bh.Histogram(bh.axis.Variable(edges), storage=bh.storage.Weight())
    _, data_sets, truth = SAMPLES[sample]
    kind, column = kind_and_column(variation)
    for data_set in data_sets:
        # every chunk holds one file of the data set with the sums of SUMS
        files = sum(data_set in tables for tables in chunks.values())
        sums = SUMS[data_set]
        total = files * sums.get(variation, sums["nominal"])
        for tables in chunks.values():
            table = tables.get(data_set, {}).get(kind)
            if table is None:
                continue
            inside = (table["n"] >= 4) == (region == "SR")
            if truth is not None:
                inside &= table["truth"] == truth
            weight = table[column] * LUMINOSITY[data_set] * CROSS_SECTION[data_set] / total
            values = table["toy_sig" if region == "SR" else "n"]
            histogram.fill(values[inside].astype(float), weight=weight[inside])
    view = histogram.view(flow=True)
    results = []
    for content in (view.value, view.variance):
        bins = content[1:-1].copy()
        bins[0] += content[0]
        bins[-1] += content[-1]
        results.append(bins)
    return results[0], results[1]


ALL_VARIATIONS = {
    sample: ["nominal"]
    + [
        f"{name}_{side}"
        for name, systematic in SYSTEMATICS.items()
        if sample in systematic["samples"]
        for side in (("up", "down") if systematic["down"] else ("up",))
    ]
    for sample in SAMPLES
}


def refused(analysis: Analysis, **changes: Any) -> str:
    with pytest.raises(TemplateError) as error:
        analysis.run(**changes)
    text = str(error.value)
    assert "\n" not in text
    assert not (analysis.path / "templates.root").exists()
    return text


def tiny(path: Path, change: Callable[[Tables], None] | None = None) -> Analysis:
    """An analysis of one chunk, whose tables a test may change."""
    tables = made_tables(5, ["ttH.a", "ttH.d", "ttV", "tt"])
    if change is not None:
        change(tables)
    return one(path, tables)


def template(*sumw: float, sumw2: float = 0.04) -> Template:
    return Template(np.array(sumw), np.full(len(sumw), sumw2), 10)
