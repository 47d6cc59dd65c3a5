"""``n2mu score``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

logger = logging.getLogger(__name__)


def command(
    chunk: Annotated[str, typer.Argument(help="Name of the chunk in the listing, such as c0000.")],
    fit: Annotated[
        str | None, typer.Option(help="A fit of a study: with its models alone, no friend trees.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Score one chunk with all models and write friend trees for its ntuples.

    Reads the chunk's skim, its ntuples and all models; writes results/ANALYSIS/scores/CHUNK
    and results/ANALYSIS/friends/BASE/.  For a fit of a study it reads no ntuples and writes
    results/ANALYSIS/fits/FIT/scores/CHUNK.

    Example: n2mu score c0000
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    if fit is not None:
        choose(fit, list(job.configuration.scored_apart), "fit of a study")
    settings = job.slices.score(choose(chunk, job.slices.chunks, "chunk"), fit)
    require_slice(settings, expected)
    from n2mu.scoring.stage import run_score

    folds = range(job.configuration.models.folds)
    models = {m: [job.paths.model(m, k) for k in folds] for m in settings.models}
    output = job.paths.scores(chunk, fit)
    run_score(
        settings,
        job.paths.skim(chunk),
        models,
        job.bases,
        output,
        job.paths.friends if fit is None else None,
        job.configuration.main.device,
    )
    logger.info("wrote %s", output)
