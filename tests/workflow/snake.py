"""Running the real workflow from tests, and reading what Snakemake says."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(source: Path = ROOT / "src") -> dict[str, str]:
    """Return the environment of a run that uses the package in ``source``."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {k: v for k, v in os.environ.items() if k not in ("N2MU_CONFIG", "PYTEST_ADDOPTS")}
    return variables | {"PATH": path, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}


def snakemake(
    directory: Path, *arguments: str, source: Path = ROOT / "src", check: bool = True
) -> str:
    """Run snakemake on the project's workflow in a directory and return all that it prints."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    run = subprocess.run(
        [*command, "--directory", str(directory), *arguments],
        cwd=ROOT,
        env=environment(source),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if check:
        assert run.returncode == 0, run.stdout
    else:
        assert run.returncode != 0, run.stdout
    return run.stdout


def n2mu(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a directory."""
    code = "from n2mu.commands.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def planned(directory: Path, *arguments: str, source: Path = ROOT / "src") -> Counter[str]:
    """Return what a dry run would do: jobs counted by rule and, for models and fits, by name."""
    text = snakemake(directory, "--dry-run", "--cores", "2", *arguments, source=source)
    jobs: Counter[str] = Counter()
    for block in re.split(r"\n(?=\[\w{3} \w{3} +\d+ )", text):
        rule = re.search(r"^(?:local)?rule (\w+):", block, re.MULTILINE)
        if rule is None:
            continue
        names = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
        chosen = re.findall(r"\b(?:model|fit)=(\w+)", names.group(1)) if names else []
        jobs[" ".join([rule.group(1), *chosen])] += 1
    return jobs


def copy_configuration(directory: Path, size: str) -> None:
    """Copy the committed configuration, with another size of the demo."""
    shutil.copytree(ROOT / "config", directory / "config")
    edit(directory / "config/config.yaml", "demo: small", f"demo: {size}")
    edit(directory / "config/config.yaml", "ntuples/tth/small", f"ntuples/tth/{size}")


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a file, which must be there."""
    text = path.read_text()
    assert old in text, f"{path}: no {old!r}"
    path.write_text(text.replace(old, new, 1))
