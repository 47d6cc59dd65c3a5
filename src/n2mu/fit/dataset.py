"""The data of a fit: stored counts, Asimov data, or a mix by region; and nothing blinded.

Whoever fits a workspace takes its likelihood from here, so that no product can hold the observed
count of a blinded bin: its place is taken by the expected rate before anything is computed.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np

from n2mu.errors import FitError, WorkspaceError, counted, nearest
from n2mu.fit.asimov import asimov_data, expected_rates, nominal_parameters
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.minimise import minimise
from n2mu.fit.model import DenseModel
from n2mu.fit.parameters import BoolArray, Parameters
from n2mu.fit.settings import FitSettings

logger = logging.getLogger(__name__)

STORED: Final = "stored"
EXPECTED: Final = "expected rates"
MIXED: Final = "mixed by region"

_SAME_COUNT = 1e-6


@dataclass(frozen=True)
class DataChoice:
    """What is fitted.

    Attributes
    ----------
    observations
        "stored", "expected rates" (Asimov data) or "mixed by region".
    asimov_mu
        Signal strength of Asimov data.
    asimov_parameters
        Values of other parameters in Asimov data; those not named have their nominal ones.
    data_regions
        Regions whose observations are real in a mix, made here or stored.
    blinded
        Which bins of a region are blinded.
    """

    observations: Literal["stored", "expected rates", "mixed by region"]
    asimov_mu: float
    asimov_parameters: Mapping[str, float] = field(default_factory=dict)
    data_regions: Sequence[str] = ()
    blinded: Mapping[str, Sequence[bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: FitSettings, parameters: Parameters, poi: int) -> "DataChoice":
        """Return the choice that settings make.

        Raises
        ------
        WorkspaceError
            If they contradict each other.
        """
        stored_mix = settings.dataset == "mixed"
        if settings.use_asimov and settings.data_regions and not stored_mix:
            raise WorkspaceError(
                "Asimov data everywhere and real data in some regions exclude each other; choose"
                " either use_asimov or data_regions"
            )
        if settings.asimov_parameters and not settings.use_asimov:
            raise WorkspaceError(
                "values of parameters are given for Asimov data, but the stored observations are"
                " fitted; add --asimov (use_asimov)"
            )
        mu = settings.asimov_mu
        mixes = bool(settings.data_regions) and not stored_mix
        rest: Literal["stored", "mixed by region"] = MIXED if mixes else STORED
        return cls(
            EXPECTED if settings.use_asimov else rest,
            float(nominal_parameters(parameters)[poi]) if mu is None else mu,
            settings.asimov_parameters,
            tuple(settings.data_regions),
            settings.blinding.get("bins", {}),
        )

    @classmethod
    def from_product(cls, content: Mapping[str, Any]) -> "DataChoice":
        """Return the choice that a ``mu_fit.json`` records; KeyError if it does not."""
        provenance = content["provenance"]
        return cls(
            provenance["observations"],
            float(provenance["asimov_mu"]),
            {name: float(value) for name, value in provenance["asimov_parameters"].items()},
            tuple(provenance["data_regions"]),
            content["blinding"].get("bins", {}),
        )

    def observed_bins(self, model: DenseModel) -> BoolArray:
        """Return which bins [B] hold observed counts, if the stored ones are no Asimov data."""
        if self.observations == EXPECTED:
            return np.zeros(model.bins, dtype=bool)
        seen = _bins(model, self.data_regions or model.regions)
        for region, where in zip(model.regions, model.region_slices, strict=True):
            if region in self.blinded:
                seen[where] &= ~np.asarray(self.blinded[region], dtype=bool)
        return seen

    def provenance(self) -> dict[str, Any]:
        """Return what ``mu_fit.json`` records; blinded bins have their own place there."""
        content = asdict(self)
        del content["blinded"]
        return {**content, "data_regions": list(self.data_regions)}

    def truth(self, parameters: Parameters, poi: int) -> FloatArray:
        """Return the parameters of Asimov data, shape [P].

        Raises
        ------
        WorkspaceError
            If a parameter with a value does not exist or is fixed.
        """
        theta = nominal_parameters(parameters)
        theta[poi] = self.asimov_mu
        for name, value in self.asimov_parameters.items():
            index = parameters.index(name)
            if index == poi:
                raise WorkspaceError(f"'{name}' is the signal strength; set asimov_mu instead")
            if parameters.fixed[index]:
                raise WorkspaceError(f"'{name}' is fixed by the measurement and keeps its value")
            theta[index] = value
        return theta

    def apply(self, likelihood: Likelihood, poi: int) -> Likelihood:
        """Return the likelihood of the chosen data.

        Parameters
        ----------
        likelihood
            Of the workspace.
        poi
            Index of the signal strength.

        Raises
        ------
        FitError
            If a rate of Asimov data is negative, or the fit of a mix does not converge.
        WorkspaceError
            If a region or a parameter does not exist.
        """
        parameters = likelihood.model.parameters
        truth = self.truth(parameters, poi)
        observed = self.data_regions or likelihood.model.regions
        blinded = {name: bins for name, bins in self.blinded.items() if name in observed}
        likelihood = _blind(likelihood, blinded, truth)
        if self.observations == STORED:
            return likelihood
        if self.observations == EXPECTED:
            return asimov_data(likelihood, truth)
        real = _bins(likelihood.model, self.data_regions)
        theta = _fit_regions(likelihood, self.data_regions, truth, poi)
        rates = expected_rates(likelihood, theta)
        return likelihood.with_data(np.where(real, likelihood.observed, rates))


def _blind(
    likelihood: Likelihood, blinded: Mapping[str, Sequence[bool]], truth: FloatArray
) -> Likelihood:
    """Replace the counts of blinded bins by their expectation."""
    model = likelihood.model
    mask = np.zeros(model.bins, dtype=bool)
    for region, where in zip(model.regions, model.region_slices, strict=True):
        entries = np.asarray(blinded.get(region, []), dtype=bool)
        if region in blinded and len(entries) != where.stop - where.start:
            raise WorkspaceError(
                f"blinding of region '{region}': {counted(len(entries), 'bin')}, the workspace has"
                f" {where.stop - where.start}; make templates, workspace and fit again"
            )
        mask[where][: len(entries)] = entries
    if not mask.any():
        return likelihood
    rates = expected_rates(likelihood, truth, mask)
    off = np.abs(likelihood.observed - rates) > _SAME_COUNT * np.maximum(1.0, rates)
    for position in np.flatnonzero(mask & off):
        logger.warning("%s is blinded; its expected rate is fitted", model.place(int(position)))
    return likelihood.with_data(np.where(mask, rates, likelihood.observed))


def _bins(model: DenseModel, regions: Sequence[str]) -> BoolArray:
    mask = np.zeros(model.bins, dtype=bool)
    for name in regions:
        if name not in model.regions:
            hint = nearest(name, model.regions)
            raise WorkspaceError(f"the workspace has no region '{name}'{hint}")
        mask[model.region_slices[model.regions.index(name)]] = True
    return mask


def _fit_regions(
    likelihood: Likelihood, regions: Sequence[str], truth: FloatArray, poi: int
) -> FloatArray:
    """Fit some regions with the signal strength held; what they do not reach stays nominal."""
    part = likelihood.restricted(_bins(likelihood.model, regions))
    parameters = part.model.parameters
    start = np.where(parameters.fixed, parameters.inits, truth)
    reached = part.slope(np.where(start == 0, 1e-3, start)).jacobian.any(axis=1)
    fixed = parameters.fixed | ~(reached | parameters.constrained)
    fixed[poi] = True
    found = minimise(part, start, fixed)
    if not found.converged:
        names = ", ".join(regions)
        raise FitError(f"no Asimov data for a mix: the fit of {names} failed: {found.message}")
    return found.theta
