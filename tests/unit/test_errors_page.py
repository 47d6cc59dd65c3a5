"""docs/errors.md shows what users get to read when something is wrong."""

import shutil
from pathlib import Path

import pytest
from mistakes import MISTAKES, Mistake, message, table
from tests.conftest import TinyAnalysis

TABLE = table()


@pytest.fixture(scope="module")
def ntuples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ntuples")
    TinyAnalysis(directory).write_ntuples()
    return directory / "ntuples"


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.what for mistake in MISTAKES])
def test_a_mistake_is_answered_as_the_page_says(
    mistake: Mistake, tiny: TinyAnalysis, ntuples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ntuples, tiny.directory / "ntuples")
    said = message(mistake, tiny, monkeypatch)
    assert said.startswith(("problem: ", "n2mu: error: "))
    assert said == TABLE[mistake.what]


def test_the_page_shows_many_mistakes_and_no_others() -> None:
    assert set(TABLE) == {mistake.what for mistake in MISTAKES}
    assert len(TABLE) >= 40
