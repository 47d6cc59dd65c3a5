"""``n2mu skim``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

logger = logging.getLogger(__name__)


def command(
    chunk: Annotated[str, typer.Argument(help="Name of the chunk in the listing, such as c0000.")],
    config: Config = DEFAULT_CONFIG,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that share the work; the content is the same.")
    ] = 1,
    expected: Slice = None,
) -> None:
    """Apply the preselection and the weights to the ntuples of one chunk.

    Reads the chunk's ntuples and writes results/ANALYSIS/skim/CHUNK.

    Example: n2mu skim c0000 --workers 4
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    settings = job.slices.skim(choose(chunk, job.slices.chunks, "chunk"))
    require_slice(settings, expected)
    from n2mu.skim.stage import run_skim

    output = job.paths.skim(chunk)
    run_skim(settings, job.bases, output, workers)
    logger.info("wrote %s", output)
