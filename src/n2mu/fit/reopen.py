"""Coming back to a fit from its ``mu_fit.json``."""

from pathlib import Path
from typing import Any

from n2mu.errors import ProductError, WorkspaceError
from n2mu.fit.bestfit import BestFit, best_fit, find_poi
from n2mu.fit.dataset import DataChoice
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.settings import FitSettings
from n2mu.fit.workspace import read_workspace
from n2mu.products import read_json

_TWO_NLL_TOLERANCE = 1e-6


def reopen_fit(settings: FitSettings, workspace: Path, mu_fit: Path) -> BestFit:
    """Return the fit that a ``mu_fit.json`` describes, minimised again from its parameters.

    Data, blinding and interpolation codes are those that ``mu_fit.json`` records.

    Parameters
    ----------
    settings
        As given to the fit.
    workspace
        The workspace of the fit.
    mu_fit
        ``mu_fit.json`` of the fit.

    Raises
    ------
    ProductError
        If ``mu_fit.json`` is damaged, of another workspace or of another signal strength.
    WorkspaceError
        If the workspace is not valid.
    FitError
        If the fit does not converge.
    """
    parsed = read_workspace(workspace)
    fitted = _values(mu_fit)
    likelihood = Likelihood.of(build_model(parsed, *fitted["codes"]))
    parameters = likelihood.model.parameters
    poi = find_poi(likelihood, settings.poi or parsed.poi)
    foreign = f"{mu_fit} is of another workspace than {workspace}"
    start = parameters.inits.copy()
    try:
        for name, value in fitted["parameters"].items():
            start[parameters.index(name)] = value
    except WorkspaceError as error:
        raise ProductError(f"{foreign}: {error}") from None
    try:
        likelihood = fitted["data"].apply(likelihood, poi)
    except WorkspaceError as error:
        raise ProductError(f"{foreign}: {error}") from None
    best = best_fit(likelihood, poi, start)
    two_nll, mu = fitted["two_nll"], fitted["mu"]
    if abs(best.two_nll - two_nll) > _TWO_NLL_TOLERANCE + 1e-12 * abs(two_nll):
        raise ProductError(
            f"{foreign}: it says -2 ln L = {two_nll:.9g}, the workspace gives {best.two_nll:.9g};"
            " run the fit again"
        )
    if abs(best.mu - mu) > 1e-3 * (1 + abs(mu)):
        raise ProductError(
            f"{mu_fit}: it says mu = {mu:.6g} but '{parameters.names[poi]}' is {best.mu:.6g}; it"
            " was made for another signal strength"
        )
    return best


def _values(path: Path) -> dict[str, Any]:
    content = read_json(path)
    try:
        return {
            "parameters": {e["name"]: float(e["value"]) for e in content["parameters"]},
            "two_nll": float(content["fit"]["two_nll"]),
            "mu": float(content["mu"]["value"]),
            "data": DataChoice.from_product(content),
            "codes": [content["provenance"]["interpolation"][k] for k in ("normsys", "histosys")],
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ProductError(
            f"{path}: not a mu_fit.json of this program ({error!r}); run the fit again"
        ) from None
