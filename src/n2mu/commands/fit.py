"""``n2mu fit``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, FitName, Slice

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
    name: FitName = None,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Fit the signal strength of any pyhf workspace.

    A failed fit is reported in OUTPUT.failed.json, and the command ends with an error.

    Example: n2mu fit workspace.json -o mu_fit.json --asimov
    """
    from n2mu.commands.job import fit_settings
    from n2mu.fit.stage import run_fit
    from n2mu.products import file_digest

    settings, provenance = fit_settings(name, config, expected)
    update = {"use_asimov": asimov or settings.use_asimov, "check": check or settings.check}
    provenance["workspace"] = str(workspace)
    if workspace.is_file():
        provenance["workspace_sha256"] = file_digest(workspace)
    run_fit(settings.model_copy(update=update), workspace, output, provenance)
    logger.info("wrote %s and postfit.json beside it", output)
