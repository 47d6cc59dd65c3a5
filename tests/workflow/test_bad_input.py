"""Bad input ends its job with one clear line, a non-zero exit, and nothing that looks finished."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.snake import ROOT, copy_configuration, edit, environment, n2mu, snakemake

pytestmark = pytest.mark.xdist_group("higgs")

Damage = Callable[[Path], None]


def replace(file: str, old: str, new: str) -> Damage:
    return lambda directory: edit(directory / "config/higgs" / file, old, new)


def truncate(directory: Path) -> None:
    path = directory / "ntuples/Higgs_data.root"
    path.write_bytes(path.read_bytes()[:100_000])


def damage_friend(directory: Path) -> None:
    path = directory / "results/higgs/friends/tutorial/Higgs_data.root"
    path.write_bytes(path.read_bytes()[::-1])


NTUPLE = "ntuples/Higgs_data.root"
FIT = "results/higgs/fits/mlp"

CASES: dict[str, tuple[Damage, str, list[str]]] = {
    "missing file": (
        lambda directory: (directory / NTUPLE).unlink(),
        "skim c0000",
        [NTUPLE, "no such ntuple"],
    ),
    "truncated file": (
        truncate,
        "skim c0000",
        [NTUPLE, "truncated, damaged", "list the ntuples again"],
    ),
    "missing tree": (
        replace("inputs.yaml", "sig_tree", "sig_trees"),
        "list",
        [NTUPLE, "no tree 'sig_trees'", "did you mean 'sig_tree'?"],
    ),
    "listing of other inputs": (
        replace("inputs.yaml", "sig_tree", "bkg_tree"),
        "skim c0000",
        ["listing.json", "data set 'signal'", "run 'n2mu list'"],
    ),
    "missing branch": (
        replace("regions.yaml", "m_bb < 1.5", "m_bbb < 1.5"),
        "skim c0000",
        [NTUPLE, "no branch 'm_bbb'", "did you mean 'm_bb'?"],
    ),
    "expression that does not parse": (
        replace("regions.yaml", "m_bb < 1.5", "m_bb < < 1.5"),
        "skim c0000",
        ["config/higgs/regions.yaml", "regions.SR.selection", "m_bb < < 1.5"],
    ),
    "sample without any event": (
        replace(
            "samples.yaml", "inputs: [background]", "selection: m_bb < 0, inputs: [background]"
        ),
        "templates mlp",
        ["sample 'other'", "no event in any region of fit 'mlp'", "samples.yaml"],
    ),
    "model that gets NaN": (
        replace("features.yaml", "m_jj: {}", "m_jj: {expression: TMath::Sqrt(0 - m_jj)}"),
        "train mlp 0",
        ["feature 'm_jj'", "NaN"],
    ),
    "region without signal or background": (
        replace("regions.yaml", "m_bb >= 1.5\n    observable", "m_bb >= 1500\n    observable"),
        "templates mlp",
        ["region 'CR'", "no background", "regions.yaml"],
    ),
    "damaged friend tree": (
        damage_friend,
        "templates mlp",
        [
            "friends/tutorial/Higgs_data.root",
            "friend tree cannot be read",
            "score this chunk again",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_that_says_what_to_do(broken: Path, case: str) -> None:
    damage, command, wanted = CASES[case]
    damage(broken)
    before = list(broken.rglob("*"))
    run = n2mu(broken, *command.split())
    assert run.returncode == 1
    (line,) = [text for text in run.stderr.splitlines() if "error" in text]
    assert line.startswith("n2mu: error: ")
    assert "Traceback" not in run.stderr
    for text in wanted:
        assert text in line
    assert not [path for path in broken.rglob("*") if path not in before]


def test_a_failed_job_leaves_no_product_and_its_line_is_shown(broken: Path) -> None:
    replace("regions.yaml", "m_bb < 1.5", "m_bbb < 1.5")(broken)
    text = snakemake(broken, "--cores", "2", "--show-failed-logs", check=False)
    shown = [line for line in text.splitlines() if "n2mu: error: " in line]
    assert shown
    for line in shown:
        assert "no branch 'm_bbb' (needed by a region" in line
        assert "did you mean 'm_bb'?" in line
    assert "failed: skim" in text
    assert "-> do what the error says, then run the same command again" in text
    assert not (broken / "results/higgs/skim/c0000").exists()


def test_a_failed_fit_is_no_result(broken: Path) -> None:
    replace("fits.yaml", "bounds: [-5, 10]", "nominal: 0.4, bounds: [0, 1]")(broken)
    text = snakemake(broken, "--cores", "2", "--show-failed-logs", check=False)
    assert "n2mu: error: " in text
    fit = broken / "results/higgs/fits/mlp"
    assert not (fit / "mu_fit.json").exists()
    failed = json.loads((fit / "mu_fit.failed.json").read_text())
    assert "mu" in failed["error"]
    assert not all(gate["passed"] for gate in failed["gates"])


def test_a_workflow_without_its_environment_says_so(tmp_path: Path) -> None:
    copy_configuration(tmp_path, "tiny")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    run = subprocess.run(
        [*command, "--directory", str(tmp_path), "--dry-run", "--cores", "1"],
        env={**environment(), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "activate the environment that holds it" in run.stdout + run.stderr
