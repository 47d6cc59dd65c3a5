"""TRExFitter configurations in and out, against what ROOT fills by their own rules."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.conftest import TinyAnalysis, events, write_ntuple
from tests.oracles.trex_evaluator import Evaluator
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.commands.job import Job, open_job
from n2mu.config.load import load
from n2mu.data.scaling import Scaler
from n2mu.interop.trex_import import FIT, import_trex
from n2mu.scoring.stage import run_score
from n2mu.skim.stage import run_skim
from n2mu.templates.histogram import Template, read_root
from n2mu.templates.stage import run_templates
from n2mu.training.checkpoint import new_network, save

Templates = dict[str, dict[str, dict[str, Template]]]


def made(job: Job, fit: str) -> Templates:
    """Skim, score with untrained models, and fill the templates of a fit."""
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk))
    models: dict[str, list[Path]] = {}
    for model in job.configuration.main.models:
        for fold in range(job.configuration.models.folds):
            told = job.slices.train(model, fold)
            with torch.random.fork_rng():
                torch.manual_seed(fold)
                state = new_network(told).state_dict()
            width = sum(f.kind == "continuous" for f in told.features.values())
            scaler = Scaler(np.zeros(width, np.float32), np.full(width, 5e4, np.float32))
            save(job.paths.model(model, fold), told, scaler, state)
            models.setdefault(model, []).append(job.paths.model(model, fold))
    for chunk in job.slices.chunks:
        run_score(
            job.slices.score(chunk),
            job.paths.skim(chunk),
            models,
            job.bases,
            job.paths.scores(chunk),
            job.paths.friends,
            "cpu",
        )
    output = job.paths.fit(fit, "templates.root")
    report = output.with_name("templates_report.json")
    settings = job.slices.templates(fit)
    run_templates(settings, job.skims, job.scores, job.paths.friends, output, report)
    return read_root(output)


def require_equal(found: Template, expected: tuple[np.ndarray, np.ndarray]) -> None:
    np.testing.assert_allclose(found.sumw, expected[0], rtol=1e-6)
    np.testing.assert_allclose(found.sumw2, expected[1], rtol=1e-6)
    assert found.sumw.min() > 0


CONFIG = """
Job: "small"
  POI: "mu"
  ReadFrom: NTUP
  NtuplePaths: "ntuples"
  NtupleName: "nominal"
  MCweight: "weight_mc*weight_mc*1e-3"
  Selection: "pt > 15e3"
  Lumi: 36.1

Fit: "fit"
  FitBlind: TRUE

Region: "SR"
  Type: SIGNAL
  Variable: "pt/1e3",2,20,80
  Selection: "njets>=4"
  MCweight: "weight_pileup"
  Label: "#geq4 jets"

Region: "CR"
  Type: CONTROL
  Variable: "pt",10,0,80e3
  Binning: 15e3,30e3,80e3
  Selection: "njets>=1 && njets<4"

Sample: "signal"
  Type: SIGNAL
  NtupleFiles: "sig_1","sig_2"
  LumiScales: 2,0.5
  MCweight: "1.5*weight_pileup_up"

Sample: "low"
  Type: BACKGROUND
  NtupleFile: "bkg_1"
  Selection: "charge<0"

Sample: "high"
  Type: BACKGROUND
  NtupleFile: "bkg_1"
  Selection: "charge>0"
  NormalizedByTheory: FALSE
  MCweight: "weight_pileup_down"

NormFactor: "mu"
  Min: -5
  Max: 10
  Samples: signal

Systematic: "suffix"
  Type: HISTO
  WeightSufUp: "weight_pileup_up/weight_pileup"
  WeightSufDown: "weight_pileup_down/weight_pileup"

Systematic: "replaced"
  Type: HISTO
  Samples: signal
  WeightUp: "0.7*weight_pileup_down"
  Symmetrisation: ONESIDED

Systematic: "JES"
  Type: HISTO
  NtupleNameUp: "JES_up"
  NtupleNameDown: "JES_down"
