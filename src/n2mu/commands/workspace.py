"""``n2mu workspace``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

logger = logging.getLogger(__name__)


def command(
    fit: Annotated[str, typer.Argument(help="Name of the fit in fits.yaml.")],
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Build the pyhf workspace of one fit from its templates, with its observations.

    Reads templates.root and templates_report.json, and writes workspace.json, all
    in results/ANALYSIS/fits/FIT.

    Example: n2mu workspace ftt
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    settings = job.slices.workspace(choose(fit, list(job.configuration.fits.fits), "fit"))
    require_slice(settings, expected)
    from n2mu.fit.mixing import run_workspace

    output = job.paths.fit(fit, "workspace.json")
    report = job.paths.fit(fit, "templates_report.json")
    run_workspace(settings, job.paths.fit(fit, "templates.root"), report, output)
    logger.info("wrote %s", output)
