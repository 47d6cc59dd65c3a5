"""``n2mu compare``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu import __version__
from n2mu.commands.inference import LabelConfig
from n2mu.commands.request import contents, requested

logger = logging.getLogger(__name__)


def command(
    fits: Annotated[
        list[Path], typer.Argument(metavar="MU_FIT.json...", help="Reads these mu_fit.json.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Writes this file, and figures beside it.")
    ],
    ranking: Annotated[
        list[Path] | None,
        typer.Option(help="Once per fit: its ranking; that beside mu_fit.json if not given."),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Once per fit: what it is called.")
    ] = None,
    config: LabelConfig = None,
) -> None:
    """Compare fits: signal strengths, pulls and rankings side by side.

    Example: n2mu compare a/mu_fit.json b/mu_fit.json -o compare.json
    """
    from n2mu.commands.inference import of_luminosity, plot_settings
    from n2mu.fit.comparison import run_compare
    from n2mu.fit.inference_settings import ComparisonSettings
    from n2mu.plots.compare import run_plot_comparison

    settings = of_luminosity(plot_settings(config), fits)
    read = contents([*fits, *(ranking or [path.with_name("ranking.json") for path in fits])])
    provenance = {"n2mu": __version__, "request": requested("compare", read)}
    run_compare(ComparisonSettings(labels=label or []), fits, ranking or [], output, provenance)
    stems = run_plot_comparison(settings, output)
    logger.info("wrote %s and %s", output, ", ".join(stem.name for stem in stems))
