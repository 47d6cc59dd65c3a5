"""What a copy of the package does with the kinds and treatments that docs/extending.md adds.

Run in a process of its own: a tiny analysis that uses them goes from ntuples through skim and
templates to the workspace, and its numbers are computed once more from the ntuples.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

EDGES = [20e3, 30e3, 45e3, 60e3, 80e3]
ENTRIES: dict[str, Any] = {
    "tilt": {"kind": "slope", "size": 0.2, "group": "added"},
    "calibration": {
        "kind": "trees",
        "trees": ["JES_up", "JES_down"],
        "samples": ["background"],
        "group": "added",
    },
    "pileup": {
        "kind": "weight",
        "factor": "pileup",
        "up": "weight_pileup_up",
        "down": "weight_pileup_down",
        "smoothing": "straight",
        "symmetrisation": "minimum",
        "group": "detector",
    },
}


def written(directory: Path) -> tuple[TinyAnalysis, Mapping[str, Any]]:
    """Return an analysis whose observable is a branch, and the trees of its background."""
    tiny = TinyAnalysis(directory)
    for region in tiny.parts["regions"]["regions"].values():
        region |= {"observable": "pt", "binning": {"edges": EDGES}}
    tiny.parts["systematics"]["systematics"] = ENTRIES
    tiny.parts["fits"]["fits"]["score"] |= {
        "observable": "pt",
        "pruning": {"norm": 0, "shape": 0},
        "mc_statistics_threshold": 1e6,
    }
    tiny.save()
    trees = {name: tiny_trees(seed, 4000) for seed, name in enumerate(("sig", "bkg"), start=1)}
    for name, content in trees.items():
        write_ntuple(tiny.ntuple(f"{name}_1.root"), content)
    return tiny, trees["bkg"]


def main(directory: Path) -> None:
    """Go from ntuples to the workspace, and compare."""
    os.chdir(directory)
    tiny, trees = written(directory)
    job = tiny.list()
    told, asked = job.slices.templates("score"), job.slices.workspace("score")
    assert not {"torch", "pyhf"} & set(sys.modules)

    import numpy as np

    from n2mu.fit.mixing import run_workspace
    from n2mu.products import read_json
    from n2mu.skim.stage import run_skim
    from n2mu.templates.histogram import read_root
    from n2mu.templates.stage import run_templates

    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk), 1)
    path, report = directory / "templates.root", directory / "templates_report.json"
    run_templates(told, job.skims, [], directory / "friends", path, report)
    found = {name: t.sumw for name, t in read_root(path)["CR"]["background"].items()}

    def yields(tree: str, factor: str = "weight_pileup") -> Any:
        events = trees[tree]
        inside = (events["njets"] >= 2) & (events["njets"] < 4) & (events["pt"] > 20e3)
        weight = events["weight_mc"].astype(float) * events[factor]
        return np.histogram(events["pt"][inside], EDGES, weights=weight[inside])[0]

    nominal = found["nominal"]
    worth = nominal.sum() / yields("nominal").sum()
    np.testing.assert_allclose(nominal, worth * yields("nominal"), rtol=1e-9)

    change = np.array([-1 + 10 / 60, -1 + 35 / 60, -1 + 65 / 60, -1 + 100 / 60])
    np.testing.assert_allclose(found["tilt_up"], nominal * (1 + 0.2 * change), rtol=1e-12)
    np.testing.assert_allclose(found["tilt_down"], nominal * (1 - 0.2 * change), rtol=1e-12)

    all_trees = [nominal, worth * yields("JES_up"), worth * yields("JES_down")]
    np.testing.assert_allclose(found["calibration_up"], np.max(all_trees, axis=0), rtol=1e-9)
    np.testing.assert_allclose(found["calibration_down"], np.min(all_trees, axis=0), rtol=1e-9)

    bins = np.arange(4)
    lines = []
    for side in ("up", "down"):
        ratio = worth * yields("nominal", f"weight_pileup_{side}") / nominal
        slope, offset = np.polyfit(bins, ratio, 1, w=np.sqrt(nominal))
        lines.append(nominal * (slope * bins + offset))
    shifts = np.array([lines[0] - nominal, nominal - lines[1]])
    smaller = np.where(np.abs(shifts[0]) < np.abs(shifts[1]), shifts[0], shifts[1])
    np.testing.assert_allclose(found["pileup_up"], nominal + smaller, rtol=1e-9)
    np.testing.assert_allclose(found["pileup_down"], nominal - smaller, rtol=1e-9)
    said = {change["what"] for change in read_json(report)["changes"]}
    assert {"2 members combined", "a straight line", "symmetrised: smaller of both sides"} <= said

    run_workspace(asked, path, report, directory / "workspace.json")
    channels = {c["name"]: c for c in read_json(directory / "workspace.json")["channels"]}
    (background,) = (s for s in channels["CR"]["samples"] if s["name"] == "background")
    acting = {(m["name"], m["type"]): m["data"] for m in background["modifiers"]}
    assert set(acting) == {(name, kind) for name in ENTRIES for kind in ("normsys", "histosys")}
    for name in ENTRIES:
        rate, shape = acting[name, "normsys"], acting[name, "histosys"]
        for side, place in (("up", "hi"), ("down", "lo")):
            both = rate[place] * np.array(shape[f"{place}_data"])
            np.testing.assert_allclose(both, found[f"{name}_{side}"], rtol=1e-12)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
