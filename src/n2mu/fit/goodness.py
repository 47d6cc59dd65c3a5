r"""Goodness of fit with the saturated model.

:math:`-2\ln\bigl(L(\hat\theta) / L_\mathrm{saturated}\bigr)`, where the saturated model has one
free parameter per count and per auxiliary measurement, follows for many events a
:math:`\chi^2` distribution (S. Baker, R. Cousins, doi:10.1016/0167-5087(84)90016-4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

import numpy as np
from scipy.stats import chi2

from n2mu.errors import ProductError, WorkspaceError, counted
from n2mu.fit.bestfit import BestFit, deepest_fit
from n2mu.fit.ensemble import Ensemble, Failure, as_extreme, run_ensemble, share_error
from n2mu.fit.inference_settings import ToySettings
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.parameters import BoolArray
from n2mu.fit.workspace import Channel, Modifier, ParameterConfig, Sample, Workspace

_PER_BIN = ("histosys", "staterror", "shapesys")
_LISTS = ("inits", "bounds", "auxdata", "factors", "sigmas")
_RANK = 1e-9


@dataclass(frozen=True)
class Goodness:
    """-2 ln(L / L_saturated), its degrees of freedom and the p-value of chi2 (None without)."""

    value: float
    ndof: int
    p_value: float | None


@dataclass(frozen=True)
class ToyGoodness:
    """Share of pseudo-experiments that fit worse, with its statistical error."""

    p_value: float
    error: float


def goodness(best: BestFit) -> Goodness:
    """Return the goodness of a fit.

    Each constrained parameter comes with a measurement, so that the degrees of freedom are the
    number of bins minus the number of combinations of free parameters that the rates depend on.
    """
    parameters = best.likelihood.model.parameters
    slope = best.likelihood.slope(best.theta)
    free = slope.jacobian[~best.fixed & ~parameters.constrained]
    sizes = np.linalg.norm(free, axis=1)
    free = free[sizes > 0] / sizes[sizes > 0, None]
    rank = int(np.linalg.matrix_rank(free, tol=_RANK)) if len(free) else 0
    ndof = best.likelihood.model.bins - rank
    value = 2 * best.minimum.deviance
    return Goodness(value, ndof, float(chi2.sf(value, ndof)) if ndof > 0 else None)


def goodness_of_bins(best: BestFit, bins: BoolArray) -> Goodness:
    """Return the goodness of a fit to some of the bins [B] alone, fitted again if not to all.

    Raises
    ------
    FitError
        If that fit does not converge.
    """
    if bins.all():
        return goodness(best)
    found, _ = deepest_fit(best.likelihood.restricted(bins), best.poi)
    return goodness(found)


def toy_goodness(best: BestFit, toys: ToySettings) -> tuple[ToyGoodness, FloatArray, list[Failure]]:
    """Return the p-value from pseudo-experiments at the best fit, their values, and failures.

    Raises
    ------
    FitError
        If no pseudo-experiment could be fitted.
    """
    ensemble = Ensemble(best.likelihood, best.theta, best.poi, toys.seed)
    found, failures = run_ensemble(_value, ensemble, toys)
    values = np.asarray(found)
    share = float(as_extreme(values, 2 * best.minimum.deviance).mean())
    return ToyGoodness(share, share_error(share, len(values))), values, failures


def _value(ensemble: Ensemble, number: int) -> float:
    return 2 * ensemble.fit(number).free.deviance


def without_bins(workspace: Workspace, dropped: Mapping[str, Sequence[bool]]) -> Workspace:
    """Return a workspace without some of its bins; regions of which none is left disappear.

    Parameters
    ----------
    dropped
        By region, one entry per bin; regions not named stay as they are.

    Raises
    ------
    ProductError
        If the number of entries of a region is not its number of bins.
    WorkspaceError
        If no bin is left, or a shapefactor is shared with a region of which other bins are left.
    """
    kept: dict[str, tuple[bool, ...]] = {}
    for channel in workspace.channels:
        mask = dropped.get(channel.name, [False] * len(channel.observed))
        if len(mask) != len(channel.observed):
            raise ProductError(
                f"{workspace.where}: region '{channel.name}' has "
                f"{counted(len(channel.observed), 'bin')}, but"
                f" the blinding of the fit names {len(mask)}; run the fit again"
            )
        kept[channel.name] = tuple(not entry for entry in mask)
    stays = _values_that_stay(workspace, kept)
    channels = tuple(
        _thinned(channel, kept[channel.name])
        for channel in workspace.channels
        if any(kept[channel.name])
    )
    if not channels:
        raise WorkspaceError(f"{workspace.where}: every bin is blinded, nothing is left to compare")
    parameters = {
        name: _configured(config, stays[name]) if name in stays else config
        for name, config in workspace.parameters.items()
    }
    return replace(workspace, channels=channels, parameters=parameters)


def _values_that_stay(
    workspace: Workspace, kept: Mapping[str, tuple[bool, ...]]
) -> dict[str, tuple[bool, ...]]:
    """Return which values stay of each parameter that has one per bin."""
    masks: dict[str, tuple[bool, ...]] = {}
    for channel in workspace.channels:
        mask = kept[channel.name]
        modifiers = [m for sample in channel.samples.values() for m in sample.modifiers]
        for name, kind in {m.name: m.type for m in modifiers}.items():
            if kind == "staterror":
                masks[name] = (*masks.get(name, ()), *mask)
            elif kind in ("shapefactor", "shapesys") and masks.setdefault(name, mask) != mask:
                raise WorkspaceError(
                    f"{workspace.where}: {kind} '{name}' is shared by regions with different"
                    " blinded bins, which cannot be left out"
                )
    return masks


def _configured(config: ParameterConfig, stays: tuple[bool, ...]) -> ParameterConfig:
    """Return what a measurement says about the values that stay; a wrong length is kept."""
    lists: dict[str, Any] = {
        key: tuple(compress(values, stays))
        for key in _LISTS
        if (values := getattr(config, key)) is not None and len(values) == len(stays)
    }
    return replace(config, **lists)


def _thinned(channel: Channel, kept: tuple[bool, ...]) -> Channel:
    def thin(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(compress(values, kept))

    def modifier(found: Modifier) -> Modifier:
        if found.type not in _PER_BIN:
            return found
        second = thin(found.second) if found.second else ()
        return replace(found, first=thin(found.first), second=second)

    samples = {
        name: Sample(name, thin(sample.data), tuple(modifier(m) for m in sample.modifiers))
        for name, sample in channel.samples.items()
    }
    return Channel(channel.name, samples, thin(channel.observed))
