"""``n2mu significance``."""

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
        float | None, typer.Option(help="Expected signal strength; that of the fit if not given.")
    ] = None,
    toys: Annotated[
        int, typer.Option(min=0, help="Pseudo-experiments, with and without signal.")
    ] = 0,
    seed: Seed = 0,
    workers: Workers = None,
    poi: Poi = None,
    asimov: Asimov = False,
    name: FitName = None,
    config: LabelConfig = None,
) -> None:
    """Find the discovery significance and p-value, observed and expected.

    Asymptotic formulas; with --toys pseudo-experiments as well.

    Example: n2mu significance workspace.json -o significance.json
    """
    from n2mu.commands.inference import prepare, told
    from n2mu.fit.inference_settings import SignificanceSettings, ToySettings
    from n2mu.fit.inference_stage import run_significance
    from n2mu.plots.inference import run_plot_inference

    settings, labels, provenance = prepare(
        "significance", name, config, workspace, poi, asimov, fit
    )
    ensemble = ToySettings(count=toys, seed=seed, workers=workers)
    wanted = told(SignificanceSettings, fit=settings, toys=ensemble, mu=mu)
    run_significance(wanted, workspace, fit, output, provenance)
    run_plot_inference(labels, output)
    logger.info("wrote %s", output)
