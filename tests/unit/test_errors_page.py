"""docs/errors.md shows what users get to read when something is wrong."""

import shutil
from pathlib import Path

import pytest
from mistakes import MISTAKES, Mistake, message, table, table_of_endings
from tests.conftest import TinyAnalysis

from n2mu.workflow.ending import failures

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


def slurm(status: str) -> str:
    """Return how the executor reports a job that Slurm ended."""
    return (
        f"SLURM-job '7' failed, SLURM status is: '{status}'. Detailed failure reason unavailable "
        "(status command is not 'sacct')."
    )


# per row of the page: the message of the executor and the last line of the log
REFUSED = (
    "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: gpuu\n"
    "sbatch: error: Batch job submission failed: Invalid partition name specified'.\n"
    "    sbatch call:\n        ['sbatch', '--parsable']"
)
ENDINGS = {
    "an error as above": ("None", "12:00 n2mu: error: tree 'nominal' has no branch 'pt'"),
    "a traceback": ("None", "Traceback (most recent call last):"),
    "a partition that does not exist": (REFUSED, ""),
    "a job takes more memory than it asked for": (slurm("OUT_OF_MEMORY"), "12:00 epoch 1 of 9"),
    "a job takes more time than it asked for": (slurm("TIMEOUT"), "12:00 epoch 1 of 9"),
    "a node goes down": (
        "SLURM-job '7' failed due to a node failure, SLURM status is: 'NODE_FAIL'. ",
        "12:00 epoch 1 of 9",
    ),
    "a job is preempted": (slurm("PREEMPTED"), "12:00 epoch 1 of 9"),
    "a job is cancelled": (slurm("CANCELLED by 1000"), "12:00 epoch 1 of 9"),
    "a job ends without a word": ("None", "12:00 epoch 1 of 9"),
    "a job is killed on this machine": ("None", "12:00 epoch 1 of 9"),
    "a job is ended on this machine": ("None", "12:00 epoch 1 of 9"),
    "a job is interrupted on this machine": ("None", "12:00 epoch 1 of 9"),
    "a job crashes": ("None", "12:00 epoch 1 of 9"),
}
# what Snakemake writes before a rule that a signal ended: itself, or what its shell ran
SIGNALS = {
    "a job is killed on this machine": "returned non-zero exit status 137.",
    "a job is ended on this machine": "died with <Signals.SIGTERM: 15>.",
    "a job is interrupted on this machine": "returned non-zero exit status 130.",
    "a job crashes": "returned non-zero exit status 139.",
}


def test_the_page_shows_how_workflows_end_and_no_other_endings() -> None:
    assert set(table_of_endings()) == set(ENDINGS)


@pytest.mark.parametrize("what", ENDINGS)
def test_a_job_that_failed_is_answered_as_the_page_says(what: str, tmp_path: Path) -> None:
    reported, last = ENDINGS[what]
    (tmp_path / "train.log").write_text(f"{last}\n")
    (tmp_path / "snakemake.log").write_text(
        "RuleException:\nCommand 'n2mu skim c0' returned non-zero exit status 1.\n"
        "Error in rule skim:\n    jobid: 1\n"
        f"RuleException:\nCommand 'n2mu train mlp 0' {SIGNALS.get(what, '')}\n"
        f"Error in rule train:\n    message: {reported}\n    jobid: 2\n"
        "    log: train.log (check log file(s) for error details)\n"
    )
    lines = failures(tmp_path / "snakemake.log", tmp_path)
    assert [line.split()[1] for line in lines if line.startswith("failed: ")] == ["skim", "train"]
    assert lines[-2] == f"  -> {table_of_endings()[what]}"
