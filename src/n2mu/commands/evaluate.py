"""``n2mu evaluate``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice
from n2mu.errors import ConfigurationError

logger = logging.getLogger(__name__)


def command(
    model: Annotated[
        str | None, typer.Argument(help="Name of the model; all of config.yaml if not given.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Judge models on events that none of their decisions has seen.

    Reads all skims, scores and models; writes results/ANALYSIS/evaluation/MODEL.json.

    Example: n2mu evaluate mlp_small
    """
    from n2mu.commands.job import choose, open_job, require_slice

    if model is None and expected is not None:
        raise ConfigurationError("--slice is of one model; name it")
    job = open_job(config)
    known = job.configuration.models.judging_events(job.configuration.main.models)
    for name in known if model is None else [choose(model, known, "model")]:
        settings = job.slices.evaluate(name)
        require_slice(settings, expected)
        from n2mu.evaluation.stage import run_evaluate

        run_evaluate(
            settings,
            job.skims,
            job.scores,
            [job.paths.model(name, fold) for fold in range(settings.folds)],
            [job.paths.history(name, fold) for fold in range(settings.folds)],
            job.paths.evaluation(name),
            job.configuration.main.device,
        )
        logger.info("wrote %s", job.paths.evaluation(name))
