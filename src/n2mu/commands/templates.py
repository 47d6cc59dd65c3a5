"""``n2mu templates``."""

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
    """Fill the templates of one fit: every region, sample and variation.

    Reads all skims and scores; writes templates.root and templates_report.json in
    results/ANALYSIS/fits/FIT.

    Example: n2mu templates ftt
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    settings = job.slices.templates(choose(fit, list(job.configuration.fits.fits), "fit"))
    require_slice(settings, expected)
    from n2mu.templates.stage import run_templates

    output = job.paths.fit(fit, "templates.root")
    report = job.paths.fit(fit, "templates_report.json")
    run_templates(settings, job.skims, job.scores_for(fit), job.paths.friends, output, report)
    logger.info("wrote %s and %s", output, report)
