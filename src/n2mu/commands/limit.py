"""``n2mu limit``."""

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
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="Confidence level.")
    ] = 0.95,
    toys: Annotated[int, typer.Option(min=0, help="Pseudo-experiments per signal strength.")] = 0,
    seed: Seed = 0,
    workers: Workers = None,
    poi: Poi = None,
    asimov: Asimov = False,
    name: FitName = None,
    config: LabelConfig = None,
) -> None:
    """Set a CLs upper limit on the signal strength, observed and expected.

    Asymptotic formulas; with --toys pseudo-experiments as well.

    Example: n2mu limit workspace.json -o limit.json
    """
    from n2mu.commands.inference import prepare, told
    from n2mu.fit.inference_settings import LimitSettings, ToySettings
    from n2mu.fit.inference_stage import run_limit
    from n2mu.plots.inference import run_plot_inference

    settings, labels, provenance = prepare("limit", name, config, workspace, poi, asimov, fit)
    ensemble = ToySettings(count=toys, seed=seed, workers=workers)
    wanted = told(LimitSettings, fit=settings, toys=ensemble, confidence=confidence)
    run_limit(wanted, workspace, fit, output, provenance)
    run_plot_inference(labels, output)
    logger.info("wrote %s", output)
