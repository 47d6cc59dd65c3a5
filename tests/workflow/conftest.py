"""The one run of the tiny analysis that the workflow tests look at."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.workflow.snake import ROOT, copy_configuration, environment, snakemake

NO_ROOT = "the ROOT wheel exists for Python 3.11 on Linux only"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run of the committed analysis on the tiny size."""
    directory = tmp_path_factory.mktemp("tiny")
    copy_configuration(directory, "tiny")
    snakemake(directory, "--cores", "2", "--show-failed-logs")
    return directory


@pytest.fixture
def changed(finished: Path) -> Iterator[Path]:
    """Return the finished run, whose configuration a test may change and gets back after it."""
    saved = finished / "config.saved"
    shutil.copytree(finished / "config", saved)
    yield finished
    shutil.rmtree(finished / "config")
    saved.rename(finished / "config")


@pytest.fixture(scope="session")
def higgs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run, made with the commands of the README."""
    root = pytest.importorskip("ROOT", reason=NO_ROOT)
    directory = tmp_path_factory.mktemp("higgs")
    shutil.copytree(ROOT / "tests/workflow/higgs/config", directory / "config")
    for name in ("Snakefile", "workflow", "envs"):
        (directory / name).symlink_to(ROOT / name)
    (directory / "ntuples").mkdir()
    tutorials = Path(root.__file__).parent / "tutorials"
    data = tutorials / "machine_learning/data/Higgs_data.root"
    (directory / "ntuples/Higgs_data.root").write_bytes(data.read_bytes())
    _, section = (ROOT / "README.md").read_text().split("## Bring your own ntuples")
    described, commands = re.findall(r"```(?:yaml|bash)\n(.*?)```", section, re.DOTALL)[:2]
    configured = yaml.safe_load((directory / "config/config.yaml").read_text())
    assert yaml.safe_load(described).items() <= configured.items()
    run = subprocess.run(
        ["bash", "-euc", commands],
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "mu = 1.000" in run.stdout
    return directory


@pytest.fixture
def broken(higgs: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished run that a test may damage."""
    directory = tmp_path / "higgs"
    shutil.copytree(higgs, directory, symlinks=True)
    return directory
