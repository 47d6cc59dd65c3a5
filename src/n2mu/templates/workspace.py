"""From templates to a HistFactory workspace for pyhf.

The statistical errors of the templates act as one Gaussian factor per bin
(``staterror``, Barlow-Beeston light).  A sample whose rate is a polynomial of free
factors becomes several: one per term, with the yields times the size of its coefficient
and the factors of the term; a negative term has a factor that is fixed at -1.  A sample whose
shape is free becomes one per Bernstein polynomial of the observable, each with a free factor.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.config.acting import MINUS_ONE, terms
from n2mu.config.polynomial import value
from n2mu.errors import TemplateError, nearest
from n2mu.skim.read import NOMINAL
from n2mu.templates.free_shapes import bernstein
from n2mu.templates.histogram import Template, Templates
from n2mu.templates.modifiers import Modifier, modifiers, multiplied
from n2mu.templates.settings import Scaling, WorkspaceSettings

FloatArray = npt.NDArray[np.float64]


def build_workspace(
    settings: WorkspaceSettings,
    templates: Templates,
    effects: Sequence[Mapping[str, Any]],
    edges: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, Any]:
    """Return the pyhf specification of a fit.

    Parameters
    ----------
    templates
        By region, sample and variation.  Samples without a template in a region
        are not in that channel.
    effects
        What each systematic does to each sample in each region, as in
        ``templates_report.json``.
    edges
        Of every region [bins + 1]; only free shapes need them.

    Raises
    ------
    TemplateError
        If a template of a region or variation is missing, a sample has no
        template at all, the signal strength acts on no sample, or regions that
        share a shape factor have different numbers of bins.
    """
    _require_everywhere(settings, templates)
    again = f"make the templates of fit '{settings.fit}' again"
    by_place: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in effects:
        by_place.setdefault((entry["region"], entry["sample"]), []).append(entry)
    channels: list[dict[str, Any]] = []
    for region in settings.regions:
        samples: list[dict[str, Any]] = []
        for sample in settings.samples:
            if sample not in templates[region]:
                continue
            variations = templates[region][sample]
            varied = modifiers(by_place.get((region, sample), []), variations, again)
            scaling = _scaling(settings, region, sample)
            shares = _shares(scaling, region, edges or {})
            samples += _terms(scaling, sample, variations[NOMINAL], varied, shares)
        nominal = {
            s: templates[region][s][NOMINAL] for s in settings.samples if s in templates[region]
        }
        _add_statistics(settings, region, nominal, samples)
        channels.append({"name": region, "samples": samples})
    measurement = {
        "name": f"{settings.fit}: {_what_is_observed(settings)}",
        "config": {"poi": settings.poi, "parameters": _parameters(settings, channels)},
    }
    return {
        "channels": channels,
        "measurements": [measurement],
        "observations": [
            {"name": region, "data": _observed(settings, region, templates[region]).tolist()}
            for region in settings.regions
        ],
        "version": "1.0.0",
    }


def _require_everywhere(settings: WorkspaceSettings, templates: Templates) -> None:
    again = f"make the templates of fit '{settings.fit}' again"
    found: set[str] = set()
    for region in settings.regions:
        if region not in templates:
            raise TemplateError(
                f"region '{region}' has no templates{nearest(region, templates)}; {again}"
            )
        found |= set(templates[region])
        if settings.data != "asimov" and settings.data_sample not in templates[region]:
            raise TemplateError(
                f"region '{region}': no observed data '{settings.data_sample}'; {again}"
            )
    for sample in settings.samples:
        if sample not in found and sample not in settings.may_be_empty:
            raise TemplateError(
                f"sample '{sample}' has no template in any region{nearest(sample, found)}; {again}"
            )
    scaled = (
        settings.poi in names
        for region in settings.regions
        for sample in templates[region]
        for names, _ in _scaling(settings, region, sample).polynomial
    )
    if not any(scaled):
        raise TemplateError(
            f"the signal strength '{settings.poi}' acts on no sample of fit '{settings.fit}'; "
            "check its samples and regions in fits.yaml"
        )


def _scaling(settings: WorkspaceSettings, region: str, sample: str) -> Scaling:
    return settings.scaling.get(region, {}).get(sample, Scaling(polynomial=[((), 1.0)]))


def _shares(
    scaling: Scaling, region: str, edges: Mapping[str, Sequence[float]]
) -> list[tuple[list[str], FloatArray | float]]:
    """Return the free factor of each part of a template, and its share of the yields [bins]."""
    shape = scaling.free_shape
    if shape is None:
        return [([], 1.0)]
    parts = bernstein(np.array(edges[region]), len(shape.factors) - 1)
    return [([factor], part) for factor, part in zip(shape.factors, parts, strict=True)]


def _terms(
    scaling: Scaling,
    sample: str,
    nominal: Template,
    varied: Sequence[Modifier],
    shares: Sequence[tuple[list[str], FloatArray | float]],
) -> list[dict[str, Any]]:
    """Return a sample of the workspace for each term of what multiplies it."""
    result = []
    own = scaling.free_shape.components if scaling.free_shape is not None else []
    names = iter(terms(sample, [factors for factors, _ in scaling.polynomial], own))
    for factors, coefficient in scaling.polynomial:
        for component, share in shares:
            weights = abs(coefficient) * share
            scaled = [*factors, *component, *([MINUS_ONE] if coefficient < 0 else [])]
            free: list[Modifier] = [{"name": n, "type": "normfactor", "data": None} for n in scaled]
            free += [
                {"name": n, "type": "shapefactor", "data": None} for n in scaling.shape_factors
            ]
            result.append(
                {
                    "name": next(names),
                    "data": (weights * nominal.sumw).tolist(),
                    "modifiers": free + [multiplied(modifier, weights) for modifier in varied],
                }
            )
    return result


def _smooth(settings: WorkspaceSettings, region: str, sample: str) -> bool:
    shape = _scaling(settings, region, sample).free_shape
    return shape is not None and shape.smooth


def _add_statistics(
    settings: WorkspaceSettings,
    region: str,
    nominal: Mapping[str, Template],
    samples: Sequence[dict[str, Any]],
) -> None:
    """Give the samples of a channel one factor per bin for the errors of all templates.

    pyhf takes the relative error of the sum of what stands in the channel.  Terms
    count a sample several times there, so the errors are scaled with that sum, which keeps
    the relative error of the nominal yield.  Smooth templates have none: it is in the factors
    of their free shape.
    """
    total = np.sum([t.sumw for t in nominal.values()], axis=0)
    variances = {
        name: np.zeros(len(total)) if _smooth(settings, region, name) else template.sumw2
        for name, template in nominal.items()
    }
    error = np.sqrt(np.sum(list(variances.values()), axis=0))
    gammas = (error > 0) & (error >= settings.mc_statistics_threshold * total)
    if not gammas.any():
        return
    counted = np.sum([sample["data"] for sample in samples], axis=0)
    scale = np.where(total > 0, counted / np.where(total > 0, total, 1.0), 1.0)
    for sample in samples:
        # also on a sample without error in these bins: a gamma scales, and its error is
        # relative to, all samples that name it
        errors = np.sqrt(variances.get(sample["name"], np.zeros(len(total))))
        sample["modifiers"].append(
            {
                "name": f"staterror_{region}",
                "type": "staterror",
                "data": np.where(gammas, scale * errors, 0.0).tolist(),
            }
        )


def _parameters(
    settings: WorkspaceSettings, channels: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return start values and bounds of the free factors that are in the workspace."""
    used: dict[str, dict[str, int]] = {}
    for channel in channels:
        for sample in channel["samples"]:
            for modifier in sample["modifiers"]:
                if modifier["type"] in ("normfactor", "shapefactor"):
                    bins = len(sample["data"]) if modifier["type"] == "shapefactor" else 1
                    used.setdefault(modifier["name"], {})[channel["name"]] = bins
    result: list[dict[str, Any]] = [
        {"name": name, "inits": [factor.nominal], "bounds": [list(factor.bounds)]}
        for name, factor in settings.norm_factors.items()
        if name in used
    ]
    for name, shape_factor in settings.shape_factors.items():
        if name not in used:
            continue
        counts = set(used[name].values())
        if len(counts) > 1:
            listed = ", ".join(f"{region} {bins}" for region, bins in used[name].items())
            raise TemplateError(
                f"shape factor '{name}': its regions have different numbers of bins ({listed}); "
                "one factor per bin needs the same number, change binning in regions.yaml"
            )
        (bins,) = counts
        bounds = [list(shape_factor.bounds)] * bins
        result.append({"name": name, "inits": [1.0] * bins, "bounds": bounds})
    if MINUS_ONE in used:
        result.append({"name": MINUS_ONE, "inits": [-1.0], "bounds": [[-2.0, 0.0]], "fixed": True})
    return result


