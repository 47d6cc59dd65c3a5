"""``n2mu train``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice
from n2mu.errors import ConfigurationError

logger = logging.getLogger(__name__)


def command(
    model: Annotated[str, typer.Argument(help="Name of the model in models.yaml.")],
    fold: Annotated[int, typer.Argument(help="The fold that this model will score.")],
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
    time_limit: Annotated[
        float | None,
        typer.Option(min=0, help="Minutes after which to stop; the same command then goes on."),
    ] = None,
) -> None:
    """Train one model on all folds but the one it will score.

    Reads all skims and writes results/ANALYSIS/models/MODEL/foldFOLD/model.pt and history.json. A
    model with several seeds is made of those of MODEL_seed1 and so on, which are trained before.

    Example: n2mu train mlp_small 0
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    choose(model, list(job.configuration.models.models), "model")
    folds = job.configuration.models.folds
    if not 0 <= fold < folds:
        raise ConfigurationError(f"fold {fold} is none of the {folds} folds, 0 to {folds - 1}")
    settings = job.slices.train(model, fold)
    require_slice(settings, expected)
    paths = job.paths
    output, history = paths.model(model, fold), paths.history(model, fold)
    if members := job.configuration.models.members_of(model):
        from n2mu.training.ensemble import run_combine

        models = [paths.model(name, fold) for name in members]
        histories = [paths.history(name, fold) for name in members]
        run_combine(settings, models, histories, output, history)
    else:
        from n2mu.training.stage import run_train

        limit = None if time_limit is None else 60 * time_limit
        run_train(settings, job.skims, output, history, job.configuration.main.device, limit)
    logger.info("wrote %s and %s", output, history)
