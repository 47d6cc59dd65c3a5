"""``n2mu study``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

logger = logging.getLogger(__name__)


def command(
    study: Annotated[str, typer.Argument(help="Name of the study: its file in studies/.")],
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Compare the variants of a study on events that none of their decisions has seen.

    Reads all skims, the trained models of every variant, seed and fold, and their mu_fit.json if
    the study has a fit; writes results/ANALYSIS/studies/STUDY/study.json, the table study.md and
    study.tex, and the figures study and curves as PDF and PNG.

    Example: n2mu study weighting
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    choose(study, list(job.configuration.studies), "study")
    settings = job.slices.study(study)
    require_slice(settings, expected)
    from n2mu.evaluation.study import run_study
    from n2mu.plots.study_figures import run_plot_study

    folds = settings.tested_folds
    names = [name for models in settings.trainings.values() for name in models]
    models = {name: [job.paths.model(name, k) for k in folds] for name in names}
    histories = {name: [job.paths.history(name, k) for k in folds] for name in names}
    mu_fits = {model: job.paths.fit(fit, "mu_fit.json") for model, fit in settings.fits.items()}
    output = job.paths.study(study, "study.json")
    run_study(settings, job.skims, models, histories, mu_fits, output)
    run_plot_study(job.slices.plots(), output)
    logger.info("wrote %s", output)
