"""``n2mu gather``."""

import logging
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

if TYPE_CHECKING:
    from n2mu.commands.job import Job

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What is gathered."""

    SKIMS = "skims"
    MODELS = "models"
    SCORES = "scores"


def command(
    kind: Annotated[Kind, typer.Argument(help="What is gathered.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="JSON file that is written.")],
    fit: Annotated[str | None, typer.Option(help="A fit of a study: scores for it.")] = None,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Write the digests of all skims, models or scores to one file, for the workflow to wait for.

    Skims are checked together: no file may repeat events (see repeated_events in inputs.yaml), all
    sums of weights must be positive, and some event kept.

    Example: n2mu gather skims -o results/tth/gathered/skims.json
    """
    from n2mu.commands.job import open_job
    from n2mu.workflow.gather import run_gather

    job = open_job(config)
    if kind is Kind.SKIMS:
        _require_sound(job, expected)
    folds = range(job.configuration.models.folds)
    products = {
        Kind.SKIMS: job.skims,
        Kind.SCORES: job.scores_for(fit),
        Kind.MODELS: [
            job.paths.model(model, fold)
            for model in job.configuration.main.models
            for fold in folds
        ],
    }
    run_gather(products[kind], output)
    logger.info("wrote %s", output)


def _require_sound(job: "Job", expected: str | None) -> None:
    from n2mu.commands.job import require_slice
    from n2mu.skim.duplicates import require_once
    from n2mu.skim.read import Skim
    from n2mu.skim.usable import require_usable

    told = job.slices.once()
    require_slice(told, expected)
    skim = Skim(job.skims)
    require_once(skim, told, exactly=False)
    require_usable(skim)
