"""What the commands on any workspace share: their options, labels and provenance."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from n2mu.commands.options import DEFAULT_CONFIG
from n2mu.commands.request import contents, requested
from n2mu.errors import ConfigurationError
from n2mu.products import file_digest, read_json

if TYPE_CHECKING:
    from n2mu.config.base import Model
    from n2mu.fit.settings import FitSettings
    from n2mu.plots.settings import PlotSettings

Settings = TypeVar("Settings", bound="Model")

Workspace = Annotated[
    Path, typer.Argument(metavar="WORKSPACE.json", help="Reads this pyhf workspace.")
]
MuFit = Annotated[
    Path | None,
    typer.Option(
        "--fit", help="Reads the mu_fit.json of the workspace; without it fits the workspace."
    ),
]
Poi = Annotated[
    str | None, typer.Option(help="The signal strength; the measurement's if not given.")
]
Asimov = Annotated[
    bool, typer.Option("--asimov", help="Take the expected rates, not the observations.")
]
Output = Annotated[
    Path, typer.Option("-o", "--output", help="Writes this file, and its figure beside it.")
]
LabelConfig = Annotated[
    str | None,
    typer.Option(
        "--config",
        envvar="N2MU_CONFIG",
        help="config.yaml with labels and titles for the figure; without it they are neutral.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the pseudo-experiments.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes; every core that may be used if not given.")
]


def told(kind: type[Settings], **values: Any) -> Settings:
    """Return settings that were given as options.

    Raises
    ------
    ConfigurationError
        If an option has no meaning.
    """
    from pydantic import ValidationError

    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(f"--{part}" for part in first["loc"])
        raise ConfigurationError(f"{where} {first['msg']}".strip()) from None


def prepare(
    kind: str,
    name: str | None,
    config: str | None,
    workspace: Path,
    poi: str | None,
    asimov: bool = False,
    fit: Path | None = None,
) -> "tuple[FitSettings, PlotSettings, dict[str, Any]]":
    """Return settings of the fit, of the figure, and the provenance.

    Parameters
    ----------
    kind
        Of the product.
    name
        Of the fit in ``fits.yaml``, if it is one.

    Raises
    ------
    ConfigurationError
        If both a fit and Asimov data are asked for.
    """
    from n2mu.commands.job import fit_settings
    from n2mu.config.projection import projected

    if asimov and fit is not None:
        raise ConfigurationError(
            "--asimov and --fit exclude each other; a fit made with --asimov keeps its data"
        )
    settings, provenance = fit_settings(name, config or DEFAULT_CONFIG, None)
    read = contents([workspace] if fit is None else [workspace, fit])
    # which bins are blinded follows from the workspace
    blinding = {key: settings.blinding[key] for key in settings.blinding if key == "threshold"}
    told = [] if name is None else [settings.model_copy(update={"blinding": blinding})]
    provenance["request"] = requested(kind, read, told)
    update = {"poi": poi or settings.poi, "use_asimov": asimov or settings.use_asimov}
    settings = settings.model_copy(update=update)
    provenance["workspace"] = str(workspace)
    if workspace.is_file():
        provenance["workspace_sha256"] = file_digest(workspace)
    style = plot_settings(config if name is None else config or DEFAULT_CONFIG)
    if fit is not None:
        style = of_luminosity(style, [fit])
    elif settings.projection is not None:
        labels = projected(style.labels, settings.projection.luminosity)
        style = style.model_copy(update={"labels": labels})
    return settings, style, provenance


def of_luminosity(style: "PlotSettings", fits: Sequence[Path]) -> "PlotSettings":
    """Return labels with the luminosity that fits are projected to; with none if they differ.

    Parameters
    ----------
    fits
        Paths of ``mu_fit.json``.
    """
    from n2mu.config.projection import projected

    found = {read_json(path).get("projection", {}).get("luminosity") for path in fits}
    labels = style.labels.model_copy(update={"luminosity": ""})
    if len(found) == 1:
        labels = projected(style.labels, found.pop())
    return style.model_copy(update={"labels": labels})


def plot_settings(config: str | None) -> "PlotSettings":
    """Return the labels and titles of a configuration, or neutral ones."""
    from n2mu.plots.settings import PlotSettings

    if config is None:
        labels = {"experiment": "pyhf workspace", "energy": "", "luminosity": ""}
        return PlotSettings.model_validate({"labels": labels, "regions": {}, "samples": {}})
    from n2mu.commands.job import open_job

    return open_job(config).slices.plots()
