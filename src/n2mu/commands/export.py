"""``n2mu export``: the formats of other tools."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.inference import Workspace

logger = logging.getLogger(__name__)

app = typer.Typer(no_args_is_help=True, help="Write the formats of other tools.")


@app.command("histfactory")
def histfactory(
    workspace: Workspace,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Writes this directory; it is replaced.")
    ],
    measurement: Annotated[
        str | None, typer.Option(help="Measurement in the workspace; the first if not given.")
    ] = None,
) -> None:
    """Write a pyhf workspace as HistFactory XML with ROOT histograms.

    Then: cd DIRECTORY && hist2workspace combination.xml

    Example: n2mu export histfactory workspace.json -o histfactory
    """
    from n2mu.fit.workspace import read_workspace
    from n2mu.interop.histfactory import COMBINATION, write_histfactory

    write_histfactory(read_workspace(workspace, measurement), output)
    logger.info("wrote %s", output / COMBINATION)
