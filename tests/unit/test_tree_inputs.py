"""Tree systematics of samples some of whose inputs have no varied tree; samples without events."""

from typing import Any

import numpy as np
import pytest
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.config.load import load
from n2mu.errors import ConfigurationError, TemplateError
from n2mu.skim.read import NOMINAL, Skim
from n2mu.skim.stage import run_skim
from n2mu.templates.emptiness import Emptiness
from n2mu.templates.filling import Filler
from n2mu.templates.histogram import Template
from n2mu.templates.plan import layers
from n2mu.templates.stage import _populated
from n2mu.templates.workspace import build_workspace
from n2mu.validation.stage import validate


def without_scores(skim: Skim, _: Any, data_set: str, kind: str, names: Any, __: Any) -> Any:
    yield skim.table(data_set, kind, [*names, "n2mu_entry"])


@pytest.fixture
def analysis(tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch) -> TinyAnalysis:
    """The tiny analysis with a sample of both inputs, of which the background has no trees."""
    monkeypatch.setattr("n2mu.templates.filling.events", without_scores)
    tiny.change("config", "labels.luminosity", "10 pb$^{-1}$")
    tiny.change("samples", "samples.signal.selection", "charge > 0")
    tiny.change("samples", "samples.background.selection", "charge > 0")
    tiny.change(
        "samples",
        "samples.fake",
        {"kind": "background", "inputs": ["sig", "bkg"], "selection": "charge < 0"},
    )
    tiny.change("systematics", "systematics.jes.samples", ["signal", "fake"])
    tiny.change("systematics", "systematics.jes.inputs", ["sig"])
    tiny.change("fits", "fits.score.observable", "pt")
    tiny.write_ntuples()
    trees = tiny_trees(3)
    write_ntuple(tiny.ntuple("bkg_1.root"), {n: t for n, t in trees.items() if "JES" not in n})
    return tiny


def filled(analysis: TinyAnalysis) -> Any:
    job = analysis.list()
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk))
    filler = Filler(job.slices.templates("score"), Skim(job.skims), {})
    return filler.fill({name: bins.edges for name, bins in filler.edges().items()})


def test_events_of_inputs_without_the_tree_stay_as_they_are(analysis: TinyAnalysis) -> None:
    together = filled(analysis)
    analysis.change("samples", "samples.fake.inputs", ["sig"])
    varied = filled(analysis)["CR", "fake", "jes_up"].sumw
    analysis.change("samples", "samples.fake.inputs", ["bkg"])
    analysis.change("systematics", "systematics.jes.samples", ["signal"])
    kept = filled(analysis)["CR", "fake", NOMINAL].sumw
    up = together["CR", "fake", "jes_up"].sumw
    assert kept.any() and varied.any()
    assert up == pytest.approx(kept + varied, rel=1e-12)


def test_jobs_ask_only_those_inputs_for_the_tree(analysis: TinyAnalysis) -> None:
    job = analysis.list()
    told = {d.name: d.tree_variations for d in job.slices.skim("c0000").data_sets}
    assert told == {"sig": ["JES_up", "JES_down"], "bkg": []}
    settings = job.slices.templates("score")
    assert settings.systematics["jes"].nominal_data_sets == {"fake": ["bkg"]}
    (layer,) = layers(settings, "bkg")[NOMINAL]
    assert {"jes_up", "jes_down"} <= layer.columns.keys()
    assert validate(analysis.config).problems == []


def test_a_sample_without_such_an_input_is_refused(analysis: TinyAnalysis) -> None:
    analysis.change("systematics", "systematics.jes.samples", ["*"])
    with pytest.raises(ConfigurationError, match="none of them is an input of sample 'background'"):
        load(analysis.config)


def test_a_sample_may_be_empty_only_if_it_says_so(analysis: TinyAnalysis) -> None:
    analysis.change("samples", "samples.fake.selection", "charge < -5")
    raw = filled(analysis)
    job = analysis.job()
    settings = job.slices.templates("score")
    why = Emptiness(settings, Skim(job.skims), {})
    with pytest.raises(TemplateError, match="sample 'fake': no event in any region"):
        _populated(settings, raw, [], why)
    analysis.change("samples", "samples.fake.may_be_empty", True)
    job = analysis.job()
    changes: list[dict[str, str]] = []
    populated = _populated(job.slices.templates("score"), raw, changes, why)
    assert "fake" not in {s for _, s in populated}
    assert [c["what"] for c in changes if c["sample"] == "fake"] == ["dropped", "dropped"]
    sizes = {region: len(raw[region, "signal", NOMINAL].sumw) for region in ("SR", "CR")}
    ones = {region: Template(np.ones(bins), np.ones(bins), 1) for region, bins in sizes.items()}
    templates = {
        region: {sample: {NOMINAL: one} for sample in ("signal", "background")}
        for region, one in ones.items()
    }
    workspace = build_workspace(job.slices.workspace("score"), templates, [])
    assert [s["name"] for s in workspace["channels"][0]["samples"]] == ["signal", "background"]
