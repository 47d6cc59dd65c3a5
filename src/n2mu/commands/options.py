"""Options that several subcommands share."""

from collections.abc import Iterable
from typing import Annotated

import typer

from n2mu.errors import ConfigurationError

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


def refuse_configuration(arguments: Iterable[str]) -> None:
    """Check that no configuration stands where a name or a product is expected.

    Raises
    ------
    ConfigurationError
        With the option that takes it.
    """
    for argument in arguments:
        if argument.endswith((".yaml", ".yml")):
            raise ConfigurationError(f"unexpected argument '{argument}'; write --config {argument}")
