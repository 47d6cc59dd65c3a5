"""``n2mu import-trex``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

logger = logging.getLogger(__name__)


def command(
    source: Annotated[
        Path, typer.Argument(metavar="FILE.config", help="Reads this TRExFitter configuration.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="Writes this folder, config/ANALYSIS, and ANALYSIS.yaml beside."
        ),
    ],
) -> None:
    """Turn a TRExFitter configuration into the folder of an analysis.

    Every option that it could not carry over is listed here and in import-trex.md in the folder.

    Example: n2mu import-trex ttH.config -o config/ttH
    """
    from n2mu.interop.trex_import import REPORT, import_trex
    from n2mu.interop.trex_report import TITLES

    report = import_trex(source, output)
    for severity, title in TITLES.items():
        found = report.of(severity)
        if found:
            typer.echo(f"{title} ({len(found)}):")
        for finding in found:
            typer.echo(f"  {finding.sentence}")
    logger.info("wrote %s and %s", output, output.with_suffix(".yaml"))
    logger.info("the list above is in %s", output / REPORT)
