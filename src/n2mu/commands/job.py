"""A job of the workflow: its configuration, its settings, its paths."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n2mu import __version__
from n2mu.config.base import Model
from n2mu.config.configuration import Configuration
from n2mu.config.inputs import data_sets
from n2mu.config.load import load
from n2mu.demo.listing import configured_listing
from n2mu.errors import ConfigurationError, N2muError, nearest
from n2mu.fit.settings import FitSettings
from n2mu.inputs.listing import require_current
from n2mu.inputs.location import Location, location
from n2mu.products import canonical_json, digest, read_json
from n2mu.workflow.paths import Paths
from n2mu.workflow.slices import Slices


@dataclass(frozen=True)
class Job:
    """What a subcommand knows: the configuration, its slices and the paths of products."""

    configuration: Configuration
    slices: Slices
    paths: Paths

    @property
    def bases(self) -> dict[str, Location]:
        """Directories of the ntuples, local or remote, by base name."""
        return {n: location(p) for n, p in self.configuration.main.ntuples.items()}

    @property
    def skims(self) -> list[Path]:
        """Skims of all chunks."""
        return [self.paths.skim(chunk) for chunk in self.slices.chunks]

    @property
    def scores(self) -> list[Path]:
        """Scores of all chunks, of the models that are trained."""
        return [self.paths.scores(chunk) for chunk in self.slices.chunks]

    def scores_for(self, fit: str | None) -> list[Path]:
        """Return the scores of all chunks that a fit reads, which are its own in a study."""
        if fit not in self.configuration.scored_apart:
            return self.scores
        return [self.paths.scores(chunk, fit) for chunk in self.slices.chunks]

    def provenance(self) -> dict[str, str]:
        """Return what a product says of its making, besides the settings."""
        return {"n2mu": __version__, "configuration": str(self.configuration.directory)}


def open_job(config: str | Mapping[str, Any]) -> Job:
    """Read the configuration and the listing.

    Parameters
    ----------
    config
        Path of ``config.yaml``, its content, or its content as JSON.

    Raises
    ------
    ConfigurationError
        If the configuration cannot be used, or does not fit the listing.
    ProductError
        If there is no listing.
    """
    configuration = read_configuration(config)
    main = configuration.main
    listing = configured_listing(main)
    if main.listing is not None:
        require_current(listing, data_sets(configuration.inputs), list(main.ntuples), main.listing)
    slices = Slices(configuration, listing)
    return Job(configuration, slices, Paths(Path(main.results), main.analysis))


def read_configuration(config: str | Mapping[str, Any]) -> Configuration:
    """Read the configuration from a path, from content, or from content as JSON.

    Raises
    ------
    ConfigurationError
        If it cannot be used.
    """
    if not isinstance(config, str):
        return load(config)
    if config.lstrip().startswith("{"):
        try:
            return load(json.loads(config))
        except json.JSONDecodeError as error:
            raise ConfigurationError(f"--config: not valid JSON ({error})") from None
    return load(Path(config))


def with_files(error: N2muError, files: Sequence[str]) -> str:
    """Return an error about the configuration with the files that Snakemake put together for it.

    Parameters
    ----------
    files
        What stood behind ``--configfile``, which takes everything behind it for a file.
    """
    text = str(error)
    if not files or not text.startswith("configuration: "):
        return text
    names = [os.path.relpath(file) for file in files]
    hint = "; --configfile takes all words behind it for files: write what to make before it"
    text = text.replace("configuration", " with ".join(names), 1)
    return text + hint if len(names) > 1 else text


def export_config(config: Mapping[str, Any]) -> None:
    """Let every ``n2mu`` that this process starts use this main configuration.

    The command line reads the variable where no ``--config`` is given.
    """
    os.environ["N2MU_CONFIG"] = canonical_json(config)


def require_slice(settings: Model, expected: str | None) -> None:
    """Check that a job runs with the settings that it was planned with.

    Raises
    ------
    ConfigurationError
        If the configuration changed in between.
    """
    if expected is not None and slice_digest(slice_json(settings)) != expected:
        raise ConfigurationError(
            "the configuration changed after the workflow planned this job; run snakemake again"
        )


def slice_json(settings: Model) -> str:
    """Return the canonical text of a job's settings."""
    # by way of JSON, in which "missing: [.nan]" becomes a text
    return canonical_json(json.loads(settings.model_dump_json()))


def slice_digest(text: str) -> str:
    """Return the digest of a job's settings."""
    return digest(text)


def choose(name: str, known: list[str], what: str) -> str:
    """Return a name that must be among those known.

    Raises
    ------
    ConfigurationError
        With the nearest name.
    """
    if name not in known:
        raise ConfigurationError(f"unknown {what} '{name}'{nearest(name, known)}")
    return name


def fit_settings(
    name: str | None, config: str, expected: str | None
) -> tuple[FitSettings, dict[str, Any]]:
    """Return what a fit is told, and what its product says of the making.

    Parameters
    ----------
    name
        A fit in ``fits.yaml``; without it the workspace was made elsewhere and
        the defaults hold.
    """
    if name is None:
        return FitSettings(), {"n2mu": __version__}
    job = open_job(config)
    settings = job.slices.fit(choose(name, list(job.configuration.fits.fits), "fit"))
    require_slice(settings, expected)
    report = read_json(job.paths.fit(name, "templates_report.json"))
    blinding = {
        "threshold": report["blinding_threshold"],
        "bins": {region: report["regions"][region]["blinded"] for region in settings.roles},
    }
    found = {"blinding": blinding, "repeated_events": report.get("repeated_events")}
    return settings.model_copy(update=found), job.provenance()
