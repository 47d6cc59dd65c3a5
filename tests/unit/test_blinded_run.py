"""A run with observed data: what a blinded bin counted is in no product, not even in a sum."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from tests.conftest import TinyAnalysis, write_ntuple

from n2mu.commands.job import Job
from n2mu.fit.inference_settings import GoodnessSettings
from n2mu.fit.inference_stage import run_goodness
from n2mu.fit.mixing import run_workspace
from n2mu.fit.stage import run_fit, run_ranking
from n2mu.plots.stage import run_plot_fit
from n2mu.products import read_json
from n2mu.skim.stage import run_skim
from n2mu.templates.stage import run_templates

PLANTED = 4177
"""Observed events of the one blinded bin, far from anything that is expected."""
OPEN = [33, 21, 52]  # of the other bins: x = 0 in SR, pt = 30e3 and 60e3 in CR


def columns(njets: list[int], x: list[float], pt: list[float], weight: float) -> dict[str, Any]:
    size = len(njets)
    flat = np.full(size, 1.0)
    return {
        "run": np.full(size, 1, dtype=np.int32),
        "event": np.arange(size, dtype=np.uint64),
        "weight_mc": weight * flat,
        "weight_pileup": flat,
        "weight_pileup_up": 1.1 * flat,
        "weight_pileup_down": 0.9 * flat,
        "njets": np.array(njets, dtype=np.int32),
        "pt": np.array(pt, dtype=np.float32),
        "x": np.array(x, dtype=np.float64),
        "charge": np.ones(size, dtype=np.int8),
        "tight": np.ones(size, dtype=np.bool_),
        "quality": np.ones(size, dtype=np.uint8),
        "jets_pt": np.ones(size, dtype=np.float32),
    }


def counted(counts: list[int], weight: float = 1.0) -> dict[str, Any]:
    """Events of SR at x = 0 and 1, and of CR at pt = 30 and 60 GeV."""
    njets = np.repeat([4, 4, 2, 2], counts)
    x = np.repeat([0.0, 1.0, 0.0, 0.0], counts)
    pt = np.repeat([30e3, 30e3, 30e3, 60e3], counts)
    return columns(njets.tolist(), x.tolist(), pt.tolist(), weight)


def analysis(tiny: TinyAnalysis, dataset: str, blinded_count: int) -> Job:
    """Return the tiny analysis with data, whose bin x = 1 of SR has S/B = 0.5."""
    parts = tiny.parts
    parts["features"]["features"].pop("jets", None)
    parts["systematics"]["systematics"].pop("jes", None)
    parts["systematics"]["systematics"].pop("scale", None)
    parts["inputs"] |= {"luminosity": 1.0}
    parts["inputs"]["inputs"]["data"] = {"files": "data.root", "data": True}
    for name in ("sig", "bkg"):
        parts["inputs"]["inputs"][name] |= {"files": f"{name}.root", "cross_section": 1.0}
    parts["samples"]["samples"]["observed"] = {"kind": "data", "inputs": ["data"]}
    parts["regions"]["regions"]["SR"]["binning"] = {"edges": [-0.5, 0.5, 1.5]}
    parts["fits"]["norm_factors"]["k"] = {"samples": ["background"], "bounds": [0, 5]}
    parts["fits"]["fits"]["score"] |= {"observable": "x", "data": dataset, "check": False}
    tiny.save()
    contents = {
        "sig": counted([20, 100, 10, 10], 0.1),
        "bkg": counted([60, 40, 50, 100], 0.5),
        "data": counted([OPEN[0], blinded_count, *OPEN[1:]]),
    }
    for name, branches in contents.items():
        total = {"total": np.array([1.0])}
        write_ntuple(tiny.ntuple(f"{name}.root"), {"nominal": branches, "sumWeights": total})
    return tiny.list()


def run(job: Job, directory: Path) -> Path:
    """Go from ntuples to the goodness of fit; return where the products after the skim are."""
    skims = []
    for chunk in job.slices.chunks:
        skims.append(directory / "skim" / chunk)
        run_skim(job.slices.skim(chunk), job.bases, skims[-1], 1)
    fit = directory / "fit"
    fit.mkdir(parents=True)
    templates, report = fit / "templates.root", fit / "templates_report.json"
    run_templates(job.slices.templates("score"), skims, [], directory, templates, report)
    workspace, mu_fit = fit / "workspace.json", fit / "mu_fit.json"
    run_workspace(job.slices.workspace("score"), templates, report, workspace)
    bins = {region: e["blinded"] for region, e in read_json(report)["regions"].items()}
    told = job.slices.fit("score").model_copy(update={"blinding": {"threshold": 0.3, "bins": bins}})
    run_fit(told, workspace, mu_fit, {})
    run_ranking(told, workspace, mu_fit, fit / "ranking.json")
    run_goodness(GoodnessSettings(fit=told), workspace, mu_fit, fit / "goodness.json", {})
    return fit


def draw(job: Job, fit: Path) -> None:
    run_plot_fit(
        job.slices.plot_fit("score"),
        mu_fit=fit / "mu_fit.json",
        ranking=fit / "ranking.json",
        postfit=fit / "postfit.json",
        report=fit / "templates_report.json",
        templates=fit / "templates.root",
        workspace=fit / "workspace.json",
        output=fit / "plots",
    )


def numbers(content: Any) -> list[float]:
    if isinstance(content, dict):
        return [n for key, value in content.items() for n in [*numbers(key), *numbers(value)]]
    if isinstance(content, list):
        return [n for value in content for n in numbers(value)]
    return [float(content)] if isinstance(content, int | float) else []


@pytest.mark.parametrize("dataset", ["data", "mixed", "asimov"])
def test_no_product_holds_the_count_of_a_blinded_bin(
    tiny: TinyAnalysis, tmp_path: Path, caplog: pytest.LogCaptureFixture, dataset: str
) -> None:
    job = analysis(tiny, dataset, PLANTED)
    caplog.set_level(logging.DEBUG, "n2mu.templates")
    fit = run(job, tmp_path / "run")
    if dataset == "data":
        draw(job, fit)
    report = read_json(fit / "templates_report.json")
    assert report["regions"]["SR"]["blinded"] == [False, True]
    assert report["regions"]["CR"]["blinded"] == [False, False]
    sums = [PLANTED, PLANTED + OPEN[0], PLANTED + sum(OPEN)]
    products = sorted(path for path in fit.rglob("*") if path.is_file())
    assert len(products) >= 6
    for path in products:
        if path.suffix == ".json":
            content = json.loads(path.read_text())
            assert not set(sums) & {round(n) for n in numbers(content) if np.isfinite(n)}, path
            assert not any(str(n) in path.read_text() for n in sums), path
        elif path.suffix in (".html", ".txt", ".tex"):
            assert not any(str(n) in path.read_text() for n in sums), path
        elif path.suffix == ".root":
            with uproot.open(path) as file:
                for key in file.keys(filter_classname="TH1*"):
                    for values in (file[key].values(flow=True), file[key].variances(flow=True)):
                        assert not set(sums) & {round(x) for x in (*values, values.sum())}, key
    assert not any(str(n) in record.getMessage() for record in caplog.records for n in sums)


@pytest.mark.parametrize("dataset", ["data", "mixed"])
def test_no_product_depends_on_the_count_of_a_blinded_bin(
    tiny: TinyAnalysis, tmp_path: Path, dataset: str
) -> None:
    contents = []
    for count in (PLANTED, 3):
        fit = run(analysis(tiny, dataset, count), tmp_path / str(count))
        found: dict[str, Any] = {}
        for path in sorted(fit.glob("*.json")):
            content = json.loads(path.read_text())
            content.get("fit", {}).pop("seconds", None) if path.name == "mu_fit.json" else None
            found[path.name] = content
        with uproot.open(fit / "templates.root") as file:
            for key in file.keys(filter_classname="TH1*"):
                found[key] = [file[key].values(flow=True).tolist(), file[key].variances().tolist()]
        contents.append(found)
    assert contents[0] == contents[1]


def test_open_bins_are_fitted_as_they_were_counted(tiny: TinyAnalysis, tmp_path: Path) -> None:
    fit = run(analysis(tiny, "data", PLANTED), tmp_path / "run")
    workspace = read_json(fit / "workspace.json")
    observed = {entry["name"]: entry["data"] for entry in workspace["observations"]}
    assert observed["CR"] == OPEN[1:]
    assert observed["SR"] == [OPEN[0], pytest.approx(10 + 20)]
    assert "in blinded bins" in workspace["measurements"][0]["name"]
    assert read_json(fit / "mu_fit.json")["dataset"] == "data"
