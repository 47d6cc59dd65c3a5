"""``n2mu ranking``."""

from pathlib import Path
from typing import Annotated

import typer

from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_ranking


def command(
    workspace: Annotated[
        Path, typer.Argument(metavar="WORKSPACE.json", help="Reads this pyhf workspace.")
    ],
    fit: Annotated[
        Path, typer.Option("--fit", help="Reads the mu_fit.json that `n2mu fit` made of it.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Writes this file.")],
) -> None:
    """Rank the nuisance parameters by their impact on the signal strength.

    Example: n2mu ranking workspace.json --fit mu_fit.json -o ranking.json
    """
    run_ranking(FitSettings(), workspace, fit, output)
    typer.echo(f"wrote {output}")
