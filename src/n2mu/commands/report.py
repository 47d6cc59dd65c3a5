"""``n2mu report``."""

import logging
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, snakemake_with, with_configuration

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from n2mu.commands.job import Job
    from n2mu.report.requests import LeftOut


def command(
    config: Config = DEFAULT_CONFIG,
    snakefile: Annotated[Path, typer.Option(help="The workflow.")] = Path("Snakefile"),
    summary: Annotated[
        bool, typer.Option("--summary", help="Only print mu and where the products lie.")
    ] = False,
) -> None:
    """Write results/report.html and print mu, its errors, and where the products lie.

    Reads the products of a finished workflow and refuses those of another configuration. The report
    is one file that needs no network. Snakemake's own report, with the graph of the rules and the
    times of all jobs, goes to results/ANALYSIS/workflow_report.html.

    Example: n2mu report
    """
    from n2mu.commands.job import open_job
    from n2mu.errors import ProductError, counted
    from n2mu.products import read_json

    job = open_job(config)
    paths, main = job.paths, job.configuration.main
    report = paths.published("report.html")
    mu_fit = read_json(paths.published("mu_fit.json"))
    found = (mu_fit["analysis"], mu_fit["fit"]["name"])
    if found != (main.analysis, main.publish):
        raise ProductError(
            f"{paths.published('mu_fit.json')}: is of fit '{found[1]}' of analysis '{found[0]}', "
            f"{config} publishes fit '{main.publish}' of '{main.analysis}'; "
            f"run '{snakemake_with(config)}'"
        )
    _, planned = _snakemake(snakefile, config, "--dry-run", "--cores", "1")
    if "Nothing to be done" not in planned:
        jobs = re.search(r"^total +(\d+)", planned, re.MULTILINE)
        number = int(jobs.group(1)) if jobs else 1
        what = counted(number, "job") if jobs else "something"
        count = f"{what} {'has' if number == 1 else 'have'}"
        raise ProductError(
            f"{paths.results}: {count} to run before the results are those of {config}; "
            f"run '{snakemake_with(config)}', or look with "
            f"'{with_configuration(config, 'n2mu plan')}'"
        )
    if not summary:
        logger.info("writing %s", report)
        workflow = paths.root / "workflow_report.html"
        with ThreadPoolExecutor(max_workers=1) as beside:
            drawn = beside.submit(_snakemake, snakefile, config, "--report", str(workflow))
            _write_report(job, snakefile, config, report)
        failed, printed = drawn.result()
        if failed:
            reason = next((line for line in reversed(printed.splitlines()) if line.strip()), "")
            raise ProductError(f"{workflow}: snakemake could not make the report ({reason})")
    typer.echo(_interval("mu", mu_fit["mu"]) + "  (total)")
    typer.echo(_interval("  ", mu_fit["mu_stat_only"]) + "  (statistics only)")
    products = ["mu_fit.json", "ranking.json", "ranking.pdf", "ranking.png", "report.html"]
    typer.echo("products: " + ", ".join(str(paths.published(p)) for p in products))
    typer.echo(f"everything of this analysis: {paths.root}")


def _write_report(job: "Job", snakefile: Path, config: str, report: Path) -> None:
    """Write the report of finished products."""
    from n2mu.errors import ProductError
    from n2mu.report.requests import Requests
    from n2mu.report.settings import report_settings
    from n2mu.report.stage import run_report
    from n2mu.workflow.lineage import lineage
    from n2mu.workflow.records import Records

    try:
        records = Records(Path.cwd())
        chain = list(lineage(records, str(job.paths.published("mu_fit.json")), all_files=False))
    except ProductError as error:  # records can be lost, the numbers are no others for that
        chain = [str(error)]
    settings = report_settings(job.configuration, job.slices)
    captions = snakefile.resolve().parent / "workflow" / "report"
    made, left_out = Requests(job.configuration, job.slices, job.paths).found()
    studies, outdated = _studies(job, snakefile, config)
    for one in (*left_out, *outdated):
        logger.warning("%s is left out: %s", one.path, one.reason)
    requests = (made, [*left_out, *outdated])
    run_report(settings, job.paths, captions, chain, requests, studies, report)


def _studies(job: "Job", snakefile: Path, config: str) -> tuple[list[str], list["LeftOut"]]:
    """Return the studies for which Snakemake has nothing to do, and others that were made."""
    from n2mu.report.requests import LeftOut
    from n2mu.workflow.plan import read_plan

    known = job.configuration.studies
    products = {
        path.parent.name: path for path in sorted(job.paths.study("", "").glob("*/study.json"))
    }
    left_out = [
        LeftOut(path, f"the configuration has no study '{name}'", None)
        for name, path in products.items()
        if name not in known
    ]
    targets = {name: str(job.paths.study(name, "study.json")) for name in known if name in products}
    if not targets:
        return [], left_out
    _, planned = _snakemake(snakefile, config, "--dry-run", "--cores", "1", *targets.values())
    # whatever has to run, the comparison of the study follows it
    again = {task.wildcards["study"] for task in read_plan(planned) if "study" in task.wildcards}
    if not again and "Nothing to be done" not in planned:
        again = set(targets)
    reason = "the configuration, the code or the events have changed since"
    left_out += [
        LeftOut(products[name], reason, f"{snakemake_with(config)} {target}")
        for name, target in targets.items()
        if name in again
    ]
    return [name for name in targets if name not in again], left_out


def _snakemake(snakefile: Path, config: str, *arguments: str) -> tuple[bool, str]:
    """Run snakemake and return whether it failed and what it printed."""
    command_line = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile)]
    run = subprocess.run(
        [*command_line, "--configfile", config, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.returncode != 0, run.stdout


def _interval(label: str, interval: dict[str, float | None]) -> str:
    up, down = (
        "not found" if interval[side] is None else f"{interval[side]:.3f}"
        for side in ("up", "down")
    )
    return f"{label} = {interval['value']:.3f}  +{up}  -{down}"
