"""``n2mu toys``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.inference import (
    Asimov,
    LabelConfig,
    MuFit,
    Output,
    Poi,
    Seed,
    Workers,
    Workspace,
)
from n2mu.commands.options import FitName

logger = logging.getLogger(__name__)


def command(
    workspace: Workspace,
    output: Output,
    fit: MuFit = None,
    mu: Annotated[
        float | None, typer.Option(help="True signal strength; the fitted one if not given.")
    ] = None,
    toys: Annotated[int, typer.Option(min=1, help="Pseudo-experiments.")] = 1000,
    seed: Seed = 0,
    workers: Workers = None,
    poi: Poi = None,
    asimov: Asimov = False,
    name: FitName = None,
    config: LabelConfig = None,
) -> None:
    """Fit pseudo-experiments: signal strengths, pulls, coverage.

    Counts and auxiliary measurements fluctuate around the best fit.

    Example: n2mu toys workspace.json --fit mu_fit.json --toys 10000 -o toys.json
    """
    from n2mu.commands.inference import prepare, told
    from n2mu.fit.inference_settings import EnsembleSettings, ToySettings
    from n2mu.fit.inference_stage import run_toys
    from n2mu.plots.inference import run_plot_inference

    settings, labels, provenance = prepare("toys", name, config, workspace, poi, asimov, fit)
    ensemble = ToySettings(count=toys, seed=seed, workers=workers)
    wanted = told(EnsembleSettings, fit=settings, toys=ensemble, mu=mu)
    run_toys(wanted, workspace, fit, output, provenance)
    run_plot_inference(labels, output)
    logger.info("wrote %s", output)
