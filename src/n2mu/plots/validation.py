"""The validation regions of a fit, added to what its figures and tables show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n2mu.fit.extrapolate import extrapolate
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.reopen import reopen_fit
from n2mu.fit.threads import single_threaded
from n2mu.fit.workspace import parse_workspace
from n2mu.plots.fit_settings import ValidationSettings
from n2mu.templates.histogram import Templates
from n2mu.templates.report import edges_of
from n2mu.templates.workspace import build_workspace


def with_validation(
    settings: ValidationSettings | None,
    mu_fit: Mapping[str, Any],
    postfit: Mapping[str, Any],
    report: Mapping[str, Any],
    templates: Templates,
    *,
    paths: tuple[Path, Path, Path],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ``mu_fit.json`` and ``postfit.json`` with the validation regions among the others.

    Parameters
    ----------
    settings
        Without them nothing is added.
    mu_fit, postfit, report
        Contents of ``mu_fit.json``, ``postfit.json`` and ``templates_report.json``.
    templates
        Contents of ``templates.root``.
    paths
        Of ``workspace.json``, ``mu_fit.json`` and ``templates.root``.

    Raises
    ------
    TemplateError
        If ``templates.root`` lacks a validation region.
    ProductError
        If the products are not of one fit.
    FitError
        If the fit does not converge again.
    """
    if settings is None:
        return dict(mu_fit), dict(postfit)
    workspace, fitted, source = paths
    spec = build_workspace(settings.workspace, templates, report["effects"], edges_of(report))
    parsed = parse_workspace(spec, f"{source}, with validation regions")
    codes = mu_fit["provenance"]["interpolation"]
    likelihood = Likelihood.of(build_model(parsed, codes["normsys"], codes["histosys"]))
    blinded = {name: region["blinded"] for name, region in report["regions"].items()}
    with single_threaded():
        best = reopen_fit(settings.fit, workspace, fitted)
        regions, yields = extrapolate(best, likelihood, settings.regions, blinded, settings.fit)
    observed = mu_fit["provenance"]["data_regions"]
    if mu_fit["dataset"] == "mixed":
        observed = [*observed, *settings.regions]
    provenance = {**mu_fit["provenance"], "data_regions": observed}
    return (
        {**mu_fit, "yields": {**mu_fit["yields"], **yields}, "provenance": provenance},
        {**postfit, "regions": {**postfit["regions"], **regions}},
    )
