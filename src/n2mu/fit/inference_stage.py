"""The stages `scan`, `limit`, `significance`, `gof` and `toys`: a workspace in, JSON out.

Every product says in ``kind`` what it is, which data it is made from, and how they are blinded.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit, deepest_fit, find_poi
from n2mu.fit.decomposition import stat_only_mask
from n2mu.fit.discovery import expected, observed, toy_discoveries
from n2mu.fit.ensemble import Failure
from n2mu.fit.goodness import goodness, toy_goodness, without_bins
from n2mu.fit.inference_settings import (
    EnsembleSettings,
    GoodnessSettings,
    LimitSettings,
    ScanSettings,
    SignificanceSettings,
    ToySettings,
)
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.limit import BANDS, asymptotic_limits
from n2mu.fit.limit_toys import ToyPoint, crossing, toy_points
from n2mu.fit.model import build_model
from n2mu.fit.opened import OpenFit, open_fit
from n2mu.fit.profile import Interval, Profile
from n2mu.fit.pseudo_experiments import pseudo_experiments, summary
from n2mu.fit.scan import Scan, as_lists, scan_axis, with_best_fit
from n2mu.fit.threads import single_threaded
from n2mu.fit.workspace import read_workspace
from n2mu.products import write_json

logger = logging.getLogger(__name__)

Json = dict[str, Any]


def run_scan(
    settings: ScanSettings, workspace: Path, mu_fit: Path, output: Path, provenance: Json
) -> None:
    """Write a scan of -2 ln L in one or two parameters, with a stat-only one beside it.

    Parameters
    ----------
    settings
        What the scan is told.
    workspace, mu_fit
        A workspace and the ``mu_fit.json`` that was made of it.
    output
        Path of the product.
    provenance
        Written into the product.

    Raises
    ------
    ProductError
        If ``mu_fit.json`` is of another workspace.
    WorkspaceError
        If the workspace has no such parameter.
    FitError
        If the parameter cannot be scanned.
    """
    with single_threaded():
        opened = open_fit(settings.fit, workspace, mu_fit)
        best = opened.best
        names = [settings.parameter or opened.poi]
        if settings.second is not None:
            names.append(settings.second)
        if len(set(names)) < len(names):
            raise FitError(f"a scan in two parameters needs two different ones, got {names[0]}")
        indices = [best.likelihood.model.parameters.index(name) for name in names]
        ranges = (settings.range, settings.second_range)
        curves: Json = {}
        axes: list[FloatArray] = []
        for name, mask in (("total", best.fixed), ("stat_only", stat_only_mask(best))):
            # stat-only contours can be much smaller and need a grid of their own
            if not axes or len(indices) > 1:
                axes = [
                    scan_axis(best, index, mask, settings.points, reach)
                    for index, reach in zip(indices, ranges, strict=False)
                ]
            scan = Scan(best, indices, mask)
            if len(indices) == 1:
                axes = [with_best_fit(best, indices[0], axes[0])]
                points = scan.line(axes[0])
            else:
                points = scan.plane(axes[0], axes[1])
            curves[name] = {"values": [axis.tolist() for axis in axes], **as_lists(points)}
        content = {
            "kind": "scan",
            **opened.describe(),
            "parameters": [
                {
                    "name": name,
                    "kind": best.likelihood.model.parameters.kinds[index],
                    "best_fit": float(best.theta[index]),
                    **_intervals(best, index),
                }
                for name, index in zip(names, indices, strict=True)
            ],
            **curves,
        }
    write_json(output, content | {"provenance": provenance})
    _warn(output, sum(len(curves[curve]["failed"]) for curve in curves), "points")


def run_limit(
    settings: LimitSettings, workspace: Path, mu_fit: Path | None, output: Path, provenance: Json
) -> None:
    """Write CLs upper limits on the signal strength; without ``mu_fit`` the workspace is fitted.

    Parameters and exceptions are those of `run_scan`.
    """
    with single_threaded():
        opened = open_fit(settings.fit, workspace, mu_fit)
        limits = asymptotic_limits(opened, settings.confidence)
        content: Json = {
            "kind": "limit",
            **opened.describe(),
            "confidence": settings.confidence,
            "asymptotic": {
                "observed": limits.observed,
                "expected": dict(zip(map(_band, BANDS), limits.expected, strict=True)),
                "reasons": limits.reasons,
                "curve": {
                    "mu": [point.mu for point in limits.curve],
                    "observed": [point.observed for point in limits.curve],
                    "expected": [point.expected for point in limits.curve],
                },
            },
        }
        failures: list[Failure] = []
        if settings.toys.count:
            points, failures = toy_points(opened, limits, settings.toys)
            content["toys"] = _toy_limits(points, 1 - settings.confidence) | _ensemble(
                settings.toys, failures
            )
    write_json(output, content | {"provenance": provenance})
    for name, reason in limits.reasons.items():
        logger.warning("%s: no limit '%s': %s", output, name, reason)
    _warn(output, len(failures), "pseudo-experiments")


def run_significance(
    settings: SignificanceSettings,
    workspace: Path,
    mu_fit: Path | None,
    output: Path,
    provenance: Json,
) -> None:
    """Write the discovery significance; without ``mu_fit`` the workspace is fitted.

    Parameters and exceptions are those of `run_scan`.
    """
    with single_threaded():
        opened = open_fit(settings.fit, workspace, mu_fit)
        mu = opened.data.asimov_mu if settings.mu is None else settings.mu
        seen = observed(opened)
        content: Json = {
            "kind": "significance",
            **opened.describe(),
            "signal": mu,
            "asymptotic": {
                "observed": None if seen is None else asdict(seen),
                "expected": asdict(expected(opened, mu)),
            },
        }
        failures: list[Failure] = []
        if settings.toys.count:
            toy_seen, toy_expected, background, signal, failures = toy_discoveries(
                opened, mu, settings.toys
            )
            content["toys"] = {
                "observed": None if toy_seen is None else asdict(toy_seen),
                "expected": asdict(toy_expected),
                "q0_background": background.tolist(),
                "q0_signal": signal.tolist(),
                **_ensemble(settings.toys, failures),
            }
    write_json(output, content | {"provenance": provenance})
    _warn(output, len(failures), "pseudo-experiments")


def run_goodness(
    settings: GoodnessSettings, workspace: Path, mu_fit: Path | None, output: Path, provenance: Json
) -> None:
    """Write the goodness of fit; without ``mu_fit`` the workspace is fitted.

    Bins that hold Asimov data, because they are blinded or by choice, are left out and the others
    fitted again.
    Parameters and exceptions are those of `run_scan`.
    """
    with single_threaded():
        opened = open_fit(settings.fit, workspace, mu_fit)
        best, left_out = _unblinded(opened, workspace)
        content: Json = {
            "kind": "gof",
            **opened.describe(),
            "bins": best.likelihood.model.bins,
            "asimov_bins_left_out": left_out,
            "at_bound": list(best.covariance.at_bound),
            "chi2": asdict(goodness(best)),
        }
        if opened.dataset == "asimov":
            content["note"] = "Asimov data agree with the model by construction"
            logger.warning("%s: %s", output, content["note"])
        failures: list[Failure] = []
        if settings.toys.count:
            found, values, failures = toy_goodness(best, settings.toys)
            content["toys"] = {
                **asdict(found),
                "values": values.tolist(),
                **_ensemble(settings.toys, failures),
            }
    write_json(output, content | {"provenance": provenance})
    _warn(output, len(failures), "pseudo-experiments")


def run_toys(
    settings: EnsembleSettings, workspace: Path, mu_fit: Path | None, output: Path, provenance: Json
) -> None:
    """Write fitted signal strengths, pulls and coverage of pseudo-experiments.

    Parameters and exceptions are those of `run_scan`; without ``mu_fit`` the workspace is fitted.
    """
    with single_threaded():
        opened = open_fit(settings.fit, workspace, mu_fit)
        ensemble, experiments, failures = pseudo_experiments(opened, settings.mu, settings.toys)
        content: Json = {
            "kind": "toys",
            **opened.describe(),
            **_ensemble(settings.toys, failures),
            **summary(ensemble, experiments),
        }
    write_json(output, content | {"provenance": provenance})
    _warn(output, len(failures), "pseudo-experiments")


def _unblinded(opened: OpenFit, path: Path) -> tuple[BestFit, int]:
    expected_only = opened.asimov_bins()
    left_out = sum(sum(bins) for bins in expected_only.values())
    if not left_out:
        return opened.best, 0
    workspace = without_bins(read_workspace(path), expected_only)
    likelihood = Likelihood.of(build_model(workspace, *opened.codes))
    best, _ = deepest_fit(likelihood, find_poi(likelihood, opened.poi))
    return best, left_out


def _intervals(best: BestFit, index: int) -> Json:
    profile = Profile(best, index, best.fixed)
    levels = {"one_sigma": 1.0, "two_sigma": 4.0}
    return {name: _interval(profile.interval(level)) for name, level in levels.items()}


def _interval(interval: Interval) -> Json:
    reasons = {f"{side}_reason": text for side, text in interval.reasons.items()}
    return {"up": interval.up, "down": interval.down, **reasons}


def _toy_limits(points: Sequence[ToyPoint], level: float) -> Json:
    values = [point.mu for point in points]
    seen = [point.observed for point in points if point.observed is not None]
    expected = {
        _band(band): asdict(crossing(values, [point.expected[i] for point in points], level))
        for i, band in enumerate(BANDS)
    }
    return {
        "observed": asdict(crossing(values, seen, level)) if seen else None,
        "expected": expected,
        "points": [asdict(point) for point in points],
    }


def _band(band: int) -> str:
    return f"{band:+d}" if band else "0"


def _ensemble(toys: ToySettings, failures: Sequence[Failure]) -> Json:
    return {
        "count": toys.count,
        "seed": toys.seed,
        "failed": [{"number": failure.number, "message": failure.message} for failure in failures],
    }


def _warn(output: Path, failed: int, what: str) -> None:
    if failed:
        logger.warning("%s: %d %s failed and are listed there", output, failed, what)
