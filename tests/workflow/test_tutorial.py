"""The tutorial does what it says, from files that ROOT wrote to mu."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import NO_ROOT
from tests.workflow.page import blocks, follow
from tests.workflow.snake import ROOT, planned

root = pytest.importorskip("ROOT", reason=NO_ROOT)
pytestmark = pytest.mark.xdist_group("tutorial")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory in which the tutorial was followed."""
    directory = tmp_path_factory.mktemp("tutorial")
    # a clone has another main configuration, which must not be mixed into this one
    shutil.copytree(ROOT / "config", directory / "config")
    follow("tutorial.md", directory)
    return directory


def test_the_analysis_is_as_short_as_the_page_says() -> None:
    lines = sum(len(b.text.splitlines()) for b in blocks("tutorial.md") if b.language == "yaml")
    assert f"in {lines} lines of configuration" in (ROOT / "docs/tutorial.md").read_text()
    assert lines <= 60


def test_mu_comes_out_with_the_yields_of_root(first: Path) -> None:
    content = json.loads((first / "results/mu_fit.json").read_text())
    assert content["analysis"] == "first"
    assert 0 < content["mu"]["up"] < 1
    report = json.loads((first / "results/first/fits/score/templates_report.json").read_text())
    for name, cross_section in (("signal", 0.002), ("background", 0.1)):
        frame = root.RDataFrame("events", str(first / f"ntuples/{name}.root"))
        passed = frame.Filter("n_jets >= 2 && lep_pt > 25").Sum("weight").GetValue()
        total = root.RDataFrame("generated", str(first / f"ntuples/{name}.root"))
        generated = total.Sum("sum_of_weights").GetValue()
        expected = 140_000 * cross_section * passed / generated
        found = report["regions"]["SR"]["samples"][name]["yield"]
        assert found == pytest.approx(expected, rel=1e-9)


def test_the_ntuples_of_uproot_are_like_those_of_root(first: Path, tmp_path: Path) -> None:
    (tmp_path / "ntuples").mkdir()
    script = first / "make_ntuples_with_uproot.py"
    subprocess.run([sys.executable, script], cwd=tmp_path, check=True)
    for path in sorted((tmp_path / "ntuples").iterdir()):
        for tree in ("events", "generated"):
            ours = root.RDataFrame(tree, str(path))
            theirs = root.RDataFrame(tree, str(first / "ntuples" / path.name))
            branches = sorted(str(name) for name in theirs.GetColumnNames())
            assert sorted(str(name) for name in ours.GetColumnNames()) == branches
            for branch in branches:
                mean = theirs.Mean(branch).GetValue()
                assert ours.Mean(branch).GetValue() == pytest.approx(mean, rel=0.03)


def test_nothing_is_left_to_do(first: Path) -> None:
    assert planned(first, "--configfile", str(first / "config/first.yaml")) == {}
