"""``n2mu report``."""

from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config


def command(
    config: Config = DEFAULT_CONFIG,
    snakefile: Annotated[Path, typer.Option(help="The workflow.")] = Path("Snakefile"),
    summary: Annotated[
        bool, typer.Option("--summary", help="Only print mu and where the products lie.")
    ] = False,
) -> None:
    """Write results/report.html and print mu, its errors, and where the products lie.

    Reads the products of a finished workflow; runs Snakemake's report.

    Example: n2mu report
    """
    import subprocess
    import sys

    from n2mu.commands.job import open_job
    from n2mu.errors import ProductError
    from n2mu.products import read_json

    paths = open_job(config).paths
    report = paths.published("report.html")
    mu_fit = read_json(paths.published("mu_fit.json"))
    if not summary:
        command_line = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile)]
        command_line += ["--configfile", config, "--report", str(report)]
        run = subprocess.run(command_line, capture_output=True, text=True, check=False)
        if run.returncode:
            lines = [line for line in run.stderr.splitlines() if line.strip()]
            reason = lines[-1] if lines else "no message"
            raise ProductError(f"{report}: snakemake could not make the report ({reason})")
    typer.echo(_interval("mu", mu_fit["mu"]) + "  (total)")
    typer.echo(_interval("  ", mu_fit["mu_stat_only"]) + "  (statistics only)")
    products = ["mu_fit.json", "ranking.json", "ranking.pdf", "ranking.png", "report.html"]
    typer.echo("products: " + ", ".join(str(paths.published(p)) for p in products))
    typer.echo(f"everything of this analysis: {paths.root}")


def _interval(label: str, interval: dict[str, float | None]) -> str:
    up, down = (
        "not found" if interval[side] is None else f"{interval[side]:.3f}"
        for side in ("up", "down")
    )
    return f"{label} = {interval['value']:.3f}  +{up}  -{down}"
