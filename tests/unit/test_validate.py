"""``n2mu validate``: every problem of a configuration and its ntuples in one run."""

import json
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import yaml
from helpers_validate import problems
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.validation.report import Report
from n2mu.validation.stage import validate

ROOT = Path(__file__).parents[2]
LAST = {"validation_region": "SR", "epochs": 1, "weighting": "event"}


def test_what_is_right_has_no_problems(listed: TinyAnalysis) -> None:
    report = validate(listed.config)
    assert (report.problems, report.notes, report.unchecked) == ([], [], [])
    assert report.looked_at["files opened"] == 2
    assert report.looked_at["entries read"] == 120


def test_all_mistakes_are_found_in_one_run(listed: TinyAnalysis) -> None:
    change = listed.change
    change("config", "labels.luminosity", "36.6 fb$^{-1}$")
    change("config", "models", ["mlp", "mpl"])
    change("inputs", "weight.trigger", "weight_triger")
    change("inputs", "inputs.lost", {"files": "lsot_*.root", "cross_section": 1.0})
    change("samples", "samples.lost", {"kind": "background", "inputs": ["lost"]})
    change("samples", "samples.fake", {"kind": "background", "inputs": ["bkg"], "selection": "x>0"})
    change("regions", "regions.CR.selection", "njets >= 2 && pt > 20e3 && njet < 5")
    change(
        "regions",
        "regions.CR2",
        {
            "role": "control",
            "selection": "njets >= 3 && pt > 20e3",
            "observable": "jets_pt",
            "binning": {"edges": [0, 1]},
        },
    )
    change(
        "regions",
        "regions.loose",
        {
            "role": "validation",
            "selection": "njets >= 1",
            "observable": "pt",
            "binning": {"edges": [0, 1]},
        },
    )
    change("features", "features.charge.values", [1, 2])
    change("features", "features.y", {})
    change("features", "features.jets.branches", ["jets_pt", "pt"])
    change("systematics", "systematics.pileup.down", "weight_pileup_dwn")
    change("systematics", "systematics.jes.up", "JES_upp")
    change("systematics", "systematics.scale.sum_up", "total_scal")
    change(
        "systematics", "systematics.lumi", {"kind": "norm", "up": 0.1, "down": 0.1, "group": "x"}
    )
    change(
        "systematics",
        "systematics.xs",
        {
            "kind": "norm",
            "samples": ["sgnal"],
            "up": 0.1,
            "down": -0.1,
            "group": "x",
        },
    )
    change("fits", "fits.score.regions", ["SR", "CR", "CR2"])
    change("fits", "fits.score.observable", "mlp_sgi")
    write_ntuple(listed.ntuple("bkg_2.root"), tiny_trees(9))
    listed.ntuple("sig_2.root").unlink()

    beginnings = [
        "systematics.yaml: systematics.lumi: up 0.1 and down 0.1 shift the rate to the same side",
        "config.yaml: models: unknown model 'mpl'",
        "systematics.yaml: systematics.xs.samples: unknown sample 'sgnal'; did you mean 'signal'",
        "regions.yaml: regions.loose.selection: not contained in the preselection",
        "labels.luminosity: '36.6 fb$^{-1}$' is 36.6 fb^-1, but the campaigns",
        "listing.json: data set 'lost' is not listed; run 'n2mu list'",
        "inputs.yaml: inputs.lost.files: no file matches ntuples/lsot_*.root",
        "ntuples/sig_2.root: is listed, but there is no such file",
        "ntuples/bkg_2.root: is not listed (1 such files), its events would be missing",
        "inputs.yaml: weight.trigger: tree 'nominal' has no branch 'weight_triger'",
        "regions.yaml: regions.CR.selection: tree 'nominal' has no branch 'njet'; did you mean "
        "'njets'",
        "regions.yaml: regions.CR2.observable: cannot evaluate 'jets_pt': branch 'jets_pt' holds a",
        "features.yaml: features.charge: feature 'charge' has the value -1",
        "features.yaml: features.y: tree 'nominal' has no branch 'y'",
        "features.yaml: features.jets: branch 'pt' of the collection holds one number per event",
        "systematics.yaml: systematics.pileup.down: tree 'nominal' has no branch "
        "'weight_pileup_dwn'; did you mean 'weight_pileup_down'",
        "systematics.yaml: systematics.jes.up: no tree 'JES_upp'; did you mean 'JES_up'",
        "systematics.yaml: systematics.scale.sum_up: tree 'sumWeights' has no branch 'total_scal'",
        "regions.yaml: regions.CR2.selection: regions 'SR' and 'CR2' of one fit share",
        "samples.yaml: samples.fake.selection: samples 'background' and 'fake' share events",
        "fits.yaml: fits.score.observable: tree 'nominal' has no branch 'mlp_sgi'; did you mean "
        "'mlp_sig'",
    ]
    found = [
        line.replace(f"{listed.config.parent}/", "").removeprefix("tiny/")
        for line in problems(listed)
    ]
    for beginning in beginnings:
        matches = [line for line in found if line.startswith(beginning)]
        assert len(matches) == 1, (beginning, found)
    assert len(found) == len(beginnings), [
        line for line in found if not any(line.startswith(b) for b in beginnings)
    ]


