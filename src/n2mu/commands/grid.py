"""``n2mu grid``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

logger = logging.getLogger(__name__)


def command(
    grid: Annotated[str, typer.Argument(help="Name of the grid in models.yaml.")],
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Compare the points of a grid search that have been trained.

    Reads the history.json of every point and fold and writes results/ANALYSIS/grids/GRID/grid.json,
    grid.csv and the figure grid.pdf and grid.png.

    Example: n2mu grid mlp_sizes
    """
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    choose(grid, list(job.configuration.models.grids), "grid")
    settings = job.slices.grid(grid)
    require_slice(settings, expected)
    from n2mu.plots.grid import grid_figure
    from n2mu.plots.style import save_figure
    from n2mu.training.grid import run_grid

    folds = range(job.configuration.models.folds)
    histories = {name: [job.paths.history(name, k) for k in folds] for name in settings.points}
    output = job.paths.grid(grid, "grid.json")
    result = run_grid(settings, histories, output, output.with_suffix(".csv"))
    save_figure(grid_figure(result, job.slices.plots()), output.with_suffix(""))
    logger.info("wrote %s; the best point is %s", output, result["points"][0]["model"])