def _what_is_observed(settings: WorkspaceSettings) -> str:
    asimov = f"Asimov data with {settings.poi} = {settings.asimov_mu:g}"
    if settings.luminosity is not None:
        asimov += f", projected to {settings.luminosity / 1e3:g} fb^-1"
    match settings.data:
        case "asimov":
            return asimov
        case "data":
            return f"observed data, {asimov} in blinded bins"
    regions = ", ".join(settings.data_regions)
    return (
        f"observed data in {regions} ({asimov} in blinded bins), elsewhere Asimov data of the fit "
        f"to these with {settings.poi} = {settings.asimov_mu:g}"
    )


def _observed(
    settings: WorkspaceSettings, region: str, present: Mapping[str, Mapping[str, Template]]
) -> FloatArray:
    """Return the observations of a region [bins]; those of blinded bins are not there.

    In regions of mixed data that are not observed they stand in for those of a fit.
    """
    if settings.data == "data" or (settings.data == "mixed" and region in settings.data_regions):
        assert settings.data_sample is not None
        return present[settings.data_sample][NOMINAL].sumw
    return _asimov(settings, region, present)


def _asimov(
    settings: WorkspaceSettings, region: str, present: Mapping[str, Mapping[str, Template]]
) -> FloatArray:
    """Return the expected yield [bins] with every factor nominal, the signal strength as asked."""
    factors = {name: factor.nominal for name, factor in settings.norm_factors.items()}
    factors[settings.poi] = settings.asimov_mu
    expected: FloatArray = np.sum(
        [
            value(dict(_scaling(settings, region, sample).polynomial), factors)
            * present[sample][NOMINAL].sumw
            for sample in settings.samples
            if sample in present
        ],
        axis=0,
    )
    if (expected < 0).any():
        raise TemplateError(
            f"region '{region}': the Asimov data of bin {int(np.argmin(expected)) + 1} would be "
            f"{expected.min():.4g} with {settings.poi} = {settings.asimov_mu:g}; change asimov_mu "
            "or the expressions of norm factors in fits.yaml"
        )
    return expected
