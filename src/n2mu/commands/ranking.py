"""``n2mu ranking``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.inference import Workspace
from n2mu.commands.options import DEFAULT_CONFIG, Config, FitName, Slice

logger = logging.getLogger(__name__)


def command(
    workspace: Workspace,
    fit: Annotated[
        Path, typer.Option("--fit", help="Reads the mu_fit.json that `n2mu fit` made of it.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Writes this file.")],
    by_covariance: Annotated[
        bool,
        typer.Option(
            "--by-covariance", help="Impacts from the covariance of the fit, without further fits."
        ),
    ] = False,
    name: FitName = None,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Rank the nuisance parameters by their impact on the signal strength.

    Example: n2mu ranking workspace.json --fit mu_fit.json -o ranking.json
    """
    from n2mu.commands.job import fit_settings
    from n2mu.fit.ranking import Method
    from n2mu.fit.stage import run_ranking

    settings, _ = fit_settings(name, config, expected)
    method: Method = "covariance" if by_covariance else "fits"
    run_ranking(settings, workspace, fit, output, method)
    logger.info("wrote %s", output)
