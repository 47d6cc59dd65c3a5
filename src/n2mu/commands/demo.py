"""``n2mu demo``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config

logger = logging.getLogger(__name__)


def command(
    chunk: Annotated[str, typer.Argument(help="Name of the chunk, such as c0000.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Generate the ntuples of one chunk with the built-in Monte Carlo.

    Writes ROOT files below the ntuple directory and, last, CHUNK.json with their identities.

    Example: n2mu demo c0000
    """
    from n2mu.commands.job import choose, open_job
    from n2mu.demo.stage import run_demo
    from n2mu.errors import ConfigurationError

    job = open_job(config)
    main = job.configuration.main
    if main.demo is None:
        raise ConfigurationError("this configuration has no 'demo' size; its ntuples are listed")
    choose(chunk, job.slices.chunks, "chunk")
    (base,) = map(Path, main.ntuples.values())
    run_demo(main.analysis, main.demo, chunk, base)
    logger.info("wrote the ntuples of chunk %s below %s", chunk, base)
