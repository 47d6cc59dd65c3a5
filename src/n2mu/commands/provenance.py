"""``n2mu provenance``."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    product: Annotated[Path, typer.Argument(help="Any product of the workflow.")],
    files: Annotated[bool, typer.Option("--files", help="Name every ntuple.")] = False,
) -> None:
    """Print how a product was made: from it back through slices and models to cuts and files.

    Reads what Snakemake recorded in this directory, and says where a product on disk is not any
    more what was read.

    Example: n2mu provenance results/mu_fit.json
    """
    from n2mu.products import read_json
    from n2mu.workflow.lineage import lineage
    from n2mu.workflow.records import Records

    directory = Path.cwd()
    name = product.relative_to(directory) if product.is_relative_to(directory) else product
    if product.name == "mu_fit.json" and product.is_file():
        content = read_json(product)
        mu = content["mu"]
        errors = " ".join(f"{side} {mu[side]}" for side in ("up", "down"))
        typer.echo(
            f"mu = {mu['value']} ({errors}) of fit '{content['fit']['name']}' of analysis "
            f"'{content['analysis']}' on {content['dataset']} data, n2mu "
            f"{content['provenance']['n2mu']}"
        )
    for line in lineage(Records(directory), name.as_posix(), files):
        typer.echo(line)
