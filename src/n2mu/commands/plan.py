"""``n2mu plan``."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, refuse_configuration
from n2mu.cores import available_cores
from n2mu.errors import counted

if TYPE_CHECKING:
    from n2mu.commands.job import Job
    from n2mu.workflow.plan import PlannedJob

_SHOWN = 4  # reasons of one stage
_STAGES = {
    "generate_ntuples": "ntuples",
    "skim": "skim",
    "train": "train",
    "score": "score",
    "score_for_fit": "score",
    "evaluate_model": "evaluate",
    "fill_templates": "templates",
    "build_workspace": "workspace",
    "fit": "fit",
    "rank_parameters": "ranking",
    "plot_fit": "figures",
    "plot_models": "figures",
    "tabulate_cutflow": "figures",
}


def command(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Products; all of the workflow if not given.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    snakefile: Annotated[Path, typer.Option(help="The workflow.")] = Path("Snakefile"),
    cores: Annotated[
        int | None,
        typer.Option(min=1, help="Jobs at once; all cores of this machine if not given."),
    ] = None,
) -> None:
    """Say what would run and why, stage by stage, and how long it takes by earlier runs.

    Reads the configuration and the results as they are; runs nothing. Times are those that the
    same jobs took when they last ran (results/ANALYSIS/benchmarks), so too long if the machine
    was busy with other things then. Jobs that only gather or copy are not counted.

    Example: n2mu plan --cores 100
    """
    import subprocess

    from n2mu.commands.job import open_job
    from n2mu.errors import ProductError, nearest
    from n2mu.workflow.plan import read_plan, read_products

    refuse_configuration(targets or [])
    job = open_job(config)
    command_line = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile)]
    # the profile of the workflow hides the reasons, which are read here
    command_line += ["--quiet", "host", "--configfile", config, "--dry-run", "--cores", "1"]

    def dry_run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command_line, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    run = dry_run(*(targets or []))
    if run.returncode:
        lines = [line for line in run.stdout.splitlines() if line.strip()]
        last = lines[-1] if lines else "no output"
        unknown = re.match(r"No rule to produce (.+?) \(if you use input functions", last)
        if unknown:
            hint = nearest(unknown[1], read_products(dry_run("--forceall").stdout))
            raise ProductError(f"no rule makes '{unknown[1]}'{hint}")
        raise ProductError(f"snakemake cannot plan: {last}")
    planned = [task for task in read_plan(run.stdout) if task.rule in _STAGES]
    if not planned:
        typer.echo("nothing to do: the results are those of the configuration")
        return
    for line in _lines(planned, _totals(job), cores or available_cores()):
        typer.echo(line)


def _totals(job: "Job") -> dict[str, int]:
    """Return how many jobs each stage has in all."""
    main = job.configuration.main
    chunks, fits = len(job.slices.chunks), len(main.fits)
    fitted = len({*main.fits, *job.configuration.compared.values()})
    totals = {"ntuples": chunks} if main.demo is not None else {}
    totals |= {
        "skim": chunks,
        "train": len(main.models) * job.configuration.models.folds,
        "score": chunks,
        "evaluate": len(job.configuration.models.judging_events(main.models)),
    }
    totals |= dict.fromkeys(("templates", "workspace", "fit"), fitted)
    return totals | {"ranking": fits, "figures": fits + 2}


def _lines(planned: "list[PlannedJob]", totals: dict[str, int], cores: int) -> list[str]:
    from n2mu.workflow.costs import expected_seconds

    lines = []
    overall, unknown, stay = 0.0, [], 0
    for stage, total in totals.items():
        tasks = [task for task in planned if _STAGES[task.rule] == stage]
        # a study has jobs of its own, so that there can be more than in all
        stay += max(0, total - len(tasks))
        if not tasks:
            lines.append(f"{stage:10} {total} stay")
            continue
        times = expected_seconds(Path(task.benchmark or "") for task in tasks)
        known = [seconds for seconds in times if seconds is not None]
        if len(known) < len(times):
            unknown.append(stage)
        # jobs of one stage run at once, stages after each other
        seconds = max(sum(known) / min(cores, len(tasks)), max(known, default=0.0))
        overall += seconds
        causes = list(dict.fromkeys(cause for task in tasks for cause in task.causes))
        if len(causes) > _SHOWN:
            causes[_SHOWN:] = [f"{counted(len(causes) - _SHOWN, 'more reason')}"]
        why = ", ".join(causes) or "its inputs are made again"
        left = f", {total - len(tasks)} stay" if total > len(tasks) else ""
        cost = f"about {_duration(seconds)}" if known else "time unknown"
        lines.append(f"{stage:10} {len(tasks)} run{left} ({why}); {cost}")
    text = f"{counted(len(planned), 'job')}; {stay} stay"
    if overall:
        text = f"{counted(len(planned), 'job')}, by their last runs about {_duration(overall)}"
        text += f" with {cores} at once; {stay} stay"
    if unknown:
        text += f"; never run before, time unknown: {', '.join(unknown)}"
    return [*lines, text]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
