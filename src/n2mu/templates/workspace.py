"""The workspace job: ``templates.root`` in, a HistFactory workspace for pyhf out.

Systematics with templates act as a rate (``normsys``) and a shape at fixed rate
(``histosys``) with one parameter, so that large rate effects stay positive.
The statistical errors of the templates act as one Gaussian factor per bin
(``staterror``, Barlow-Beeston light).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from n2mu.errors import TemplateError, nearest
from n2mu.products import write_json
from n2mu.skim.read import NOMINAL
from n2mu.templates.histogram import Template, read_root
from n2mu.templates.settings import WorkspaceSettings


def run_workspace(settings: WorkspaceSettings, templates: Path, output: Path) -> None:
    """Write the workspace of one fit; its observations are the Asimov data.

    Parameters
    ----------
    templates
        ``templates.root``.
    output
        ``workspace.json``.

    Raises
    ------
    TemplateError
        If a template of a region or variation is missing.
    ProductError
        If ``templates.root`` cannot be read.
    """
    write_json(output, build_workspace(settings, read_root(templates)))


def build_workspace(
    settings: WorkspaceSettings, templates: Mapping[str, Mapping[str, Mapping[str, Template]]]
) -> dict[str, Any]:
    """Return the pyhf specification of a fit.

    Parameters
    ----------
    templates
        By region, sample and variation.  Samples without a template in a region
        are not in that channel.

    Raises
    ------
    TemplateError
        If a template of a region or variation is missing, a sample has no
        template at all, or the signal strength acts on no sample.
    """
    _require_everywhere(settings, templates)
    channels: list[dict[str, Any]] = []
    observations = []
    for region in settings.regions:
        present = {s: templates[region][s] for s in settings.samples if s in templates[region]}
        gammas = _bins_with_gamma(settings, [v[NOMINAL] for v in present.values()])
        channels.append(
            {
                "name": region,
                "samples": [
                    {
                        "name": sample,
                        "data": present[sample][NOMINAL].sumw.tolist(),
                        "modifiers": _modifiers(settings, region, sample, present[sample], gammas),
                    }
                    for sample in present
                ],
            }
        )
        observations.append({"name": region, "data": _asimov(settings, present).tolist()})
    parameters = [
        {"name": name, "inits": [factor.nominal], "bounds": [list(factor.bounds)]}
        for name, factor in settings.norm_factors.items()
        if any(
            modifier["name"] == name
            for channel in channels
            for sample in channel["samples"]
            for modifier in sample["modifiers"]
        )
    ]
    measurement = {
        "name": f"{settings.fit}: Asimov data with {settings.poi} = {settings.asimov_mu:g}",
        "config": {"poi": settings.poi, "parameters": parameters},
    }
    return {
        "channels": channels,
        "measurements": [measurement],
        "observations": observations,
        "version": "1.0.0",
    }


def _require_everywhere(
    settings: WorkspaceSettings, templates: Mapping[str, Mapping[str, Mapping[str, Template]]]
) -> None:
    again = f"make the templates of fit '{settings.fit}' again"
    found: set[str] = set()
    for region in settings.regions:
        if region not in templates:
            raise TemplateError(
                f"region '{region}' has no templates{nearest(region, templates)}; {again}"
            )
        found |= set(templates[region])
    for sample in settings.samples:
        if sample not in found:
            raise TemplateError(
                f"sample '{sample}' has no template in any region{nearest(sample, found)}; {again}"
            )
    if not found & set(settings.norm_factors[settings.poi].samples):
        raise TemplateError(
            f"the signal strength '{settings.poi}' acts on no sample of fit '{settings.fit}'; "
            "check its samples in fits.yaml"
        )


def _bins_with_gamma(settings: WorkspaceSettings, nominal: list[Template]) -> Any:
    """Return which bins [bins] have a relative MC error that needs a parameter."""
    total = np.sum([t.sumw for t in nominal], axis=0)
    error = np.sqrt(np.sum([t.sumw2 for t in nominal], axis=0))
    return (error > 0) & (error >= settings.mc_statistics_threshold * total)


def _asimov(settings: WorkspaceSettings, present: Mapping[str, Mapping[str, Template]]) -> Any:
    """Return the expected yield [bins] with every factor nominal, the signal strength as asked."""
    total: Any = 0.0
    for sample, variations in present.items():
        scale = 1.0
        for name, factor in settings.norm_factors.items():
            if sample in factor.samples:
                scale *= settings.asimov_mu if name == settings.poi else factor.nominal
        total = total + scale * variations[NOMINAL].sumw
    return total


def _modifiers(
    settings: WorkspaceSettings,
    region: str,
    sample: str,
    variations: Mapping[str, Template],
    gammas: Any,
) -> list[dict[str, Any]]:
    nominal = variations[NOMINAL]
    modifiers: list[dict[str, Any]] = [
        {"name": name, "type": "normfactor", "data": None}
        for name, factor in settings.norm_factors.items()
        if sample in factor.samples
    ]
    modifiers += [
        {"name": name, "type": "normsys", "data": {"hi": 1 + effect.up, "lo": 1 + effect.down}}
        for name, effect in settings.norms.items()
        if sample in effect.samples
    ]
    for name, samples in settings.shapes.items():
        if sample not in samples:
            continue
        for side in ("up", "down"):
            if f"{name}_{side}" not in variations:
                raise TemplateError(
                    f"region '{region}', sample '{sample}': no template '{name}_{side}'; make the "
                    f"templates of fit '{settings.fit}' again"
                )
        up, down = variations[f"{name}_up"], variations[f"{name}_down"]
        modifiers += _rate_and_shape(name, nominal, up, down)
    if gammas.any():
        # also on a sample without error in these bins: a gamma scales, and its error is
        # relative to, all samples that name it
        errors = np.where(gammas, np.sqrt(nominal.sumw2), 0.0)
        modifiers.append(
            {"name": f"staterror_{region}", "type": "staterror", "data": errors.tolist()}
        )
    return modifiers


def _rate_and_shape(
    name: str, nominal: Template, up: Template, down: Template
) -> list[dict[str, Any]]:
    """Split a variation into its rate and its shape at the nominal rate."""
    rates = [varied.total / nominal.total for varied in (up, down)]
    shapes = [varied.sumw / rate for varied, rate in zip((up, down), rates, strict=True)]
    return [
        {"name": name, "type": "normsys", "data": {"hi": rates[0], "lo": rates[1]}},
        {
            "name": name,
            "type": "histosys",
            "data": {"hi_data": shapes[0].tolist(), "lo_data": shapes[1].tolist()},
        },
    ]
