"""The stages `fit` and `ranking`: a workspace in, JSON products out."""

import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from n2mu.errors import FitError, ProductError, WorkspaceError
from n2mu.fit.asimov import nominal_asimov, nominal_parameters
from n2mu.fit.bestfit import BestFit, DeeperMinimumError, best_fit, find_poi
from n2mu.fit.gates import GateResult, check_gates
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.ranking import impacts
from n2mu.fit.results import mu_fit, parameter_list, postfit, ranking, verdict
from n2mu.fit.settings import FitSettings
from n2mu.fit.workspace import parse_workspace
from n2mu.products import read_json, write_json

logger = logging.getLogger(__name__)

_STORED = "stored"
_TWO_NLL_TOLERANCE = 1e-6
_RESTARTS = 3


def run_fit(
    settings: FitSettings, workspace: Path, output: Path, provenance: dict[str, Any]
) -> None:
    """Fit a workspace and write ``mu_fit.json`` and, beside it, ``postfit.json``.

    Parameters
    ----------
    settings
        What the fit is told.
    workspace
        A pyhf workspace.
    output
        Path of ``mu_fit.json``.
    provenance
        Written into the product; what the observations are is added.

    Raises
    ------
    FitError
        If the fit fails, or a gate that must not.  Then ``<stem>.failed.json`` says what, and
        no product of an earlier fit is left at ``output``.
    WorkspaceError
        If the workspace is not valid; the products are treated likewise.
    """
    started = time.perf_counter()
    failed = output.with_name(f"{output.stem}.failed.json")
    beside = output.with_name("postfit.json")
    report: dict[str, Any] = {}
    try:
        content, bins = _fit(settings, workspace, provenance, report)
    except (FitError, WorkspaceError) as error:
        for stale in (output, beside):
            stale.unlink(missing_ok=True)
        write_json(failed, {"error": str(error), **report, "provenance": provenance})
        raise type(error)(f"{error} (see {failed})") from None
    content["fit"]["seconds"] = time.perf_counter() - started
    write_json(beside, bins)
    write_json(output, content)
    failed.unlink(missing_ok=True)
    logger.info(
        "%s: mu = %.4g, up %s, down %s",
        output,
        *(content["mu"][k] for k in ("value", "up", "down")),
    )


def run_ranking(settings: FitSettings, workspace: Path, mu_fit_path: Path, output: Path) -> None:
    """Write ``ranking.json``: the impact of every nuisance parameter on mu.

    Parameters
    ----------
    settings
        As given to the fit.
    workspace
        The workspace of the fit.
    mu_fit_path
        ``mu_fit.json`` of the fit, whose minimum is the starting point.
    output
        Path of ``ranking.json``.

    Raises
    ------
    ProductError
        If ``mu_fit.json`` is of another workspace.
    """
    fitted = read_json(mu_fit_path)
    spec = read_json(workspace)
    parsed = parse_workspace(spec, str(workspace))
    likelihood = Likelihood.of(build_model(parsed))
    poi = find_poi(likelihood, settings.poi or parsed.poi)
    foreign = f"{mu_fit_path} is of another workspace than {workspace}"
    start = likelihood.model.parameters.inits.copy()
    try:
        for entry in fitted["parameters"]:
            start[likelihood.model.parameters.index(entry["name"])] = entry["value"]
        stored = fitted["provenance"].get("observations", _STORED) == _STORED
        two_nll, mu = fitted["fit"]["two_nll"], fitted["mu"]["value"]
        asimov_mu = None if stored else float(fitted["provenance"]["asimov_mu"])
    except (KeyError, TypeError) as error:
        raise ProductError(f"{mu_fit_path}: not a mu_fit.json (lacks {error})") from None
    except WorkspaceError as error:
        raise ProductError(f"{foreign}: {error}") from None
    if not stored:
        likelihood = nominal_asimov(likelihood, poi, asimov_mu)
    best = best_fit(likelihood, poi, start)
    tolerance = _TWO_NLL_TOLERANCE + 1e-12 * abs(two_nll)
    if abs(best.two_nll - two_nll) > tolerance:
        raise ProductError(
            f"{foreign}: its -2 ln L is {two_nll:.9g}, the workspace gives {best.two_nll:.9g}; run"
            " the fit again"
        )
    if abs(best.mu - mu) > 1e-3 * (1 + abs(mu)):
        name = likelihood.model.parameters.names[poi]
        raise ProductError(
            f"{mu_fit_path}: its mu is {mu:.6g} but {name} is {best.mu:.6g}; it was made for"
            " another parameter of interest"
        )
    write_json(output, ranking(best, impacts(best)))


def _fit(
    settings: FitSettings, workspace: Path, provenance: dict[str, Any], report: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ``mu_fit.json`` and ``postfit.json``; ``report`` receives what a failure leaves."""
    spec = read_json(workspace)
    parsed = parse_workspace(spec, str(workspace))
    likelihood = Likelihood.of(build_model(parsed))
    name = settings.poi or parsed.poi
    poi = find_poi(likelihood, name)
    mu = settings.asimov_mu
    if mu is None:
        mu = float(nominal_parameters(likelihood.model.parameters)[poi])
    if settings.use_asimov:
        likelihood = nominal_asimov(likelihood, poi, mu)
        settings = settings.model_copy(update={"dataset": "asimov"})
    start: FloatArray | None = None
    for attempt in range(_RESTARTS):
        best = best_fit(likelihood, poi, start)
        gates = check_gates(best, mu if settings.dataset == "asimov" else None)
        report |= {
            "gates": [asdict(gate) for gate in gates],
            "fit": verdict(best),
            "parameters": parameter_list(best),
        }
        _refuse(best, gates, settings)
        try:
            content = mu_fit(best, gates, settings, mu)
            break
        except DeeperMinimumError as error:
            if attempt == _RESTARTS - 1:
                raise
            logger.info("%s: fits again, because %s", workspace, error)
            start = error.theta
    if settings.check:
        from n2mu.fit.crosscheck import crosscheck

        content["check"] = crosscheck(best, spec, name)
    content["provenance"] = {
        **provenance,
        "observations": "expected rates" if settings.use_asimov else _STORED,
        "asimov_mu": mu,
    }
    return content, postfit(best)


def _refuse(best: BestFit, gates: list[GateResult], settings: FitSettings) -> None:
    """Raise unless all gates passed or were allowed to fail."""
    for gate in gates:
        if not gate.passed and gate.name not in settings.allowed_gates:
            raise FitError(f"gate '{gate.name}' failed: {gate.detail}")
        if not gate.passed:
            logger.warning("gate '%s' failed, which is allowed: %s", gate.name, gate.detail)
    if best.covariance.undetermined[best.poi]:
        raise FitError(f"mu is not determined: {best.covariance.explanation()}")