def test_a_problem_names_all_keys_and_data_sets_that_it_concerns(listed: TinyAnalysis) -> None:
    listed.change("regions", "aliases", {"central": "abs(eta) < 2.5"})
    for region in ("SR", "CR"):
        text = listed.parts["regions"]["regions"][region]["selection"]
        listed.change("regions", f"regions.{region}.selection", f"{text} && central")
    [line] = problems(listed)
    assert line.startswith(
        "regions.yaml: regions.SR.selection, regions.yaml: regions.CR.selection: tree 'nominal' "
        "has no branch 'eta'"
    )
    assert line.endswith("[sig, bkg; ntuples/sig_1.root]")


def test_what_may_be_meant_is_a_note(listed: TinyAnalysis) -> None:
    listed.change("samples", "samples.background.selection", "x > 1e9")
    trees = tiny_trees(1)
    trees["nominal"]["x"][::2] = -999.0
    write_ntuple(listed.ntuple("sig_1.root"), trees)
    listed.list()
    report = validate(listed.config)
    assert report.problems == []
    notes = " ".join(report.notes)
    assert "events of bkg that were read and pass the preselection are in no sample" in notes
    assert "samples.yaml: samples.background: none of the" in notes
    assert "features.yaml: features.x: is -999 in" in notes


def test_a_tree_that_lacks_a_branch_of_the_nominal_one_is_found(listed: TinyAnalysis) -> None:
    trees = tiny_trees(1)
    del trees["JES_down"]["charge"]
    write_ntuple(listed.ntuple("sig_1.root"), trees)
    listed.list()
    assert [line.partition(" [")[0] for line in problems(listed)] == [
        "systematics.yaml: systematics.jes.down: tree 'JES_down' has no branch 'charge', the "
        "nominal tree has it"
    ]


def test_what_models_are_told_of_events_is_looked_for(listed: TinyAnalysis) -> None:
    labels = {"collection": "jets", "branch": "jets_orgin", "values": {"b": 5, "light": 0}}
    model = {"architecture": "ft_transformer", "features": ["jets"]}
    listed.change("models", "models.flavour", model | {"labels": labels} | LAST)
    listed.change("models", "models.mlp.loss", {"selection": "mas > 1"})
    listed.change("models", "models.mlp.significance", {"mass": "log(mll)"})
    listed.change("models", "evaluation", {"significance": {"mass": "jets_pt"}})
    study = {
        "title": "Widths",
        "model": "mlp",
        "variants": {"a": {}, "b": {"epochs": 2}},
        "measures": {"auc_low": {"kind": "auc", "selection": "njet < 4"}},
    }
    path = listed.path("models").parent / "studies/widths.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(study))
    found = [line.partition(" [")[0] for line in problems(listed)]
    missing = "tree 'nominal' has no branch"
    beginnings = [
        "models.yaml: evaluation.significance: cannot evaluate 'jets_pt': branch 'jets_pt' holds a",
        f"models.yaml: models.flavour.labels.branch: {missing} 'jets_orgin'",
        f"models.yaml: models.mlp, studies/widths.yaml: variants: {missing} 'mas'",
        f"studies/widths.yaml: measures.auc_low: {missing} 'njet'; did you mean 'njets'?",
        f"models.yaml: models.mlp, studies/widths.yaml: variants: {missing} 'mll'",
    ]
    for beginning in beginnings:
        assert sum(line.startswith(beginning) for line in found) == 1, (beginning, found)
    assert len(found) == len(beginnings), found


def test_a_feature_of_few_bits_has_no_code_that_does_not_fit(listed: TinyAnalysis) -> None:
    trees = tiny_trees(1)
    trees["nominal"]["quality"] = trees["nominal"]["quality"].astype(np.int8)
    write_ntuple(listed.ntuple("sig_1.root"), trees)
    listed.change("features", "features.quality", {})
    listed.list()
    report = validate(listed.config)
    assert (report.problems, report.notes) == ([], [])


