"""``n2mu fit``."""

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from n2mu.commands.inference import Workspace
from n2mu.commands.options import DEFAULT_CONFIG, Config, FitName, Slice
from n2mu.errors import ConfigurationError

logger = logging.getLogger(__name__)


class NormCodes(StrEnum):
    """Interpolation codes of normsys."""

    code4 = "code4"
    code1 = "code1"


class ShapeCodes(StrEnum):
    """Interpolation codes of histosys."""

    code4p = "code4p"
    code0 = "code0"
    code2 = "code2"


def command(
    workspace: Workspace,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Writes this file, and postfit.json beside it."),
    ],
    asimov: Annotated[
        bool, typer.Option("--asimov", help="Fit the expected rates, not the observations.")
    ] = False,
    asimov_mu: Annotated[float | None, typer.Option(help="Signal strength of Asimov data.")] = None,
    asimov_np: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Value of a parameter in Asimov data; repeatable."),
    ] = None,
    data_region: Annotated[
        list[str] | None,
        typer.Option(
            help="Fit the observations of this region only, Asimov data elsewhere; repeatable."
        ),
    ] = None,
    poi: Annotated[
        list[str] | None,
        typer.Option(help="The signal strength; repeated, others whose intervals are listed."),
    ] = None,
    normsys: Annotated[NormCodes | None, typer.Option(help="Interpolation of rates.")] = None,
    histosys: Annotated[ShapeCodes | None, typer.Option(help="Interpolation of templates.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Repeat the fit with pyhf and MINUIT and compare.")
    ] = False,
    name: FitName = None,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Fit the signal strength of any pyhf workspace.

    A failed fit is reported in OUTPUT.failed.json, and the command ends with an error.

    Example: n2mu fit workspace.json -o mu_fit.json --asimov
    """
    from n2mu.commands.job import fit_settings
    from n2mu.fit.stage import run_fit
    from n2mu.products import file_digest

    settings, provenance = fit_settings(name, config, expected)
    update: dict[str, Any] = {
        "use_asimov": asimov or settings.use_asimov,
        "check": check or settings.check,
    }
    given = {
        "asimov_mu": asimov_mu,
        "asimov_parameters": _values(asimov_np or []),
        "data_regions": data_region,
        "poi": poi[0] if poi else None,
        "signal_strengths": poi[1:] if poi else None,
        "normsys_code": normsys and normsys.value,
        "histosys_code": histosys and histosys.value,
    }
    update |= {key: value for key, value in given.items() if value not in (None, [], {})}
    if data_region:
        # a mix of this choice, whatever mix is stored
        update["dataset"] = None
    provenance["workspace"] = str(workspace)
    if workspace.is_file():
        provenance["workspace_sha256"] = file_digest(workspace)
    run_fit(settings.model_copy(update=update), workspace, output, provenance)
    logger.info("wrote %s and postfit.json beside it", output)


def _values(texts: list[str]) -> dict[str, float]:
    values = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            values[name] = float(value)
        except ValueError:
            raise ConfigurationError(
                f"--asimov-np: expected NAME=VALUE with a number, got '{text}'"
            ) from None
    return values
