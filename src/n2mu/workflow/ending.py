"""What is said when the workflow ends: the summary of its jobs, or what failed and what to do."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from signal import Signals

from n2mu.workflow.costs import Cost, read_benchmark, stage_of

_SLOWEST = 3
_LAST = 8  # lines of a log that are shown
_ERROR = "n2mu: error:"

# what follows from how Slurm says that a job ended
_OF_SLURM = {
    "OUT_OF_MEMORY": "Slurm ended it for its memory: give rule {rule} more mem_mb under "
    "set-resources in profile.yaml, then run the same command again",
    "TIMEOUT": "Slurm ended it for its time: give rule {rule} more runtime under set-resources in "
    "profile.yaml, then run the same command again; a training goes on from its checkpoint",
    "NODE_FAIL": "its node went down: run the same command again",
    "PREEMPTED": "another job took its place: run the same command again; a training goes on from "
    "its checkpoint",
    "CANCELLED": "somebody cancelled it: run the same command again; a training goes on from its "
    "checkpoint",
}

_OF_SIGNAL = {
    "SIGTERM": "it was ended from outside (signal 15, SIGTERM), by a scheduler at its time limit, "
    "by scancel or by kill: run the same command again, and if it was the time limit give rule "
    "{rule} more runtime under set-resources in profile.yaml; a training goes on from its "
    "checkpoint",
    "SIGKILL": "it was killed (signal 9, SIGKILL), most likely because the memory was used up: "
    "give rule {rule} more mem_mb under set-resources in profile.yaml, or fewer jobs at once on "
    "this machine",
    "SIGINT": "it was interrupted (signal 2, SIGINT): run the same command again; a training goes "
    "on from its checkpoint",
}
# what Snakemake says when it is told to end: SIGTERM, and Ctrl-C
_STOPPED = (
    "Will exit after finishing currently running jobs",
    "Terminating processes on user request",
)
_ENDED_BY = re.compile(r"died with <Signals\.\w+: (\d+)>|returned non-zero exit status (\d+)\.")


def summary(root: Path, started: float, gpu_stages: Collection[str]) -> list[str]:
    """Return the lines of a table of the jobs of one run of the workflow.

    Parameters
    ----------
    root
        Directory of the analysis.
    started
        Time (s since the epoch) of the start; benchmarks from before are of other runs.
    gpu_stages
        Stages whose jobs had a GPU each.
    """
    stages: dict[str, list[Cost]] = {}
    for path in sorted((root / "benchmarks").glob("*/*.tsv")):
        cost = read_benchmark(path) if path.stat().st_mtime >= started else None
        if cost is not None:
            stages.setdefault(stage_of(path), []).append(cost)
    if not stages:
        return []
    rows = [("stage", "jobs", "CPU h", "GPU h", "peak MB", "longest s")]
    rows += [(stage, *_row(costs, stage in gpu_stages)) for stage, costs in stages.items()]
    every = [cost for costs in stages.values() for cost in costs]
    gpu = [cost for stage in stages if stage in gpu_stages for cost in stages[stage]]
    total = _row(every, False)
    rows.append(("all", total[0], total[1], _hours(c.seconds for c in gpu), *total[3:]))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(r, widths, strict=True)) for r in rows]
    slowest = sorted(stages, key=lambda s: -sum(c.seconds for c in stages[s]))[:_SLOWEST]
    left_out = "steps that only gather or copy are not in the table"
    return [*lines, f"slowest: {', '.join(slowest)}; {left_out}"]


def _row(costs: list[Cost], gpu: bool) -> tuple[str, str, str, str, str]:
    memory = [cost.memory for cost in costs if cost.memory is not None]
    return (
        str(len(costs)),
        _hours(cost.cpu_seconds or 0.0 for cost in costs),
        _hours(cost.seconds for cost in costs if gpu),
        f"{max(memory):.0f}" if memory else "-",
        f"{max(cost.seconds for cost in costs):.1f}",
    )


def _hours(seconds: Iterable[float]) -> str:
    return f"{sum(seconds) / 3600:.3f}"


def failures(snakemake_log: Path, directory: Path) -> list[str]:
    """Return for every failed rule its last words and what to do.

    Parameters
    ----------
    snakemake_log
        The log of the run that failed.
    directory
        The working directory, to which paths in it are relative.
    """
    try:
        text = snakemake_log.read_text()
    except OSError:
        return []
    lines = []
    pattern = r"Error in (?:group )?rule (\w+)[^\n]*:?\n((?:    [^\n]*\n|\s*\n)*)"
    seen = set()
    end = 0
    for found in re.finditer(pattern, text):
        rule, block = found.groups()
        ended_by = _signal(text[end : found.start()])
        end = found.end()
        log = re.search(r"^\s+log: (\S+)", block, re.MULTILINE)
        path = None if log is None else directory / log.group(1).rstrip(",")
        if (rule, path) in seen:
            continue
        seen.add((rule, path))
        lines.append(f"failed: {rule}" + ("" if path is None else f" ({path})"))
        last = _last_lines(path)
        lines += [f"  {line}" for line in last]
        lines.append(f"  -> {_advice(rule, last, block, ended_by)}")
    if not lines and any(stopped in text for stopped in _STOPPED):
        lines.append("The run was stopped from outside; no job failed.")
    if lines:
        lines.append("What was finished stays; the same command goes on from here.")
    return lines


def _last_lines(path: Path | None) -> list[str]:
    try:
        return [] if path is None else path.read_text().splitlines()[-_LAST:]
    except OSError:
        return []


def _signal(text: str) -> str:
    """Return the signal of which Snakemake's last words before a failed rule tell; or nothing."""
    ended = list(_ENDED_BY.finditer(text))
    if not ended:
        return ""
    died, status = ended[-1].groups()
    # a shell adds 128 to the number of the signal that ended what it ran
    number = int(died) if died else int(status) - 128
    return Signals(number).name if number in set(Signals) else ""


def _advice(rule: str, last: list[str], block: str, ended_by: str) -> str:
    refused = re.search(
        r"SLURM (?:sbatch|job submission) failed\. The error message was '?([^\n']+)", block
    )
    if refused is not None:
        return (
            f"Slurm refused the job: {refused.group(1)}; correct partition, account and gres of "
            f"rule {rule} in profile.yaml, then run the same command again"
        )
    status = re.search(r"SLURM status is: '(\w+)", block)
    if status is not None and status.group(1) in _OF_SLURM:
        return _OF_SLURM[status.group(1)].format(rule=rule)
    if any(_ERROR in line for line in last):
        return "do what the error says, then run the same command again"
    if "Traceback" in "".join(last) or any(line.startswith("  File ") for line in last):
        return "a defect of n2mu: please report it with this log"
    if ended_by:
        crashed = f"it crashed ({ended_by}): please report it with this log"
        return _OF_SIGNAL.get(ended_by, crashed).format(rule=rule)
    return (
        f"it ended without a word, as jobs do that are killed: give rule {rule} more mem_mb or "
        "runtime under set-resources in profile.yaml, or fewer jobs at once on this machine"
    )
