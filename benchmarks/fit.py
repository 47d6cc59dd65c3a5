"""Fits and rankings beside pyhf with MINUIT, cabinetry and nextstat."""

import json
import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import workspaces
from benchmarks.timing import interleaved, one_core, peak_memory, print_table
from n2mu.fit.bestfit import BestFit, best_fit
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.ranking import impacts
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit
from n2mu.fit.threads import single_threaded
from n2mu.fit.workspace import parse_workspace

OURS = "n2mu"
MINUIT = "pyhf + MINUIT"


def main() -> None:
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    with single_threaded():
        with one_core():
            _small()
            _medium()
        _large()


def _likelihood(spec: workspaces.Spec) -> Likelihood:
    return Likelihood.of(build_model(parse_workspace(spec)))


def _fit(likelihood: Likelihood) -> BestFit:
    return best_fit(likelihood, likelihood.model.parameters.index("mu"))


def _product(spec: workspaces.Spec) -> Callable[[], None]:
    """Return what makes the whole of mu_fit.json: other minima, errors, breakdown, yields."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "workspace.json"
            path.write_text(json.dumps(spec))
            run_fit(FitSettings(), path, Path(directory) / "mu_fit.json", {})

    return run


class Pyhf:
    """pyhf with MINUIT as it comes: numpy, numerical derivatives."""

    def __init__(self, spec: workspaces.Spec) -> None:
        import pyhf

        pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer())
        self.pyhf = pyhf
        workspace = pyhf.Workspace(spec)
        self.model = workspace.model()
        self.data = workspace.data(self.model)

    def fit(self, fixed: dict[str, float] | None = None) -> dict[str, Any]:
        names = self.model.config.par_names
        start = self.model.config.suggested_init()
        held = self.model.config.suggested_fixed()
        for name, value in (fixed or {}).items():
            start[names.index(name)], held[names.index(name)] = value, True
        found, two_nll = self.pyhf.infer.mle.fit(
            self.data,
            self.model,
            start,
            None,
            held,
            return_uncertainties=True,
            return_fitted_val=True,
        )
        poi = names.index("mu")
        return {"mu": found[poi][0], "error": found[poi][1], "two_nll": float(two_nll)}


def _nextstat(spec: workspaces.Spec) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import nextstat

    nextstat.set_threads(1)
    model = nextstat.from_pyhf(json.dumps(spec))
    return (lambda: nextstat.fit(model)), (lambda: nextstat.ranking(model))


def _fits(found: list[Any]) -> int:
    return sum(2 if impact.prefit is None else 4 for impact in found)


def _rows(seconds: dict[str, float], counts: dict[str, int]) -> list[list[str]]:
    """Return one row per task, with its time over that of ours of the same kind."""
    rows = []
    for name, value in seconds.items():
        each = value / counts.get(name, 1)
        kind = "ranking" if "ranking" in name else "fit"
        ours = seconds[f"{OURS} {kind}"] / counts.get(f"{OURS} {kind}", 1)
        ratio = each / ours if "product" not in name else float("nan")
        rows.append(
            [
                name,
                f"{value:.4g}",
                str(counts.get(name, 1)),
                f"{each:.3g}",
                f"{ratio:.3g}" if np.isfinite(ratio) else "",
            ]
        )
    return rows


COLUMNS = ["task", "seconds", "fits", "seconds per fit", "ratio per fit to n2mu"]


def _compare(best: BestFit, minuit: dict[str, Any]) -> str:
    sigma = best.covariance.uncertainty[best.poi]
    return (
        f"n2mu: mu = {best.mu:.4f} +- {sigma:.4f}, -2 ln L = {best.two_nll:.5f}; MINUIT - n2mu:"
        f" {(minuit['mu'] - best.mu) / sigma:+.1e} sigma, error"
        f" {100 * (minuit['error'] / sigma - 1):+.2g} %, -2 ln L"
        f" {minuit['two_nll'] - best.two_nll:+.1e}"
    )


def _small() -> None:
    import cabinetry

    spec = workspaces.small()
    likelihood = _likelihood(spec)
    best = _fit(likelihood)
    minuit = Pyhf(spec)
    nextstat_fit, nextstat_ranking = _nextstat(spec)
    model, data = cabinetry.model_utils.model_and_data(spec)

    def cabinetry_ranking() -> Any:
        return cabinetry.fit.ranking(model, data, fit_results=cabinetry.fit.fit(model, data))

    tasks: dict[str, Callable[[], Any]] = {
        "n2mu fit": lambda: _fit(likelihood),
        "nextstat fit": nextstat_fit,
        f"{MINUIT} fit": minuit.fit,
        "n2mu fit, whole product": _product(spec),
        "n2mu ranking": lambda: list(impacts(best)),
        "nextstat ranking (pre-fit)": nextstat_ranking,
        "cabinetry ranking": cabinetry_ranking,
    }
    repeats = dict.fromkeys(tasks, 7) | {f"{MINUIT} fit": 3, "cabinetry ranking": 1}
    seconds, results = interleaved(tasks, repeats)
    found = results["n2mu ranking"]
    names = likelihood.model.parameters.names
    fits = _fits(found)
    counts = {
        "n2mu ranking": fits,
        "nextstat ranking (pre-fit)": 2 * len(found),
        "cabinetry ranking": fits + 1,
    }
    title = f"{len(names)} parameters, {likelihood.model.bins} bins, one core"
    print_table(title, COLUMNS, _rows(seconds, counts))
    print("\n" + _compare(best, results[f"{MINUIT} fit"]))
    whole = seconds["cabinetry ranking"] / seconds["n2mu ranking"]
    print(f"whole ranking: cabinetry takes {whole:.0f} times as long as n2mu")
    theirs = results["cabinetry ranking"]
    labels = [label for label in model.config.par_names if label != "mu"]
    kept = [labels.index(names[impact.index]) for impact in found]
    sigma = best.covariance.uncertainty[best.poi]
    worst = 0.0
    for stage in ("prefit", "postfit"):
        for side in ("up", "down"):
            reference = np.asarray(getattr(theirs, f"{stage}_{side}"))[kept]
            ours = [getattr(getattr(impact, stage), side) for impact in found]
            worst = max(worst, float(np.abs(reference - ours).max()) / sigma)
    print(f"largest difference of an impact to MINUIT's (cabinetry): {worst:.2g} sigma_mu")


def _medium() -> None:
    spec = workspaces.medium()
    likelihood = _likelihood(spec)
    best = _fit(likelihood)
    minuit = Pyhf(spec)
    nextstat_fit, nextstat_ranking = _nextstat(spec)
    found = list(impacts(best))
    first = max(found, key=lambda impact: impact.size)
    names = likelihood.model.parameters.names
    shifted = float(best.theta[first.index] + best.covariance.uncertainty[first.index])
    tasks: dict[str, Callable[[], Any]] = {
        "n2mu fit": lambda: _fit(likelihood),
        "nextstat fit": nextstat_fit,
        "n2mu ranking": lambda: list(impacts(best)),
        "n2mu fit, whole product": _product(spec),
        "nextstat ranking (pre-fit)": nextstat_ranking,
        f"{MINUIT} fit": minuit.fit,
        f"{MINUIT} fit with {names[first.index]} shifted": lambda: minuit.fit(
            {names[first.index]: shifted}
        ),
    }
    repeats = {name: 1 if MINUIT in name else 5 for name in tasks}
    repeats["nextstat ranking (pre-fit)"] = 2
    seconds, results = interleaved(tasks, repeats)
    counts = {"n2mu ranking": _fits(found), "nextstat ranking (pre-fit)": 2 * len(found)}
    title = f"{len(names)} parameters, {likelihood.model.bins} bins, one core"
    print_table(title, COLUMNS, _rows(seconds, counts))
    print("\n" + _compare(best, results[f"{MINUIT} fit"]))
    impact = results[f"{MINUIT} fit with {names[first.index]} shifted"]["mu"] - best.mu
    sigma = best.covariance.uncertainty[best.poi]
    off = ((first.postfit.up or np.nan) - impact) / sigma
    print(f"impact of {names[first.index]}: {off:+.1e} sigma_mu off that of MINUIT")


def _large() -> None:
    spec = workspaces.large()
    started = time.perf_counter()
    likelihood = _likelihood(spec)
    laid_out = time.perf_counter()
    best = _fit(likelihood)
    fitted = time.perf_counter()
    found = list(impacts(best))
    ranked = time.perf_counter()
    rows = [
        ["laying out the workspace", f"{laid_out - started:.3g}"],
        ["fit", f"{fitted - laid_out:.3g}"],
        [f"ranking, {_fits(found)} fits", f"{ranked - fitted:.4g}"],
    ]
    names = likelihood.model.parameters.names
    title = f"{len(names)} parameters, {likelihood.model.bins} bins, all cores"
    print_table(title, ["n2mu", "seconds"], rows)
    failed = sum(impact.status != "ok" for impact in found)
    print(f"\n{failed} parameters failed; peak memory {peak_memory():.2f} GB")
