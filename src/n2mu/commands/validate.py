"""``n2mu validate``."""

import json
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config


def command(
    config: Config = DEFAULT_CONFIG,
    entries: Annotated[
        int, typer.Option(min=1, help="Entries that are read of one file per data set.")
    ] = 2000,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that open files; all cores by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:
    """Check the whole configuration against the ntuples, and list all problems at once.

    Reads the configuration, the listing, and one file per data set: its trees, branches and sums of
    weights, and some entries, on which all selections, weights and features are computed. Writes
    nothing. The exit code is 1 if there is a problem; notes are none.

    Example: n2mu validate --config config/config.yaml
    """
    from pathlib import Path

    from n2mu.cores import available_cores
    from n2mu.validation.stage import validate

    given = json.loads(config) if config.lstrip().startswith("{") else Path(config)
    report = validate(given, entries, workers or available_cores())
    if as_json:
        typer.echo(json.dumps(report.content(), indent=2))
    else:
        typer.echo("\n".join(report.lines()))
    if report.problems:
        raise typer.Exit(1)
