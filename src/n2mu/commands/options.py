"""Options that several subcommands share."""

from typing import Annotated

import typer

Config = Annotated[
    str,
    typer.Option(envvar="N2MU_CONFIG", help="Path of config.yaml, or its content as JSON."),
]
Slice = Annotated[
    str | None,
    typer.Option(
        "--slice",
        help="Digest of the settings that the job was planned with; others are refused.",
    ),
]
DEFAULT_CONFIG = "config/config.yaml"
FitName = Annotated[
    str | None,
    typer.Option(
        "--name", help="Fit in fits.yaml; without it the workspace is taken as made elsewhere."
    ),
]
