"""The workflow on a real Slurm: partitions, GPUs, retries, and everything that ends jobs early.

One run of the tiny analysis meets all misfortunes on its way to the end; every
test looks at a part of its story.  In the end the products are those of the run
on one machine without any.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.workflow.slurm_keeper import CONFIGURATION, GPUS, NODE
from tests.workflow.snake import ROOT, copy_configuration, edit, environment

pytestmark = pytest.mark.xdist_group("tiny")

MISSING = [
    p for p in ("slurmctld", "slurmd", "munged") if shutil.which(p, path="/usr/sbin") is None
]
SKIM, TRAIN, SCORE = 2000, 16_000, 8_000  # MB of a first attempt
QUICK = ("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2")
SITE = ("--slurm-no-account", "--slurm-status-command", "squeue", "--latency-wait", "15")
MODEL = "results/tth/models/ftt_small/fold{}/model.pt"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a Slurm of one node with two GPUs running."""
    if MISSING:
        pytest.skip(f"no {MISSING[0]} here; .ci/run installs Debian's slurm-wlm and munge")
    if os.geteuid() != 0:
        pytest.skip("only root can start the daemons of Slurm")
    state = tmp_path_factory.mktemp("slurm") / "state"
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.workflow.slurm_keeper", str(state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdin is not None and keeper.stdout is not None and keeper.stderr is not None
    if keeper.stdout.readline() != "ready\n":
        said = keeper.communicate(timeout=60)[1]
        if any(reason in said for reason in ("another run", "real cluster", "device files")):
            pytest.skip(said.strip())
        logs = "\n".join(f"{path}\n{path.read_text()}" for path in state.glob("*.out"))
        pytest.fail(f"Slurm did not start: {said}\n{logs}")
    yield
    keeper.communicate(timeout=60)
    assert keeper.returncode == 0
    assert not (CONFIGURATION / "slurm.conf").exists()


