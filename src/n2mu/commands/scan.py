"""``n2mu scan``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.inference import LabelConfig, Output, Poi, Workspace
from n2mu.commands.options import FitName

logger = logging.getLogger(__name__)


def command(
    workspace: Workspace,
    fit: Annotated[
        Path, typer.Option("--fit", help="Reads the mu_fit.json that `n2mu fit` made of it.")
    ],
    output: Output,
    parameter: Annotated[
        str | None, typer.Option(help="What is scanned; the signal strength if not given.")
    ] = None,
    parameter2: Annotated[
        str | None, typer.Option("--parameter2", help="Scan two parameters together.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=3, help="Points per axis [41; 31 for two parameters].")
    ] = None,
    reach: Annotated[
        tuple[float, float] | None,
        typer.Option("--range", help="Of the parameter; three standard deviations if not given."),
    ] = None,
    reach2: Annotated[
        tuple[float, float] | None, typer.Option("--range2", help="Of the second parameter.")
    ] = None,
    poi: Poi = None,
    name: FitName = None,
    config: LabelConfig = None,
) -> None:
    """Scan the profile likelihood of one or two parameters, total and stat-only.

    Example: n2mu scan workspace.json --fit mu_fit.json --parameter mu -o scan.json
    """
    from n2mu.commands.inference import prepare, told
    from n2mu.fit.inference_settings import ScanSettings
    from n2mu.fit.inference_stage import run_scan
    from n2mu.plots.inference import run_plot_inference

    settings, labels, provenance = prepare("scan", name, config, workspace, poi, fit=fit)
    scan = told(
        ScanSettings,
        fit=settings,
        parameter=parameter,
        second=parameter2,
        points=points or (41 if parameter2 is None else 31),
        range=reach,
        second_range=reach2,
    )
    run_scan(scan, workspace, fit, output, provenance)
    run_plot_inference(labels, output)
    logger.info("wrote %s", output)
