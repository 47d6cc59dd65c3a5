"""The committed analysis on its smallest Monte Carlo, from ntuples to the report."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.workflow.snake import ROOT, copy_configuration, edit, n2mu, planned, snakemake
from tests.workflow.test_reruns import SCORED

pytestmark = pytest.mark.xdist_group("tiny")


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_published_products_are_those_of_the_published_fit(finished: Path) -> None:
    fit = finished / "results/tth/fits/ftt"
    for product in ("mu_fit.json", "ranking.json"):
        assert (finished / "results" / product).read_bytes() == (fit / product).read_bytes()
    for product in ("ranking.pdf", "ranking.png"):
        copied = (finished / "results" / product).read_bytes()
        assert copied == (fit / "plots" / product).read_bytes()


def test_mu_fit_holds_what_the_contract_promises(finished: Path) -> None:
    content = read(finished / "results/mu_fit.json")
    assert content["analysis"] == "tth"
    assert content["observable"] == "ftt_small_ttH"
    assert content["dataset"] == "asimov"
    assert content["mu"]["value"] == pytest.approx(1, abs=1e-6)
    total, statistical = content["mu"], content["mu_stat_only"]
    for side in ("up", "down"):
        assert 0 < statistical[side] < total[side]
    assert set(content["mu_data_stat"]) >= {"up", "down"}
    groups = {"luminosity", "jet", "MC statistics", "norm factors"}
    assert groups <= set(content["breakdown"])
    assert content["significance"]["expected"] > 0
    assert content["significance"]["observed"] is None
    assert content["fit"]["converged"] is True
    assert content["fit"]["covariance"] == "accurate"
    assert content["fit"]["edm"] < 1e-6
    assert all(gate["passed"] for gate in content["gates"])
    assert content["blinding"]["threshold"] == 0.3
    kinds = {entry["kind"] for entry in content["parameters"]}
    assert kinds == {"alpha", "gamma", "norm"}
    region = content["yields"]["SR"]
    assert region["role"] == "signal"
    assert region["samples"]["ttH"]["kind"] == "signal"
    for when in ("prefit", "postfit"):
        assert set(region["samples"]["ttH"][when]) == {"value", "error"}
    assert content["provenance"]


def test_minuit_agrees_with_the_main_fit(finished: Path) -> None:
    content = read(finished / "results/mu_fit.json")
    check = content["check"]
    error = check["error"]
    assert abs(check["differences"]["mu"]) < 0.01 * error
    assert abs(check["differences"]["error"]) < 0.01 * error
    assert abs(check["differences"]["two_nll"]) < 1e-3


def test_at_least_forty_parameters_are_ranked_and_mu_is_not_among_them(finished: Path) -> None:
    ranked = read(finished / "results/ranking.json")["parameters"]
    assert len(ranked) >= 40
    assert "mu" not in {entry["name"] for entry in ranked}
    assert {entry["kind"] for entry in ranked} == {"alpha", "gamma", "norm"}
    assert {entry["status"] for entry in ranked} == {"ok"}
    largest = [max(abs(v) for v in entry["impact_postfit"].values()) for entry in ranked]
    assert largest == sorted(largest, reverse=True)
    for entry in ranked:
        assert (entry["impact_prefit"] is None) == (entry["kind"] == "norm")


def test_a_second_call_does_nothing(finished: Path) -> None:
    assert planned(finished) == {}


def test_touching_ntuples_reruns_nothing(finished: Path) -> None:
    for path in (finished / "ntuples").rglob("*"):
        path.touch()
    assert planned(finished) == {}


def test_the_summary_names_mu_its_errors_and_the_products(finished: Path) -> None:
    run = n2mu(finished, "report", "--summary", "--snakefile", str(ROOT / "Snakefile"))
    assert run.returncode == 0, run.stderr
    mu = read(finished / "results/mu_fit.json")["mu"]
    assert f"+{mu['up']:.3f}" in run.stdout
    assert "statistics only" in run.stdout
    assert "results/mu_fit.json" in run.stdout


def test_the_report_refuses_results_of_another_configuration(changed: Path) -> None:
    arguments = ("report", "--summary", "--snakefile", str(ROOT / "Snakefile"))
    edit(changed / "config/config.yaml", "publish: ftt", "publish: mixed")
    run = n2mu(changed, *arguments)
    assert run.returncode == 1
    assert "is of fit 'ftt'" in run.stderr
    edit(changed / "config/config.yaml", "publish: mixed", "publish: ftt")
    edit(changed / "config/tth/systematics.yaml", "0.0083", "0.0084")
    run = n2mu(changed, *arguments)
    assert run.returncode == 1
    assert "jobs have to run before the results are those of" in run.stderr


def test_products_that_come_out_the_same_do_not_rerun_trainings_or_fits(
    finished: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "again"
    shutil.copytree(finished, copy, symlinks=True)
    skims, workspace = "results/tth/gathered/skims.json", "results/tth/fits/mixed/workspace.json"
    again = ("--cores", "2", "--forcerun", "build_workspace", "--until", "build_workspace")
    snakemake(copy, *again, workspace)
    assert planned(copy) == {}
    snakemake(copy, "--cores", "2", "--forcerun", "skim", "--", skims)
    assert planned(copy) == SCORED


def test_the_demo_plans_at_most_forty_jobs(tmp_path: Path) -> None:
    copy_configuration(tmp_path, "small")
    assert sum(planned(tmp_path).values()) <= 40


def test_friend_trees_are_as_long_as_their_trees(finished: Path) -> None:
    import uproot

    friends = finished / "results/tth/friends/demo"
    paths = sorted(friends.rglob("*.root"))
    assert paths
    ntuples = finished / "ntuples/tth/tiny"
    assert len(paths) == len(list(ntuples.rglob("*.root")))
    observed, ttw = friends / "data", friends / "mc16a/p4416/700168"
    chosen = [next(path for path in paths if path.is_relative_to(f)) for f in (observed, ttw)]
    for path in chosen:
        with (
            uproot.open(path) as friend,
            uproot.open(ntuples / path.relative_to(friends)) as ntuple,
        ):
            names = friend.keys(cycle=False)
            trees = set(ntuple.keys(cycle=False, filter_classname="TTree")) - {"sumWeights"}
            assert set(names) == trees
            assert ("JET_JES__1up" in names) == path.is_relative_to(ttw)
            for name in names:
                assert friend[name].num_entries == ntuple[name].num_entries
                events = friend[name]["n2mu_eventNumber"].array(library="np")
                assert (events == ntuple[name]["eventNumber"].array(library="np")).all()


def test_provenance_leads_from_mu_to_slices_models_cuts_and_files(finished: Path) -> None:
    run = n2mu(finished, "provenance", "results/mu_fit.json", "--files")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("mu = ")
    for wanted in (
        "publish: results/mu_fit.json",
        "results/tth/models/ftt_small/fold0/model.pt",
        "region SR: (custTrigMatch",
        "preselection: dilep_type",
        "demo:mc16a/p4416/700168/700168_000001.root plan:",
    ):
        assert wanted in run.stdout
    assert "WARNING" not in run.stdout
    unknown = n2mu(finished, "provenance", "results/mu_fti.json")
    assert unknown.returncode == 1
    assert "did you mean 'results/mu_fit.json'" in unknown.stderr


def test_provenance_says_what_was_changed_by_hand(changed: Path) -> None:
    path = changed / "results/mu_fit.json"
    text = path.read_text()
    path.write_text(text.replace('"tth"', '"tth" ', 1))
    run = n2mu(changed, "provenance", "results/mu_fit.json")
    path.write_text(text)
    assert "WARNING: results/mu_fit.json was changed after" in run.stdout


def test_the_plan_names_stages_reasons_and_times(changed: Path) -> None:
    arguments = ("plan", "--cores", "2", "--snakefile", str(ROOT / "Snakefile"))
    assert "nothing to do" in n2mu(changed, *arguments).stdout
    edit(changed / "config/tth/regions.yaml", "{quantiles: 6}", "{quantiles: 5}")
    lines = n2mu(changed, *arguments).stdout.splitlines()
    stages = {line.split()[0]: line for line in lines}
    assert stages["skim"].split() == ["skim", "2", "stay"]
    assert "3 run (regions.SR.binning" in stages["templates"]
    assert "about" in stages["fit"]
    staying = sum(int(number) for line in lines[:-1] for number in re.findall(r"(\d+) stay", line))
    assert staying > 10
    assert lines[-1].endswith(f"with 2 at once; {staying} stay")
