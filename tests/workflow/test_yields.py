"""Every yield of the committed analysis is the one that ROOT counts in the ntuples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uproot
import yaml

from tests.workflow.conftest import NO_ROOT

root = pytest.importorskip("ROOT", reason=NO_ROOT)
pytestmark = [
    pytest.mark.xdist_group("tiny"),
    # a file may have no event in a region
    pytest.mark.filterwarnings("ignore:.*The selected TTree subset is empty:RuntimeWarning"),
]

CONFIG = Path(__file__).parents[2] / "config/tth"
INPUTS = yaml.safe_load((CONFIG / "inputs.yaml").read_text())
SAMPLES = yaml.safe_load((CONFIG / "samples.yaml").read_text())["samples"]
SELECTIONS = yaml.safe_load((CONFIG / "regions.yaml").read_text())
REGIONS = SELECTIONS["regions"]
COMPARED = {"ttH", "ttW", "ttZ", "ttH_fake_tau", "fake_tau_ttZ", "fake_tau", "fake_mu"}
"""Samples of few and of many inputs; with and without a truth selection on the tau."""
SYSTEMATICS = yaml.safe_load((CONFIG / "systematics.yaml").read_text())["systematics"]


def chosen(patterns: list[str]) -> list[str]:
    """Return the inputs that patterns match."""
    return [
        name
        for name in INPUTS["inputs"]
        for pattern in patterns
        if name == pattern or (pattern[-1] == "*" and name.startswith(pattern[:-1]))
    ]


def data_sets(sample: str) -> Iterator[tuple[str, str, float]]:
    """Yield input and files of a sample's data sets with luminosity x cross-section."""
    for name in chosen(SAMPLES[sample]["inputs"]):
        entry = INPUTS["inputs"][name]
        for campaign in entry["campaigns"]:
            files = entry["files"].format(campaign=campaign, dsid=entry["dsid"])
            expected = INPUTS["luminosity"][campaign] * entry["cross_section"]
            yield name, files, expected * entry.get("factors", 1.0)


def summed(files: list[str], tree: str, weight: str) -> float:
    """Return the sum of a weight over all entries, by TTree::Draw."""
    chain = root.TChain(tree)
    for file in files:
        chain.Add(file)
    for name, text in SELECTIONS["aliases"].items():
        assert chain.SetAlias(name, text)
    assert root.TTreeFormula("compiled", weight, chain).GetNdim() > 0
    size = chain.Draw("1", weight, "goff", chain.GetEntries())
    weights = chain.GetW()
    return float(sum(weights[i] for i in range(size)))


def expected_yield(ntuples: Path, sample: str, region: str, systematic: str | None) -> float:
    """Return the expected events of a sample in a region, on the up side of a systematic."""
    factors = {name: f"({text})" for name, text in INPUTS["weight"].items()}
    tree, branch = INPUTS["tree"], INPUTS["sum_of_weights"]["branch"]
    if systematic is not None:
        entry = SYSTEMATICS[systematic]
        if entry["kind"] == "tree":
            tree = entry["up"]
        else:
            factors[entry["factor"]] = f"({entry['up']})"
            branch = entry.get("sum_up", branch)
    weight = "*".join(factors.values())
    texts = REGIONS[region]["selection"], SAMPLES[sample]["selection"]
    cut = " && ".join(f"({' '.join(text.split())})" for text in texts)
    varied = tree
    total = 0.0
    for name, pattern, expected in data_sets(sample):
        if systematic is not None and "inputs" in SYSTEMATICS[systematic]:
            has_tree = name in chosen(SYSTEMATICS[systematic]["inputs"])
            tree = varied if has_tree else INPUTS["tree"]
        files = [str(path) for path in sorted(ntuples.glob(pattern))]
        assert files, pattern
        selected = summed(files, tree, f"({cut})*({weight})")
        total += selected * expected / summed(files, INPUTS["sum_of_weights"]["tree"], branch)
    return total


def untouched(report: Any, region: str, sample: str, variation: str) -> bool:
    """Return whether neither a template nor its nominal was mended."""
    return not any(
        (change["region"], change["sample"]) == (region, sample)
        and change["variation"] in ("nominal", variation, "all")
        for change in report["changes"]
    )


@pytest.mark.parametrize(
    ("systematic", "variation"),
    [
        pytest.param(None, "nominal", id="nominal"),
        pytest.param("PRW_DATASF", "PRW_DATASF_up", id="weight"),
        pytest.param("MUR_ttH", "MUR_ttH_up", id="weight with its own sum of weights"),
        pytest.param("JET_JES", "JET_JES_up", id="tree"),
    ],
)
def test_yields_are_those_that_root_counts(
    finished: Path, systematic: str | None, variation: str
) -> None:
    fit = finished / "results/tth/fits/ftt"
    report = json.loads((fit / "templates_report.json").read_text())
    compared = 0
    with uproot.open(fit / "templates.root") as file:
        for region in report["regions"]:
            for sample in COMPARED & report["regions"][region]["samples"].keys():
                key = f"{region}/{sample}/{variation}"
                if key not in file or not untouched(report, region, sample, variation):
                    continue
                total = file[key].values().sum()
                counted = expected_yield(finished / "ntuples/tth/tiny", sample, region, systematic)
                assert total == pytest.approx(counted, rel=1e-6), key
                compared += 1
    assert compared >= (2 if systematic == "MUR_ttH" else 5)