class Story:
    """A run of the tiny analysis on the cluster, in several calls of Snakemake."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "run"
        self.spy = directory / "spy"
        self.spy.mkdir()
        commands = directory / "bin"
        commands.mkdir()
        spy = commands / "n2mu"
        spy.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.workflow.slurm_spy "$@"\n')
        spy.chmod(0o755)
        variables = environment()
        self.environment = variables | {
            "N2MU_SPY": str(self.spy),
            "PATH": f"{commands}{os.pathsep}{variables['PATH']}",
            "PYTHONPATH": f"{variables['PYTHONPATH']}{os.pathsep}{ROOT}",
        }
        self.output = directory / "snakemake.log"
        self.directory.mkdir()
        copy_configuration(self.directory, "tiny")
        main = self.directory / "config/config.yaml"
        edit(main, "models: [mlp_small, ftt_small]", "models: [ftt_small]")
        edit(main, "fits: [ftt, mixed]", "fits: [ftt]")

    def order(self, name: str, order: str) -> None:
        """Leave an order to a job."""
        (self.spy / f"{name}.order").write_text(order)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start Snakemake as a user of the cluster does."""
        snakefile = str(ROOT / "Snakefile")
        command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile]
        chosen = ["--profile", "slurm-gpu", *SITE, *QUICK, "--directory", str(self.directory)]
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [*command, *chosen, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def run(self, *arguments: str) -> None:
        """Run Snakemake to its end."""
        self.finish(self.start(*arguments))

    def finish(self, snakemake: subprocess.Popen[bytes]) -> None:
        """Wait until Snakemake ends well."""
        try:
            code = snakemake.wait(600)
        finally:
            snakemake.kill()
        assert code == 0, self.output.read_text()

    def journal(self, name: str = "", event: str = "") -> list[dict[str, Any]]:
        """Return what the jobs wrote down, in order."""
        path = self.spy / "journal"
        lines = (
            [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        )
        return [
            line for line in lines if line["name"].startswith(name) and event in ("", line["event"])
        ]

    def wait(self, what: Callable[[], bool], seconds: float = 600) -> None:
        """Wait until something is true."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                shown = subprocess.run(
                    ["squeue", "-l"], capture_output=True, text=True, check=False
                )
                journal = "\n".join(str(line) for line in self.journal())
                pytest.fail(f"{shown.stdout}\n{journal}\n{self.output.read_text()[-8000:]}")
            time.sleep(0.1)

    def log(self, name: str) -> str:
        """Return the log of a job."""
        return (self.directory / f"results/tth/logs/{name.split('_')[0]}/{name}.log").read_text()


def command(*arguments: str) -> str:
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def steps() -> list[str]:
    """Return the processes of this machine that run jobs of Slurm."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):  # it has just ended
            found += [path.parent.name] if path.read_text() == "slurmstepd\n" else []
    return found


@pytest.fixture(scope="module")
def skimmed(slurm: None, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One of the two skims needs more memory than its first attempt has."""
    story = Story(tmp_path_factory.mktemp("story"))
    story.order("skim_c0000", "memory")
    story.run("results/tth/skim/c0000", "results/tth/skim/c0001")
    return story


def _stopped_once(story: Story, name: str) -> bool:
    return len(story.journal(name, "stopped")) == 1


@pytest.fixture(scope="module")
def trained(skimmed: Story) -> Story:
    """Three trainings are stopped: by the time limit, by scancel, by a requeue."""
    for fold, order in enumerate(("time", "hang", "hang")):
        skimmed.order(f"train_ftt_small_{fold}", order)
    snakemake = skimmed.start(*(MODEL.format(fold) for fold in range(3)))
    for fold, ended in {1: ["scancel"], 2: ["scontrol", "requeue"]}.items():
        name = f"train_ftt_small_{fold}"
        skimmed.wait(partial(_stopped_once, skimmed, name))
        command(*ended, skimmed.journal(name, "stopped")[0]["job"])
    skimmed.finish(snakemake)
    return skimmed


@pytest.fixture(scope="module")
def resumed(trained: Story) -> Story:
    """The node goes down under two trainings and comes back; then Snakemake is killed."""
    names = [f"train_ftt_small_{fold}" for fold in (3, 4)]
    for name in names:
        trained.order(name, "hang")
    snakemake = trained.start("results/mu_fit.json")
    trained.wait(lambda: all(trained.journal(name, "stopped") for name in names))
    command("scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=test")
    trained.wait(lambda: all(trained.journal(name, "ended") for name in names))
    # a node comes back without the processes that it had
    trained.wait(lambda: not steps())
    command("scontrol", "update", f"NodeName={NODE}", "State=RESUME")
    trained.wait(lambda: bool(trained.journal("score", "started")))
    snakemake.send_signal(signal.SIGKILL)
    snakemake.wait()
    return trained


@pytest.fixture(scope="module")
def ended(resumed: Story) -> Story:
    """Snakemake is started again and goes on to the end."""
    # jobs outlive a Snakemake that is killed
    command("scancel", "--user=root")
    resumed.wait(lambda: not command("squeue", "--noheader").strip())
    resumed.run("--unlock")
    resumed.run("results/mu_fit.json")
    return resumed


def test_a_job_that_exceeds_its_memory_is_started_again_with_more(skimmed: Story) -> None:
    first, second = skimmed.journal("skim_c0000", "started")
    assert (first["memory"], second["memory"]) == (SKIM, 2 * SKIM)
    assert len(skimmed.journal("skim_c0001", "started")) == 1


def test_a_job_that_exceeds_its_time_is_started_again_with_more(trained: Story) -> None:
    first, second = trained.journal("train_ftt_small_0", "started")
    assert second["limit"] == 2 * first["limit"]
    assert second["memory"] == 2 * first["memory"] == 2 * TRAIN


@pytest.mark.parametrize("fold", range(3), ids=["time limit", "scancel", "requeue"])
def test_a_stopped_training_goes_on_from_its_checkpoint_to_the_same_bits(
    trained: Story, finished: Path, fold: int
) -> None:
    name = f"train_ftt_small_{fold}"
    first, second = trained.journal(name, "started")
    assert (first["job"] == second["job"]) == (fold == 2)
    assert "going on after step" in trained.log(name)
    assert "epoch 12 of" in trained.log(name)
    model = MODEL.format(fold)
    assert (trained.directory / model).read_bytes() == (finished / model).read_bytes()


def test_a_node_that_goes_down_costs_its_running_jobs_and_no_others(resumed: Story) -> None:
    started = Counter(line["name"] for line in resumed.journal("train", "started"))
    assert started == {f"train_ftt_small_{fold}": 2 for fold in range(5)}
    for fold in (3, 4):
        first, second = resumed.journal(f"train_ftt_small_{fold}", "started")
        assert first["job"] == second["job"]
    assert len(resumed.journal("skim", "started")) == 3


def test_snakemake_carries_on_after_a_kill_without_repeating_what_was_finished(
    ended: Story,
) -> None:
    kill = ended.journal("score", "started")[0]["time"]
    done = {line["name"] for line in ended.journal() if line["event"] == "ended"} - {
        line["name"] for line in ended.journal() if line["time"] > kill
    }
    assert {name.split("_")[0] for name in done} == {"demo", "skim", "train"}
    after = Counter(line["name"] for line in ended.journal("", "started") if line["time"] > kill)
    assert not done & set(after)
    assert {"score_c0000", "score_c0001", "templates_ftt", "workspace_ftt", "fit_ftt"} <= set(after)


def test_training_and_scoring_see_one_gpu_each_and_others_none(ended: Story) -> None:
    running: dict[str, str] = {}
    for line in ended.journal():
        if line["name"].startswith(("train", "score")):
            assert line["partition"] == "gpu"
            assert line["gpus"] in {str(number) for number in range(GPUS)}
            if line["event"] == "started":
                assert line["gpus"] not in running.values()
                running[line["name"]] = line["gpus"]
            elif line["event"] == "ended":
                running.pop(line["name"], None)
        else:
            assert line["partition"] == "cpu"
            assert line["gpus"] is None


def test_the_products_are_those_of_a_run_on_one_machine(ended: Story, finished: Path) -> None:
    alone, cluster = (path / "results" for path in (finished, ended.directory))
    for text in ("mu_fit.json", "tth/fits/ftt/workspace.json", "tth/fits/ftt/postfit.json"):
        local, remote = (json.loads((path / text).read_text()) for path in (alone, cluster))
        assert without_timing(remote) == without_timing(local), text
    models = sorted(path.relative_to(cluster) for path in cluster.glob("tth/models/**/model.pt"))
    assert len(models) == 5
    tables = sorted(path.relative_to(cluster) for path in cluster.glob("tth/skim/**/*.parquet"))
    assert tables
    for product in [*models, *tables]:
        assert (cluster / product).read_bytes() == (alone / product).read_bytes(), product


def without_timing(value: Any) -> Any:
    """Return a product without the time that its making took."""
    if isinstance(value, dict):
        return {k: without_timing(v) for k, v in value.items() if k != "seconds"}
    return [without_timing(v) for v in value] if isinstance(value, list) else value


def test_logs_and_benchmarks_lie_where_the_rules_say(ended: Story) -> None:
    for name in {line["name"] for line in ended.journal("", "started")}:
        assert ended.log(name)
        stage = name.split("_")[0]
        assert (ended.directory / f"results/tth/benchmarks/{stage}/{name}.tsv").exists()
