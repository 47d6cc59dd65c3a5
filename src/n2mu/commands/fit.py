"""``n2mu fit``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

logger = logging.getLogger(__name__)


def command(
    workspace: Annotated[
        Path, typer.Argument(metavar="WORKSPACE.json", help="Reads this pyhf workspace.")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Writes this file, and postfit.json beside it."),
    ],
    asimov: Annotated[
        bool, typer.Option("--asimov", help="Fit the expected rates, not the observations.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Repeat the fit with pyhf and MINUIT and compare.")
    ] = False,
) -> None:
    """Fit the signal strength of any pyhf workspace.

    A failed fit is reported in OUTPUT.failed.json, and the command ends with an error.

    Example: n2mu fit workspace.json -o mu_fit.json --asimov
    """
    from n2mu.fit.settings import FitSettings
    from n2mu.fit.stage import run_fit
    from n2mu.products import file_digest

    provenance = {"workspace": str(workspace)}
    if workspace.is_file():
        provenance["workspace_sha256"] = file_digest(workspace)
    run_fit(FitSettings(use_asimov=asimov, check=check), workspace, output, provenance)
    logger.info("wrote %s and postfit.json beside it", output)
