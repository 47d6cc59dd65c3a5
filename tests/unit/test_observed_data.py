"""Observed events: they count as one, and nothing of simulation is asked of their ntuples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import TinyAnalysis, events, tiny_trees, write_ntuple

from n2mu.commands.job import Job
from n2mu.config.load import load
from n2mu.errors import ConfigurationError, InputError, ProductError
from n2mu.products import read_json
from n2mu.skim.cutflow import run_cutflow
from n2mu.skim.read import Skim
from n2mu.skim.stage import run_skim
from n2mu.templates.stage import run_templates

OBSERVED = ("run", "event", "njets", "pt", "x", "charge", "tight", "jets_pt")


def observed(seed: int, size: int = 60) -> dict[str, Any]:
    """Return the only tree of observed ntuples: no weights, no truth."""
    columns = events(seed, size)
    columns["run"] = columns["run"] + seed
    return {"nominal": {name: columns[name] for name in OBSERVED}}


@pytest.fixture
def analysis(tiny: TinyAnalysis) -> TinyAnalysis:
    """The tiny analysis with samples by truth and two inputs of observed events."""
    tiny.parts["samples"]["samples"] |= {
        "signal": {
            "kind": "signal",
            "inputs": ["sig"],
            "training_class": "sig",
            "selection": "quality < 300",
        },
        "data": {"kind": "data", "inputs": ["data_*"]},
    }
    tiny.parts["inputs"]["inputs"] |= {
        "data_15": {"files": "data15_*.root", "data": True},
        "data_16": {"files": "data16_*.root", "data": True, "campaigns": ["a", "b"]},
    }
    tiny.parts["inputs"]["inputs"]["data_16"]["files"] = "data16_{campaign}.root"
    tiny.save()
    tiny.write_ntuples()
    for seed, name in enumerate(("data15_1", "data16_a", "data16_b"), start=50):
        write_ntuple(tiny.ntuple(f"{name}.root"), observed(seed))
    return tiny


def skim(job: Job) -> Skim:
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk))
    return Skim(job.skims)


def test_an_observed_event_counts_as_one(analysis: TinyAnalysis, tmp_path: Path) -> None:
    job = analysis.list()
    source = skim(job)
    table = source.table("data_15", "nominal", ["n2mu_weight", "n2mu_event", "njets", "pt", "x"])
    inside = (events(50)["njets"] >= 2) & (events(50)["pt"] > 20e3)
    assert np.array_equal(table["n2mu_event"], events(50)["event"][inside])
    assert np.array_equal(table["n2mu_weight"], np.ones(inside.sum()))
    assert source.sum_of_weights("data_15") == source.sum_of_weights("data_16.a") == 1.0
    run_cutflow(job.slices.cutflow(), job.skims, tmp_path / "cutflow.json")
    rows = {row["data_set"]: row for row in read_json(tmp_path / "cutflow.json")["rows"]}
    last = rows["data_15"]["cuts"][-1]
    assert last["sum"] == last["events"] == inside.sum()
    assert last["error"] == pytest.approx(inside.sum() ** 0.5)


def test_a_data_set_is_asked_only_for_what_its_samples_need(analysis: TinyAnalysis) -> None:
    settings = analysis.list().slices.skim("c0000")
    told = {data_set.name: data_set for data_set in settings.data_sets}
    assert {name for name, d in told.items() if "quality" in d.columns} == {"sig"}
    assert not told["data_15"].weight_variations and not told["data_15"].tree_variations
    assert told["bkg"].weight_variations and told["bkg"].tree_variations
    assert set(told["data_16.b"].columns) <= set(OBSERVED)


def test_classifiers_see_no_observed_event(analysis: TinyAnalysis) -> None:
    job = analysis.list()
    settings = (job.slices.train("mlp", 0), job.slices.evaluate("mlp"))
    assert {s.data_set for told in settings for s in told.samples} == {"sig", "bkg"}
    skim(job)
    written = {p.name for p in (job.skims[0] / "data_15").iterdir()}
    assert written == {"nominal.parquet", "columns.parquet"}


def test_every_chunk_of_observed_events_is_scored(analysis: TinyAnalysis) -> None:
    job = analysis.list(chunk_bytes=1)
    scored = [d for c in job.slices.chunks for d in job.slices.score(c).data_sets]
    assert {d.name: d.tree_variations for d in scored if d.name.startswith("data")} == {
        "data_15": [],
        "data_16.a": [],
        "data_16.b": [],
    }


@pytest.mark.parametrize(
    ("part", "key", "value", "message"),
    [
        (
            "inputs",
            "inputs.data_15.cross_section",
            1.0,
            "inputs.yaml: inputs.data_15: 'cross_section' with 'data: true': an observed event "
            "counts as one",
        ),
        (
            "inputs",
            "inputs.data_15.factors",
            1.0,
            "inputs.yaml: inputs.data_15: 'factors' with 'data: true': an observed event counts "
            "as one",
        ),
        (
            "samples",
            "samples.background.inputs",
            ["bkg", "data_15"],
            "samples.yaml: samples.background.inputs: 'data_15' is observed data, but the sample "
            "is of kind 'background'; observed data have 'data: true' in inputs.yaml and samples "
            "of kind data of their own",
        ),
        (
            "samples",
            "samples.data.inputs",
            ["data_*", "bkg"],
            "samples.yaml: samples.data.inputs: 'bkg' is simulation, but the sample is of kind "
            "'data'; observed data have 'data: true' in inputs.yaml and samples of kind data of "
            "their own",
        ),
    ],
)
def test_observed_events_are_not_taken_for_simulation(
    analysis: TinyAnalysis, part: str, key: str, value: Any, message: str
) -> None:
    analysis.change(part, key, value)
    with pytest.raises(ConfigurationError) as caught:
        load(analysis.config)
    assert str(caught.value) == f"{analysis.config.parent}/tiny/{message}"


def test_a_damaged_file_of_observed_events_is_never_skipped(analysis: TinyAnalysis) -> None:
    analysis.change("inputs", "damaged_files", "skip")
    job = analysis.list()
    path = analysis.ntuple("data16_b.root")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"data16_b\.root"):
        skim(job)
    with pytest.raises(InputError, match=r"data16_b\.root"):
        analysis.list()


def test_an_observed_event_that_stands_twice_is_refused(analysis: TinyAnalysis) -> None:
    columns = observed(50)["nominal"]
    last = np.append(np.arange(60), np.argmax((columns["njets"] >= 2) & (columns["pt"] > 20e3)))
    again = {name: values[last] for name, values in columns.items()}
    write_ntuple(analysis.ntuple("data15_1.root"), {"nominal": again})
    with pytest.raises(InputError, match="data data_15: 1 event repeated, first"):
        skim(analysis.list())


def test_an_observed_event_in_two_inputs_is_refused(analysis: TinyAnalysis, tmp_path: Path) -> None:
    write_ntuple(analysis.ntuple("data16_b.root"), observed(50, 30))
    write_ntuple(
        analysis.ntuple("data15_1.root"), observed(50, 30) | {"other": tiny_trees(3)["nominal"]}
    )
    job = analysis.list()
    skim(job)
    message = r"observed data data_15, data_16\.a, data_16\.b: \d+ events repeated"
    with pytest.raises(ProductError, match=message):
        run_cutflow(job.slices.cutflow(), job.skims, tmp_path / "cutflow.json")
    with pytest.raises(ProductError, match=message):
        run_templates(
            job.slices.templates("score"),
            job.skims,
            [],
            tmp_path,
            tmp_path / "templates.root",
            tmp_path / "report.json",
        )
