"""The workspace job: templates in, a workspace out whose observations are what is fitted.

Mixed data need a fit: regions without observed data hold the rates that the observed
ones predict, which no template knows.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError
from n2mu.fit.bestfit import find_poi
from n2mu.fit.dataset import MIXED, DataChoice
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.threads import single_threaded
from n2mu.fit.workspace import parse_workspace
from n2mu.products import read_json, write_json
from n2mu.templates.histogram import read_root
from n2mu.templates.report import edges_of
from n2mu.templates.settings import WorkspaceSettings
from n2mu.templates.workspace import build_workspace


def run_workspace(settings: WorkspaceSettings, templates: Path, report: Path, output: Path) -> None:
    """Write the workspace of one fit with the observations that it is to fit.

    Parameters
    ----------
    templates, report
        ``templates.root`` and ``templates_report.json``.
    output
        ``workspace.json``.

    Raises
    ------
    TemplateError
        If a template of a region or variation is missing.
    ProductError
        If ``templates.root`` cannot be read, or the report is an older one.
    FitError
        If the fit of the observed regions of mixed data fails.
    """
    reported = read_json(report)
    effects = reported.get("effects")
    if effects is None:
        raise ProductError(
            f"{report}: does not say what systematics do ('effects'), it was made by an earlier "
            "version; make the templates again"
        )
    spec = build_workspace(settings, read_root(templates), effects, edges_of(reported))
    if settings.data == "mixed":
        spec = mixed(spec, settings.data_regions, settings.asimov_mu)
    write_json(output, spec)


def mixed(spec: dict[str, Any], data_regions: Sequence[str], mu: float) -> dict[str, Any]:
    """Return a workspace whose other regions hold the Asimov data of the fit to some.

    Parameters
    ----------
    spec
        A pyhf workspace with observed counts in ``data_regions``.
    mu
        Signal strength of that fit, which it holds, and of the Asimov data.

    Raises
    ------
    FitError
        If the fit fails.
    """
    parsed = parse_workspace(spec, "workspace")
    with single_threaded():
        likelihood = Likelihood.of(build_model(parsed))
        choice = DataChoice(MIXED, mu, data_regions=tuple(data_regions))
        model = likelihood.model
        counts = choice.apply(likelihood, find_poi(likelihood, parsed.poi)).observed
    observed = {
        region: counts[where].tolist()
        for region, where in zip(model.regions, model.region_slices, strict=True)
        if region not in data_regions
    }
    return spec | {
        "observations": [
            {**entry, "data": observed.get(entry["name"], entry["data"])}
            for entry in spec["observations"]
        ]
    }
