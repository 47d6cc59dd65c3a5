"""What a dry run says, what jobs cost, and what is said at the end, in words."""

import subprocess
from pathlib import Path

import pytest
from tests.conftest import TinyAnalysis
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.commands.job import with_files
from n2mu.commands.options import snakemake_with, with_configuration
from n2mu.errors import ConfigurationError, ProductError
from n2mu.products import read_json, write_json
from n2mu.workflow.costs import expected_seconds, read_benchmark
from n2mu.workflow.ending import failures, summary
from n2mu.workflow.gather import run_gather
from n2mu.workflow.plan import differences, read_plan

PRINTED = """Building DAG of jobs...

[Sun Nov 22 03:46:50 2026]
rule skim:
    output: results/tth/skim/c0001
    jobid: 4
    benchmark: results/tth/benchmarks/skim/skim_c0001.tsv
    reason: Params have changed since last execution: Union of exclusive params before and now \
across all output: before: '{"cut":"a > 1 now: it","other":1}','aa' now: '{"cut":"a > 2"}','bb'
    wildcards: chunk=c0001

[Sun Nov 22 03:46:50 2026]
rule train:
    jobid: 5
    benchmark: results/tth/benchmarks/train/train_mlp_0.tsv
    reason: Input files updated by another job: results/tth/gathered/skims.json
    wildcards: model=mlp, fold=0

[Sun Nov 22 03:46:50 2026]
rule fit:
    jobid: 6
    reason: Missing output files: results/tth/fits/mlp/mu_fit.json; Input files updated by \
another job: results/tth/fits/mlp/workspace.json

[Sun Nov 22 03:46:50 2026]
rule plot_models:
    jobid: 7
    reason: Params have changed since last execution: Union of exclusive params before and now \
across all output: before: '0f0f' now: '1e1e'
"""
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def benchmark(path: Path, seconds: float, memory: str = "100.5") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1\t1\t1\t1\t1\t1\t{seconds / 2}\n")
    return path


def test_every_job_of_a_dry_run_is_read_with_its_cause() -> None:
    skim, train, fit, plot = read_plan(PRINTED)
    assert skim.wildcards == {"chunk": "c0001"}
    assert skim.benchmark == "results/tth/benchmarks/skim/skim_c0001.tsv"
    assert skim.causes == ["cut changed", "other changed"]
    assert (train.rule, train.wildcards, train.causes) == (
        "train",
        {"model": "mlp", "fold": "0"},
        [],
    )
    assert fit.causes == ["not made yet"]
    assert plot.causes == ["code of n2mu, or what made the inputs"]


def test_a_change_of_the_files_of_the_demo_is_named() -> None:
    listed = PRINTED.replace("""'{"cut":"a > 1 now: it","other":1}','aa'""", """'["plan:1"]'""")
    assert listed != PRINTED
    changed = listed.replace("""'{"cut":"a > 2"}','bb'""", """'["plan:2"]'""")
    assert read_plan(changed)[0].causes == ["its files changed"]


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, ["b.c"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),
        ({"a": [{"name": "x", "b": 1}]}, {"a": [{"name": "x", "b": 2}]}, ["a.b"]),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "y"}]}, ["a"]),
        ({"a": 1}, {"a": 1, "b": 0}, ["b"]),
        ({"a": 1}, {"a": 1}, []),
    ],
)
def test_differing_keys_are_found(old: object, new: object, keys: list[str]) -> None:
    assert differences(old, new) == keys


def test_a_job_is_expected_to_take_what_it_or_else_its_stage_took(tmp_path: Path) -> None:
    known = benchmark(tmp_path / "skim/a.tsv", 4)
    benchmark(tmp_path / "skim/b.tsv", 6)
    asked = [known, tmp_path / "skim/new.tsv", tmp_path / "train/new.tsv"]
    assert expected_seconds(asked) == [4, 5, None]


@pytest.mark.parametrize("content", ["", "s\n", "s\tcpu_time\nsoon\t1\n", "other\n1\n"])
def test_a_benchmark_without_numbers_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(content)
    assert read_benchmark(path) is None


def test_the_summary_counts_the_jobs_of_this_run_alone(tmp_path: Path) -> None:
    old = benchmark(tmp_path / "benchmarks/fit/old.tsv", 9000)
    started = old.stat().st_mtime + 1000
    assert summary(tmp_path, started, []) == []
    for name, seconds, memory in (("train/a", 3600, "50.0"), ("train/b", 7200, "NA")):
        path = benchmark(tmp_path / f"benchmarks/{name}.tsv", seconds, memory)
        import os

        os.utime(path, (started + 1, started + 1))
    header, train, total, slowest = summary(tmp_path, started, ["train"])
    assert header.split() == ["stage", "jobs", "CPU", "h", "GPU", "h", "peak", "MB", "longest", "s"]
    assert train.split() == ["train", "2", "1.500", "3.000", "50", "7200.0"]
    assert total.split() == ["all", "2", "1.500", "3.000", "50", "7200.0"]
    assert slowest.startswith("slowest: train; steps that only gather or copy are not in")


