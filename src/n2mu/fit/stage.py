"""The stages `fit` and `ranking`: a workspace in, JSON products out."""

import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from n2mu.config.gates import ReportedGate
from n2mu.errors import FitError, WorkspaceError, counted
from n2mu.fit.bestfit import BestFit, DeeperMinimumError, best_fit, deepest_fit, find_poi
from n2mu.fit.dataset import EXPECTED, STORED, DataChoice
from n2mu.fit.gates import GateResult, check_data, check_gates, simulated_once
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.postfit import postfit
from n2mu.fit.ranking import Method, covariance_impacts, impacts
from n2mu.fit.reopen import reopen_fit
from n2mu.fit.results import fit_result, parameter_list, ranking, verdict
from n2mu.fit.settings import FitSettings
from n2mu.fit.threads import single_threaded
from n2mu.fit.workspace import parse_workspace
from n2mu.products import read_json, write_json

logger = logging.getLogger(__name__)

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
        with single_threaded():
            content, bins = _fit(settings, workspace, provenance, report)
    except (FitError, WorkspaceError) as error:
        for stale in (output, beside):
            stale.unlink(missing_ok=True)
        write_json(failed, {"error": str(error), **report, "provenance": provenance})
        kind = FitError if isinstance(error, FitError) else WorkspaceError
        raise kind(f"{error} (see {failed})") from None
    content["fit"]["seconds"] = time.perf_counter() - started
    write_json(beside, bins)
    write_json(output, content)
    failed.unlink(missing_ok=True)
    logger.info(
        "%s: mu = %.4g, up %s, down %s",
        output,
        content["mu"]["value"],
        *(
            "none" if content["mu"][k] is None else f"{content['mu'][k]:.4g}"
            for k in ("up", "down")
        ),
    )


def run_ranking(
    settings: FitSettings,
    workspace: Path,
    mu_fit: Path,
    output: Path,
    method: Method = "fits",
) -> None:
    """Write ``ranking.json``: the impact of every nuisance parameter on mu.

    Parameters
    ----------
    settings
        As given to the fit.
    workspace
        The workspace of the fit.
    mu_fit
        ``mu_fit.json`` of the fit, whose minimum is the starting point.
    output
        Path of ``ranking.json``.
    method
        "fits", or "covariance", which needs none and assumes a parabolic likelihood.

    Raises
    ------
    ProductError
        If ``mu_fit.json`` is of another workspace.
    FitError
        If the fit does not converge again.
    """
    with single_threaded():
        best = reopen_fit(settings, workspace, mu_fit)
        found = impacts(best) if method == "fits" else covariance_impacts(best)
        content = ranking(best, found, method)
    write_json(output, content)
    failed = [entry["name"] for entry in content["parameters"] if entry["status"] != "ok"]
    if failed:
        count = counted(len(failed), "parameter")
        logger.warning("%s: %s failed: %s", output, count, ", ".join(failed))


def _fit(
    settings: FitSettings, workspace: Path, provenance: dict[str, Any], report: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ``mu_fit.json`` and ``postfit.json``; ``report`` receives what a failure leaves."""
    spec = read_json(workspace)
    parsed = parse_workspace(spec, str(workspace))
    codes = settings.normsys_code, settings.histosys_code
    likelihood = Likelihood.of(build_model(parsed, *codes))
    parameters = likelihood.model.parameters
    name = settings.poi or parsed.poi
    poi = find_poi(likelihood, name)
    for other in settings.signal_strengths:
        find_poi(likelihood, other)
    data = DataChoice.of(settings, parameters, poi)
    likelihood = data.apply(likelihood, poi)
    if data.observations != STORED:
        kind = "asimov" if data.observations == EXPECTED else "mixed"
        settings = settings.model_copy(update={"dataset": kind})
    mu = data.asimov_mu
    truth = data.truth(parameters, poi)
    start: FloatArray | None = None
    for attempt in range(_RESTARTS):
        if start is None:
            best, others = deepest_fit(likelihood, poi)
        else:
            best, others = best_fit(likelihood, poi, start), [best, *others]
        expected = mu if settings.dataset == "asimov" or data.data_regions else None
        gates = check_gates(best, expected, truth, data.data_regions)
        if settings.dataset != "asimov":
            gates += check_data(best, data.observed_bins(likelihood.model))
        if settings.repeated_events is not None:
            gates.append(simulated_once(settings.repeated_events))
        report |= {
            "gates": [asdict(gate) for gate in gates],
            "fit": verdict(best, others),
            "parameters": parameter_list(best),
        }
        _refuse(best, gates, settings)
        for place in best.covariance.empty_bins:
            logger.warning("%s: the fit drives the expected rate of %s to zero", workspace, place)
        if others:
            logger.warning("%s: found %d shallower minima as well", workspace, len(others))
        try:
            content = fit_result(best, others, gates, settings, mu)
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
        **data.provenance(),
        "interpolation": dict(zip(("normsys", "histosys"), codes, strict=True)),
    }
    return content, postfit(best, data.blinded, settings.parts)


def _refuse(best: BestFit, gates: list[GateResult], settings: FitSettings) -> None:
    """Raise unless all gates passed or were allowed to fail."""
    reported = get_args(ReportedGate)
    for gate in gates:
        if gate.passed:
            continue
        if gate.name not in (*settings.allowed_gates, *reported):
            raise FitError(f"gate '{gate.name}' failed: {gate.detail}")
        why = "" if gate.name in reported else ", which is allowed"
        logger.warning("gate '%s' failed%s: %s", gate.name, why, gate.detail)
    if best.covariance.undetermined[best.poi]:
        raise FitError(f"mu is not determined: {best.covariance.explanation()}")
