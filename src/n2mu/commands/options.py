"""Options that several subcommands share."""

from collections.abc import Iterable
from pathlib import Path
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
        # the directory of an analysis lies beside its main file
        beside = f"{argument.rstrip('/')}.yaml"
        file = argument if argument.endswith((".yaml", ".yml")) else beside
        if file == argument or Path(file).is_file():
            raise ConfigurationError(f"unexpected argument '{argument}'; write --config {file}")


def with_configuration(config: str, program: str, option: str = "--config") -> str:
    """Return how a program is called with a configuration that is not the one it takes anyway.

    Content in place of a file is too long to be repeated.
    """
    if config == DEFAULT_CONFIG or config.lstrip().startswith("{"):
        return program
    return f"{program} {option} {config}"


def snakemake_with(config: str) -> str:
    """Return how Snakemake is called with a configuration; targets can follow."""
    # behind the file must stand an option, or Snakemake takes a target for another file
    return with_configuration(config, "snakemake", "--configfile") + " --cores 2"