def test_weights_that_are_no_numbers_are_found(listed: TinyAnalysis) -> None:
    trees = tiny_trees(1)
    trees["nominal"]["weight_pileup"][:3] = np.nan
    write_ntuple(listed.ntuple("sig_1.root"), trees)
    listed.list()
    assert [line.partition(" [")[0] for line in problems(listed)] == [
        "inputs.yaml: weight.pileup: weight 'weight_pileup' is NaN or infinite in some of the "
        "entries that were read"
    ]


def test_no_more_entries_are_read_than_asked(listed: TinyAnalysis) -> None:
    assert validate(listed.config, entries=7).looked_at["entries read"] == 14


def test_ntuples_are_looked_at_before_they_are_listed(listed: TinyAnalysis) -> None:
    (listed.directory / "listing.json").unlink()
    listed.change("features", "features.chrage", {})
    report = validate(listed.config)
    assert "run 'n2mu list' before the workflow" in report.notes[0]
    assert len(report.problems) == 1 and "did you mean 'charge'" in report.problems[0].text


def test_a_damaged_file_is_a_problem_among_others(listed: TinyAnalysis) -> None:
    path = listed.ntuple("sig_1.root")
    path.write_bytes(path.read_bytes()[:3000])
    (listed.directory / "listing.json").unlink()
    listed.change("features", "features.chrage", {})
    lines = problems(listed)
    assert len(lines) == 2 and "sig_1.root: cannot be read" in " ".join(lines)


def test_ntuples_of_the_demo_are_not_missed_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = validate(ROOT / "config/config.yaml")
    assert report.problems == []
    assert "which the demo makes later" in report.unchecked[0]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["validate", "--config", "config/config.yaml", *arguments])


def test_the_command_lists_everything_and_fails(listed: TinyAnalysis) -> None:
    assert run().exit_code == 0
    listed.change("features", "features.chrage", {})
    listed.change("systematics", "systematics.jes.up", "JES_upp")
    result = run()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("2 problems (2 data sets, 2 files opened, 120")
    content = json.loads(run("--json").stdout)
    assert [p["keys"] for p in content["problems"]] == [
        ["systematics.yaml: systematics.jes.up"],
        ["features.yaml: features.chrage"],
    ]


@pytest.mark.parametrize(
    ("selection", "caret"), [("njets >= 4 AND pt > 20e3", 11), ("njets >= 4 && jets_pt > 1", 14)]
)
def test_the_place_in_an_expression_is_shown_below_its_problem(
    listed: TinyAnalysis, selection: str, caret: int
) -> None:
    listed.change("regions", "regions.SR.selection", selection)
    lines = run().stdout.splitlines()
    place = lines.index(f"  {selection}")
    assert "regions.SR.selection: cannot" in lines[place - 1]
    assert lines[place + 1] == f"  {' ' * caret}^"


def test_the_place_in_an_alias_is_shown_as_well(listed: TinyAnalysis) -> None:
    listed.change("regions", "aliases", {"good": "pt >> > 1"})
    assert run().stdout.splitlines()[1:3] == ["  pt >> > 1", "        ^"]


def test_one_of_a_thing_is_no_several() -> None:
    report = Report(looked_at={"data sets": 1, "files opened": 2, "entries read": 1})
    report.add("wrong")
    assert report.lines()[-1] == "1 problem (1 data set, 2 files opened, 1 entry read)"


def test_a_problem_is_one_line() -> None:
    report = Report()
    report.add("a\nb", key="k")
    assert report.lines()[0] == "problem: k: a b"


def write(tiny: TinyAnalysis, name: str, trees: dict[str, Any]) -> None:
    write_ntuple(tiny.ntuple(name), trees)
    tiny.list()


@pytest.mark.parametrize("total", [-1500.0, 0.0])
def test_a_sum_of_weights_that_is_not_positive_is_a_problem(
    listed: TinyAnalysis, total: float
) -> None:
    trees = tiny_trees(1)
    trees["sumWeights"]["total"] = np.array([total, 0.0])
    write(listed, "sig_1.root", trees)
    (problem,) = problems(listed)
    assert "the sum of weights 'total' is not positive" in problem
    assert f"it is {total:.6g} here" in problem


