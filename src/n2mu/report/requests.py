"""What was made on request: found, and proven to be of the present configuration or left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from n2mu.config.base import Model
from n2mu.config.configuration import Configuration
from n2mu.errors import ConfigurationError, N2muError, ProductError
from n2mu.products import canonical_json, digest, read_json
from n2mu.workflow.paths import Paths
from n2mu.workflow.request import CODE, content_digest, read_request
from n2mu.workflow.slices import Slices

OF_FITS = ("workspace.json", "mu_fit.json", "ranking.json", "templates.root")
REPORT = "templates_report.json"
OF_WORKSPACES = ("scan", "limit", "significance", "gof", "toys")


@dataclass(frozen=True)
class Made:
    """A product made on request that is of the present configuration.

    Attributes
    ----------
    kind
        One of `CODE`.
    content
        Of its JSON file.
    fits
        That it is made from.
    command
        Which made it.
    """

    path: Path
    kind: str
    content: Mapping[str, Any]
    fits: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class LeftOut:
    """A product made on request that is not, and why; the command makes it again."""

    path: Path
    reason: str
    command: str | None


class Requests:
    """Finds what was made on request below the directory of an analysis.

    Parameters
    ----------
    paths
        Of the products of a finished workflow of the same configuration.
    """

    def __init__(self, configuration: Configuration, slices: Slices, paths: Paths) -> None:
        self._configuration = configuration
        self._slices = slices
        self._paths = paths

    def found(self) -> tuple[list[Made], list[LeftOut]]:
        """Return what is proven to be of the configuration, and what is not."""
        made: list[Made] = []
        left_out: list[LeftOut] = []
        for path in self._candidates():
            judged = self._judged(path)
            if isinstance(judged, Made):
                made.append(judged)
            elif judged is not None:
                left_out.append(judged)
        return made, left_out

    def _candidates(self) -> Iterator[Path]:
        """Yield all files that could be such products; skims and friends are many and none."""
        root = self._paths.root
        yield from sorted(root.glob("*.json"))
        for directory in ("fits", "features"):
            for path in sorted((root / directory).rglob("*.json")):
                ours = path.name in (*OF_FITS, REPORT, "postfit.json")
                if not (ours and path.parent.parent == root / "fits"):
                    yield path

    def _judged(self, path: Path) -> Made | LeftOut | None:
        """Return what a file is; None if it is nothing that a command makes on request."""
        try:
            content = read_json(path)
        except ProductError as error:
            return LeftOut(path, str(error), None)
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind not in CODE:
            return None
        request = read_request(content)
        if request is None:
            return LeftOut(path, "it does not say how it was made; make it again", None)
        fits = tuple(
            dict.fromkeys(self.present[d] for d in request.read.values() if d in self.present)
        )
        told: list[Model] = []
        try:
            if kind in ("systematic", "feature"):
                told = self._told(content)
                fits = (content["fit"],)
            elif kind in OF_WORKSPACES and request.told is not None and fits:
                told = [self._slices.fit(fits[0])]
        except (N2muError, KeyError) as error:
            return LeftOut(path, f"the configuration has changed since ({error})", request.command)
        reason = request.outdated(path, kind, self.present, told)
        if reason is None and kind in OF_WORKSPACES and not content.get("fit"):
            reason = "nothing told it what the counts of the workspace are; give --fit or --name"
        if reason is not None:
            return LeftOut(path, reason, request.command)
        return Made(path, kind, content, fits, request.command)

    def _told(self, content: Mapping[str, Any]) -> list[Model]:
        """Return what the configuration says to a command that draws."""
        fit, region = content["fit"], content["region"]
        if fit not in self._configuration.fits.fits:
            raise ConfigurationError(f"no fit '{fit}'")
        if content["kind"] == "systematic":
            return [self._slices.plots(fit)]
        if region not in self._configuration.regions.regions:
            raise ConfigurationError(f"no region '{region}'")
        return [self._slices.features([content["feature"]], region, fit), self._slices.plots()]

    @cached_property
    def present(self) -> dict[str, str]:
        """The fit of every product that may have been read, by the digest of its content."""
        main = self._configuration.main
        result = {}
        for kind in ("skims", "scores"):
            gathered = self._paths.gathered(kind)
            if gathered.is_file():
                result[digest(canonical_json(read_json(gathered)), 64)] = ""
        for fit in dict.fromkeys([*self._configuration.compared.values(), *main.fits]):
            for name in (*OF_FITS, REPORT):
                path = self._paths.fit(fit, name)
                if path.is_file():
                    result[content_digest(path)] = fit
        return result