"""


def write_ntuples(tiny: TinyAnalysis) -> None:
    """Write ntuples of enough events that no bin is negative."""
    for seed, name in enumerate(("sig_1.root", "sig_2.root", "bkg_1.root", "alt.root"), start=1):
        trees: dict[str, Any] = {
            "nominal": events(seed, 400),
            "JES_up": events(seed + 10, 410),
            "JES_down": events(seed + 20, 390),
            "sumWeights": {
                "total": np.array([1000.0 + 7 * seed]),
                "total_scale": np.array([1100.0 + 3 * seed]),
            },
        }
        write_ntuple(tiny.ntuple(name), trees)


def test_an_imported_analysis_fills_what_root_fills_by_the_rules_of_trexfitter(
    tiny: TinyAnalysis,
) -> None:
    write_ntuples(tiny)
    source = tiny.directory / "small.config"
    source.write_text(CONFIG)
    folder = tiny.directory / "config/small"
    import_trex(source, folder)
    inputs = folder / "inputs.yaml"
    text = inputs.read_text().replace("runNumber", "run").replace("eventNumber", "event")
    inputs.write_text(text)
    runner = CliRunner()
    main = str(folder.with_suffix(".yaml"))
    listed = runner.invoke(app, ["list", "--config", main])
    assert listed.exit_code == 0, listed.output
    templates = made(open_job(main), FIT)
    evaluator = Evaluator(source)
    sides = {"suffix": ("Up", "Down"), "replaced": ("Up",), "JES": ("Up", "Down")}
    for region in ("SR", "CR"):
        for sample in ("signal", "low", "high"):
            found = templates[region][sample]
            require_equal(found["nominal"], evaluator.histogram(region, sample))
            for name in ("suffix", "JES") if sample != "signal" else sides:
                for side in sides[name]:
                    expected = evaluator.histogram(region, sample, name, side)
                    require_equal(found[f"{name}_{side.lower()}"], expected)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Templates, Path]]:
    """The templates of the tiny analysis, and its configuration for TRExFitter."""
    tiny = TinyAnalysis(tmp_path_factory.mktemp("exported"))
    tiny.parts["regions"]["aliases"] = {"many_jets": "njets >= 4"}
    tiny.change("regions", "regions.SR.selection", "many_jets && pt > 20e3")
    tiny.change("samples", "samples.background.selection", "(x > -1) * 2")
    alternative = {"files": "alt.root", "cross_section": 17.0, "weight": {"pileup": "0.8"}}
    tiny.change("inputs", "inputs.alternative", alternative)
    generator = {"kind": "input", "samples": ["background"], "up": ["alternative"], "group": "mc"}
    tiny.change("systematics", "systematics.generator", generator)
    write_ntuples(tiny)
    output = tiny.directory / "score.config"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tiny.directory)
        templates = made(tiny.list(), "score")
        run("export", "trex", "score", "--ntuples", "-o", str(output))
        yield templates, output


def run(*arguments: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--config", "config/config.yaml"])
    assert result.exit_code == 0, result.output


def test_an_exported_configuration_fills_the_templates_from_ntuples_and_friend_trees(
    exported: tuple[Templates, Path],
) -> None:
    templates, config = exported
    evaluator = Evaluator(config)
    assert "many_jets" not in config.read_text()
    assert 'FriendPath: "' in config.read_text()
    blocks = {
        sample: [b.name for b in evaluator.of("Sample") if b.name.partition("__")[0] == sample]
        for sample in ("signal", "background")
    }
    for region in ("SR", "CR"):
        for sample, names in blocks.items():
            parts = [evaluator.histogram(region, name) for name in names]
            total = np.sum(parts, axis=0)
            require_equal(templates[region][sample]["nominal"], (total[0], total[1]))


def test_exported_variations_are_those_of_the_templates(
    exported: tuple[Templates, Path],
) -> None:
    templates, config = exported
    evaluator = Evaluator(config)
    assert "FriendPathsUp" in evaluator.block("Systematic", "generator").options
    kinds = {"pileup": "Up Down", "jes": "Up Down", "scale": "Up", "generator": "Up"}
    for systematic, sides in kinds.items():
        found = [b for b in evaluator.of("Systematic") if b.name.partition("__")[0] == systematic]
        for side in sides.split():
            for region in ("SR", "CR"):
                totals: dict[str, Any] = {}
                for block in found:
                    for name in block.options["Samples"].text.split(","):
                        part = np.array(evaluator.histogram(region, name, block.name, side))
                        sample = name.partition("__")[0]
                        totals[sample] = totals.get(sample, 0.0) + part
                assert totals
                for sample, total in totals.items():
                    template = templates[region][sample][f"{systematic}_{side.lower()}"]
                    require_equal(template, (total[0], total[1]))


def test_an_exported_configuration_comes_back_by_import(
    exported: tuple[Templates, Path],
) -> None:
    _, config = exported
    report = import_trex(config, Path("config/back"))
    assert {f.option for f in report.of("result")} <= {
        "FriendPath",
        "FriendPathsUp",
        "UseFriend",
    }
    assert not report.of("unknown")
    back = load(Path("config/back.yaml"))
    assert set(back.regions.regions) == {"SR", "CR"}
    assert back.fits.norm_factors["mu"].bounds == (-5.0, 10.0)
    assert back.systematics.systematics["lumi"].kind == "norm"


def test_histograms_that_an_exported_configuration_names_exist(
    exported: tuple[Templates, Path],
) -> None:
    output = exported[1].with_name("histograms.config")
    run("export", "trex", "score", "--histograms", "-o", str(output))
    evaluator = Evaluator(output)
    job = {
        key: json.loads(o.text)
        for key, o in evaluator.job.options.items()
        if "Histo" in key and o.text[0] == '"'
    }
    contents = read_root(Path(job["HistoPath"]) / f"{job['HistoFile']}.root")
    named = set()
    for region in evaluator.of("Region"):
        first = json.loads(region.options["HistoName"].text)
        for sample in evaluator.of("Sample"):
            middle = json.loads(sample.options["HistoNameSuff"].text)
            named.add(first + middle + job["HistoNameNominal"])
            for systematic in evaluator.of("Systematic"):
                affected = systematic.options["Samples"].text.split(",")
                if "HistoNameSufUp" in systematic.options and sample.name in affected:
                    for side in ("Up", "Down"):
                        last = json.loads(systematic.options[f"HistoNameSuf{side}"].text)
                        named.add(first + middle + last)
    existing = {
        f"{region}/{sample}/{variation}"
        for region, samples in contents.items()
        for sample, variations in samples.items()
        for variation in variations
    }
    assert named == existing
