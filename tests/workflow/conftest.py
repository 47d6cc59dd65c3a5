"""The runs that the workflow tests look at, each made once."""

import base64
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.workflow.snake import ROOT, copy_configuration, environment, planned, snakemake

NO_ROOT = "the ROOT wheel exists for Python 3.11 on Linux only"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run of the committed analysis on the tiny size."""
    directory = tmp_path_factory.mktemp("tiny")
    copy_configuration(directory, "tiny")
    snakemake(directory, "--cores", "2", "--show-failed-logs")
    return directory


@pytest.fixture(scope="session")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what Snakemake takes for such a finished run: its records, and products of no content.

    It is made in seconds, so that every process of the tests can have its own.
    """
    directory = tmp_path_factory.mktemp("touched")
    copy_configuration(directory, "tiny")
    snakemake(directory, "--cores", "2", "--executor", "touch")
    now = time.time()
    for record in (directory / ".snakemake/metadata").iterdir():
        product = directory / base64.b64decode(record.name).decode()
        product.parent.mkdir(parents=True, exist_ok=True)
        if not product.suffix:
            product.mkdir()
            product /= ".snakemake_timestamp"
        product.touch()
        os.utime(product, (now, now))
    assert planned(directory) == {}
    return directory


@pytest.fixture
def changed(finished: Path) -> Iterator[Path]:
    """Return the finished run, whose configuration a test may change and gets back after it."""
    with _saved_configuration(finished):
        yield finished


@pytest.fixture
def replanned(touched: Path) -> Iterator[Path]:
    """Return the touched run, whose configuration a test may change and gets back after it."""
    with _saved_configuration(touched):
        yield touched


@contextmanager
def _saved_configuration(directory: Path) -> Iterator[None]:
    saved = directory / "config.saved"
    shutil.copytree(directory / "config", saved)
    yield
    shutil.rmtree(directory / "config")
    saved.rename(directory / "config")


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
    (directory / "config/higgs.yaml").write_text(described)
    configured = yaml.safe_load((directory / "config/config.yaml").read_text())
    assert yaml.safe_load(described) == configured
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