@pytest.mark.parametrize(
    ("last", "advice"),
    [
        ("12:00 n2mu: error: no branch 'x'", "do what the error says"),
        ("Traceback (most recent call last):", "a defect of n2mu"),
        ("12:00 epoch 1", "give rule skim more mem_mb"),
    ],
)
def test_a_failure_is_named_with_its_last_words_and_what_to_do(
    tmp_path: Path, last: str, advice: str
) -> None:
    (tmp_path / "skim.log").write_text(f"first\n{last}\n")
    log = tmp_path / "snakemake.log"
    block = "Error in rule skim:\n    jobid: 2\n    log: skim.log (check log file(s) for error)\n"
    log.write_text(f"Building DAG\n{block}\n{block}")
    lines = failures(log, tmp_path)
    assert lines[0] == f"failed: skim ({tmp_path / 'skim.log'})"
    assert f"  {last}" in lines
    assert advice in lines[-2]
    assert len([line for line in lines if line.startswith("failed")]) == 1


def test_a_configuration_is_no_product_to_plan() -> None:
    error = CliRunner().invoke(app, ["plan", "config/first.yaml"]).exception
    assert isinstance(error, ConfigurationError)
    assert str(error).endswith("write --config config/first.yaml")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "configuration: fit: unknown key"),
        (["config/first.yaml"], "config/first.yaml: fit: unknown key"),
        (
            ["config/first.yaml", "results/mu_fit.json"],
            "config/first.yaml with results/mu_fit.json: fit: unknown key; --configfile takes all "
            "words behind it for files: write what to make before it",
        ),
    ],
)
def test_an_error_names_the_files_that_snakemake_took_for_the_configuration(
    files: list[str], said: str
) -> None:
    error = ConfigurationError("configuration: fit: unknown key")
    assert with_files(error, [str(Path(file).absolute()) for file in files]) == said
    assert with_files(ConfigurationError("fits.yaml: wrong"), files) == "fits.yaml: wrong"


@pytest.mark.parametrize(
    "said",
    [
        "Will exit after finishing currently running jobs (scheduler).",
        "Terminating processes on user request, this might take some time.",
    ],
)
def test_a_run_that_is_stopped_says_that_the_same_command_goes_on(
    said: str, tmp_path: Path
) -> None:
    (tmp_path / "snakemake.log").write_text(f"Execute 1 jobs...\n{said}\n")
    assert failures(tmp_path / "snakemake.log", tmp_path) == [
        "The run was stopped from outside; no job failed.",
        "What was finished stays; the same command goes on from here.",
    ]


def test_the_plan_of_a_product_that_no_rule_makes_names_the_nearest(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_ntuples()
    tiny.list()

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[command.index("--quiet") + 1] == "host"
        every = "--forceall" in command
        printed = "    output: results/mu_fit.json, results/ranking.json\n    jobid: 1\n"
        missing = "MissingRuleException:\nNo rule to produce results/mu_fti.json (if you use input \
functions make sure that they don't raise unexpected exceptions).\n"
        return subprocess.CompletedProcess(command, not every, printed if every else missing)

    monkeypatch.setattr(subprocess, "run", run)
    ended = CliRunner().invoke(app, ["plan", "results/mu_fti.json"])
    assert str(ended.exception) == (
        "no rule makes 'results/mu_fti.json'; did you mean 'results/mu_fit.json'?"
    )


def test_a_command_is_repeated_with_the_configuration_that_it_was_given() -> None:
    first = "config/first.yaml"
    assert snakemake_with(first) == "snakemake --configfile config/first.yaml --cores 2"
    assert with_configuration(first, "n2mu plan") == "n2mu plan --config config/first.yaml"
    for usual in ("config/config.yaml", '{"analysis": "tth"}'):
        assert snakemake_with(usual) == "snakemake --cores 2"


def test_a_run_that_leaves_no_log_has_nothing_to_say(tmp_path: Path) -> None:
    assert failures(tmp_path / "none.log", tmp_path) == []


def test_what_is_gathered_tells_contents_apart_and_nothing_else(tmp_path: Path) -> None:
    skim, model = tmp_path / "skim/c0000", tmp_path / "mlp/fold0/model.pt"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"weights")
    gathered = []
    for settings, tables in (("a", "1"), ("b", "1"), ("b", "2")):
        write_json(skim / "metadata.json", {"settings": settings, "tables": tables})
        run_gather([skim, model], tmp_path / "all.json")
        gathered.append(read_json(tmp_path / "all.json"))
    assert gathered[0] == gathered[1] != gathered[2]
    assert len(gathered[0]) == 2
    with pytest.raises(ProductError, match="no such product"):
        run_gather([tmp_path / "skim/c0001"], tmp_path / "all.json")
