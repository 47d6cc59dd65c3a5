"""The one run of the tiny analysis that the workflow tests look at."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.snake import copy_configuration, snakemake


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
