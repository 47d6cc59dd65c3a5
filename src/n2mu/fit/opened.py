"""The fit that an inference starts from: that of a ``mu_fit.json``, or one of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from n2mu.errors import FitError, ProductError
from n2mu.fit.bestfit import BestFit, deepest_fit, find_poi
from n2mu.fit.dataset import EXPECTED, MIXED, STORED, DataChoice
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.reopen import reopen_fit
from n2mu.fit.settings import FitSettings
from n2mu.fit.workspace import read_workspace
from n2mu.products import read_json

Dataset = Literal["asimov", "data", "mixed"]


@dataclass(frozen=True)
class OpenFit:
    """A best fit and what is known about its data.

    Attributes
    ----------
    best
        The fit.
    dataset
        Whether the counts are observed, Asimov data, or Asimov data in some bins.
    blinding
        As in ``mu_fit.json``; empty for a workspace made elsewhere.
    data
        How the counts were chosen.
    codes
        Interpolation of normsys and of histosys.
    about
        ``analysis``, ``fit`` and ``observable`` as in ``mu_fit.json``.
    """

    best: BestFit
    dataset: Dataset
    blinding: dict[str, Any]
    data: DataChoice
    codes: tuple[Any, Any]
    about: dict[str, str]

    @property
    def poi(self) -> str:
        """Name of the signal strength."""
        return self.best.likelihood.model.parameters.names[self.best.poi]

    def asimov_bins(self) -> dict[str, Sequence[bool]]:
        """Return which bins hold Asimov data although others are observed, by region."""
        if self.dataset == "asimov":
            return {}
        model = self.best.likelihood.model
        asimov = ~self.data.observed_bins(model)
        return {
            region: asimov[where].tolist()
            for region, where in zip(model.regions, model.region_slices, strict=True)
        }

    def describe(self) -> dict[str, Any]:
        """Return what every product says of its data, besides its provenance."""
        return {
            **self.about,
            "poi": self.poi,
            "dataset": self.dataset,
            "data": self.data.provenance(),
            "blinding": self.blinding,
            "best_fit": {"mu": self.best.mu, "two_nll": self.best.two_nll},
        }


def open_fit(settings: FitSettings, workspace: Path, mu_fit: Path | None) -> OpenFit:
    """Return the fit of a ``mu_fit.json``, or fit the workspace.

    Raises
    ------
    ProductError
        If ``mu_fit.json`` is damaged or of another workspace.
    WorkspaceError
        If the workspace is not valid.
    FitError
        If the fit does not converge or does not determine the signal strength.
    """
    if mu_fit is not None:
        best = reopen_fit(settings, workspace, mu_fit)
        opened = _described(best, mu_fit, read_json(mu_fit))
    else:
        opened = _fitted(settings, workspace)
    best = opened.best
    if best.covariance.undetermined[best.poi]:
        raise FitError(f"mu is not determined: {best.covariance.explanation()}")
    return opened


def _described(best: BestFit, path: Path, content: Any) -> OpenFit:
    try:
        return OpenFit(
            best=best,
            dataset=cast(Dataset, content["dataset"]),
            blinding=content["blinding"],
            data=DataChoice.from_product(content),
            codes=(
                content["provenance"]["interpolation"]["normsys"],
                content["provenance"]["interpolation"]["histosys"],
            ),
            about={
                "analysis": content["analysis"],
                "fit": content["fit"]["name"],
                "observable": content["observable"],
            },
        )
    except KeyError as error:
        raise ProductError(f"{path}: no {error}; run the fit again") from None


def _fitted(settings: FitSettings, path: Path) -> OpenFit:
    workspace = read_workspace(path)
    codes = settings.normsys_code, settings.histosys_code
    likelihood = Likelihood.of(build_model(workspace, *codes))
    poi = find_poi(likelihood, settings.poi or workspace.poi)
    data = DataChoice.of(settings, likelihood.model.parameters, poi)
    best, _ = deepest_fit(data.apply(likelihood, poi), poi)
    datasets: dict[str, Dataset] = {
        STORED: settings.dataset or "data",
        EXPECTED: "asimov",
        MIXED: "mixed",
    }
    return OpenFit(
        best=best,
        dataset=datasets[data.observations],
        blinding=settings.blinding,
        data=data,
        codes=codes,
        about={
            "analysis": settings.analysis,
            "fit": settings.fit,
            "observable": settings.observable,
        },
    )
