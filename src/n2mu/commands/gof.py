"""``n2mu gof``."""

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
    toys: Annotated[int, typer.Option(min=0, help="Pseudo-experiments.")] = 0,
    seed: Seed = 0,
    workers: Workers = None,
    poi: Poi = None,
    asimov: Asimov = False,
    name: FitName = None,
    config: LabelConfig = None,
) -> None:
    """Test how well the fit describes the data, with the saturated model.

    By chi2; with --toys by pseudo-experiments as well. Bins that hold
    Asimov data because they are blinded are left out.

    Example: n2mu gof workspace.json --fit mu_fit.json --toys 1000 -o gof.json
    """
    from n2mu.commands.inference import prepare, told
    from n2mu.fit.inference_settings import GoodnessSettings, ToySettings
    from n2mu.fit.inference_stage import run_goodness
    from n2mu.plots.inference import run_plot_inference

    settings, labels, provenance = prepare("gof", name, config, workspace, poi, asimov, fit)
    ensemble = ToySettings(count=toys, seed=seed, workers=workers)
    wanted = told(GoodnessSettings, fit=settings, toys=ensemble)
    run_goodness(wanted, workspace, fit, output, provenance)
    run_plot_inference(labels, output)
    logger.info("wrote %s", output)
