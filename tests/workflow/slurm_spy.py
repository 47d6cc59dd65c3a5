"""Stands in for ``n2mu`` in the jobs of a test: writes down what each sees, and makes some suffer.

The directory ``N2MU_SPY`` holds the journal, and one file per order to a job:
``memory`` takes more than any first attempt may have, ``hang`` stops the
training in its second epoch, ``time`` does so with a time limit of a minute.
An order is obeyed once.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SPY = Path(os.environ.get("N2MU_SPY", "."))


def main(arguments: list[str]) -> int:
    """Run n2mu with the arguments."""
    command = [sys.executable, "-c", "from n2mu.commands.app import main; main()", *arguments]
    if "SLURM_JOB_ID" not in os.environ:  # a rule that runs beside Snakemake
        return subprocess.run(command, check=False).returncode
    log = Path(arguments[arguments.index("--log") + 1])
    name = log.stem
    write(name, "started")
    # Slurm signals every process of a job; this one sees to the end what n2mu does
    signal.signal(signal.SIGTERM, lambda *_: None)
    order = obey(name)
    if order == "memory":
        # written to, as untouched memory does not count
        taken = b"x" * int(1.2e6 * job()["memory"])
        time.sleep(60)
        del taken
    if order == "time":
        subprocess.run(
            ["scontrol", "update", f"JobId={os.environ['SLURM_JOB_ID']}", "TimeLimit=1"],
            check=True,
        )
    with subprocess.Popen(command) as running:
        if order in ("hang", "time"):
            while running.poll() is None and "epoch 2 of" not in read(log):
                time.sleep(0.01)
            running.send_signal(signal.SIGSTOP)
            write(name, "stopped")
        code = running.wait()
    write(name, "ended", code=code)
    return code if code >= 0 else 128 - code


def obey(name: str) -> str | None:
    """Return the order to a job, and forget it."""
    path = SPY / f"{name}.order"
    if not path.exists():
        return None
    order = path.read_text()
    path.unlink()
    return order


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def job() -> dict[str, int]:
    """Return the memory (MB) and the time limit (s) of this job."""
    command = ["scontrol", "show", "job", "--oneliner", os.environ["SLURM_JOB_ID"]]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shown = dict(word.split("=", 1) for word in text.split() if "=" in word)
    days, _, clock = shown["TimeLimit"].rpartition("-")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    memory = shown["MinMemoryNode"]
    scale = {"M": 1, "G": 1024}[memory[-1]]
    return {
        "memory": round(float(memory[:-1]) * scale),
        "limit": ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds,
    }


def write(name: str, event: str, **more: object) -> None:
    """Add a line to the journal."""
    line = {
        "time": time.time(),
        "name": name,
        "event": event,
        "job": os.environ.get("SLURM_JOB_ID"),
        "partition": os.environ.get("SLURM_JOB_PARTITION"),
        "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
        **(job() if event == "started" else {}),
        **more,
    }
    with (SPY / "journal").open("a") as journal:
        journal.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