def test_events_that_weigh_more_than_all_that_were_generated_are_a_problem(
    listed: TinyAnalysis,
) -> None:
    trees = tiny_trees(1)
    trees["sumWeights"]["total"] = np.array([20.0, 0.0])
    write(listed, "sig_1.root", trees)
    (problem,) = problems(listed)
    assert "smaller than the weights of the events" in problem


def test_events_that_stand_twice_are_a_problem_unless_they_are_kept(listed: TinyAnalysis) -> None:
    trees = tiny_trees(1)
    once = trees["nominal"]
    trees["nominal"] = {name: np.concatenate([v, v]) for name, v in once.items()}
    trees["nominal"]["jets_pt"] = ak.concatenate([once["jets_pt"], once["jets_pt"]])
    write(listed, "sig_1.root", trees)
    # more than are read for everything else
    (problem,) = (p.line() for p in validate(listed.config, entries=30).problems)
    assert "inputs.yaml: event: events stand more than once" in problem
    assert "60 of 120 that were compared, first event" in problem
    listed.change("inputs", "repeated_events", "keep")
    assert problems(listed) == []


def test_a_branch_that_is_no_event_number_is_a_problem(listed: TinyAnalysis) -> None:
    listed.change("inputs", "event", "njets")
    (problem,) = problems(listed)
    assert problem.startswith("inputs.yaml: event: branch 'njets' is no event number: it has 7 ")
    assert "is it 'event'? [sig, bkg;" in problem


def test_a_cut_in_another_unit_is_a_problem(listed: TinyAnalysis) -> None:
    for key in ("preselection", "regions.SR.selection", "regions.CR.selection"):
        text = "njets >= 2 && njets < 4" if "CR" in key else "njets >= 4"
        listed.change("regions", key, f"{text} && pt > 20e6")
    listed.change("regions", "preselection", "njets >= 2 && pt > 20e6")
    report = validate(listed.config)
    (problem,) = (p.line() for p in report.problems)
    assert "'pt > 20000000' passes none of 120 events that were read: pt is 1" in problem
    assert problem.endswith("is one of them in MeV and the other in GeV?")
    (unchecked,) = report.unchecked
    assert "none of the 120 events that were read passes the preselection ('pt >" in unchecked


def test_a_cut_that_cuts_nothing_is_noted(listed: TinyAnalysis) -> None:
    for key in ("preselection", "regions.SR.selection", "regions.CR.selection"):
        text = listed.parts["regions"]
        *parents, last = key.split(".")
        for name in parents:
            text = text[name]
        listed.change("regions", key, text[last].replace("20e3", "20"))
    report = validate(listed.config)
    assert report.problems == []
    (note,) = report.notes
    assert note.startswith("regions.yaml: preselection: every event passes 'pt > 20': pt is 1")


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([20, 40, 80], "is one of them in MeV and the other in GeV?"),
        ([80e3, 90e3], "give edges that hold events"),
    ],
)
def test_edges_that_hold_no_event_are_a_problem(
    listed: TinyAnalysis, edges: list[float], expected: str
) -> None:
    listed.change("regions", "regions.CR.binning", {"edges": edges})
    (problem,) = problems(listed)
    assert problem.startswith("regions.yaml: regions.CR.binning: ")
    assert "events of the region that were read lie outside of the edges" in problem
    assert problem.endswith(expected)


@pytest.mark.parametrize(
    "binning", [{"edges": [0, 5e6, 6e6]}, {"uniform": {"bins": 2, "low": 0, "high": 1e7}}]
)
def test_a_bin_that_holds_all_events_for_its_unit_is_a_problem(
    listed: TinyAnalysis, binning: dict[str, Any]
) -> None:
    listed.change("regions", "regions.CR.binning", binning)
    (problem,) = problems(listed)
    assert "events of the region that were read are in the first bin, up to 5e+06: pt is" in problem
    listed.change("regions", "regions.CR.binning", {"edges": [0, 10e3, 15e3, 90e3]})
    report = validate(listed.config)
    assert report.problems == []
    (note,) = report.notes
    assert "are in the last bin, from 15000 on: pt is" in note


def test_a_region_without_an_event_is_noted_with_the_cut(listed: TinyAnalysis) -> None:
    selection = "njets >= 4 && pt > 20e3 && pt > 90e3"
    listed.change("regions", "regions.SR.selection", selection)
    report = validate(listed.config)
    assert report.problems == []
    (note,) = report.notes
    assert "regions.SR: none of the" in note
    assert "('pt > 90000' passes none: pt is 1" in note
