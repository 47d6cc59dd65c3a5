"""The contents of ``mu_fit.json`` and ``ranking.json``.

JSON has no NaN: what has no value is null, with a reason beside it.
"""

from collections.abc import Iterable
from dataclasses import asdict
from math import isfinite
from typing import Any

import numpy as np

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit, DeeperMinimumError
from n2mu.fit.decomposition import Component, breakdown, complete_groups, data_statistics, stat_only
from n2mu.fit.gates import GateResult, constraints, pulls
from n2mu.fit.linearise import LinearisedRates
from n2mu.fit.parameters import BoolArray
from n2mu.fit.postfit import sample_yields
from n2mu.fit.profile import Interval, Profile
from n2mu.fit.ranking import Impact, Method
from n2mu.fit.settings import FitSettings
from n2mu.fit.significance import discovery_significance, expected_significance
from n2mu.fit.yields import postfit_yields, prefit_yields

_LEVEL_95 = 4.0
"""-2 ln L above its minimum where errors of 95.4 % end: two standard deviations."""


def fit_result(
    best: BestFit,
    others: list[BestFit],
    gates: list[GateResult],
    settings: FitSettings,
    asimov_mu: float,
) -> dict[str, Any]:
    """Return ``mu_fit.json`` without its provenance; the time is added by the stage.

    Parameters
    ----------
    best
        The fit.
    others
        Other minima that were found.
    gates
        Results of its gates.
    asimov_mu
        Signal strength of Asimov data, for the expected significance.

    Raises
    ------
    FitError
        If mu has no errors because its covariance is singular.
    """
    total = Profile(best, best.poi, best.fixed).interval()
    data = data_statistics(best)
    groups = breakdown(best, total, complete_groups(best, settings.groups))
    dataset = settings.dataset or "data"
    before = prefit_yields(best.likelihood, settings.parts)
    after = postfit_yields(best, settings.parts)
    return {
        "analysis": settings.analysis,
        "observable": settings.observable,
        "dataset": dataset,
        **({} if settings.projection is None else {"projection": settings.projection.model_dump()}),
        "mu": _signal_strength(best, best.poi, total),
        "signal_strengths": {
            best.likelihood.model.parameters.names[index]: _signal_strength(best, index)
            for index in _other_signal_strengths(best, settings)
        },
        "mu_stat_only": _interval(stat_only(best)),
        "mu_data_stat": {"up": data, "down": data}
        | ({} if data is not None else {"reason": "mu is at its bound"}),
        "breakdown": {group: _component(part) for group, part in groups.items()},
        "significance": _significance(best, dataset, asimov_mu),
        "fit": {"name": settings.fit, **verdict(best, others)},
        "gates": [asdict(gate) for gate in gates],
        "blinding": settings.blinding,
        "parameters": parameter_list(best),
        "yields": sample_yields(best.likelihood, before, after, settings, _scaled(best)),
    }


def verdict(best: BestFit, others: list[BestFit]) -> dict[str, Any]:
    """Return how the fit ended, for the key ``fit`` of ``mu_fit.json``.

    Other minima are listed with their mu and their -2 ln L above the best fit's.
    """
    return {
        "converged": best.minimum.converged,
        "edm": best.covariance.edm,
        "two_nll": best.two_nll,
        "covariance": best.covariance.status,
        "iterations": best.minimum.iterations,
        "at_bound": list(best.covariance.at_bound),
        "empty_bins": list(best.covariance.empty_bins),
        "other_minima": [
            {"mu": other.mu, "two_nll_above": other.two_nll - best.two_nll} for other in others
        ],
    }


def parameter_list(best: BestFit) -> list[dict[str, Any]]:
    """Return the fitted parameters, without gammas of bins that have no MC uncertainty."""
    parameters = best.likelihood.model.parameters
    pull, constraint = pulls(best), constraints(best)
    entries: list[dict[str, Any]] = []
    for index, name in enumerate(parameters.names):
        if parameters.fixed[index] and parameters.without_uncertainty[index]:
            continue
        entry: dict[str, Any] = {
            "name": name,
            "value": float(best.theta[index]),
            "uncertainty": _number(best.covariance.uncertainty[index]),
            "pull": _number(pull[index]),
            "constraint": _number(constraint[index]),
            "kind": parameters.kinds[index],
        }
        if parameters.fixed[index]:
            entry |= {"uncertainty": 0.0, "reason": "fixed by the measurement"}
        elif entry["uncertainty"] is None:
            at_bound = name in best.covariance.at_bound
            entry["reason"] = "at its bound" if at_bound else "not determined by the data"
        entries.append(entry)
    return entries


def ranking(best: BestFit, found: Iterable[Impact], method: Method) -> dict[str, Any]:
    """Return ``ranking.json``: parameters by their largest absolute post-fit impact."""
    parameters = best.likelihood.model.parameters
    pull, constraint = pulls(best), constraints(best)
    ordered = sorted(found, key=lambda impact: (-impact.size, parameters.names[impact.index]))
    return {
        "method": method,
        "parameters": [
            {
                "name": parameters.names[impact.index],
                "kind": parameters.kinds[impact.index],
                "pull": _number(pull[impact.index]),
                "constraint": _number(constraint[impact.index]),
                "status": impact.status,
                "impact_prefit": None if impact.prefit is None else asdict(impact.prefit),
                "impact_postfit": asdict(impact.postfit),
            }
            for impact in ordered
        ],
    }


def _number(value: float | np.floating[Any]) -> float | None:
    return float(value) if isfinite(value) else None


def _interval(interval: Interval) -> dict[str, Any]:
    content: dict[str, Any] = {
        "value": interval.value,
        "up": interval.up,
        "down": interval.down,
    }
    if interval.reasons:
        content["reason"] = "; ".join(f"{k}: {text}" for k, text in interval.reasons.items())
    return content


def _signal_strength(best: BestFit, index: int, found: Interval | None = None) -> dict[str, Any]:
    """Return value and errors of a free factor; ``found`` is its interval at 68.3 % if known."""
    profile = Profile(best, index, best.fixed)
    content = _interval(found or profile.interval())
    content["hessian_error"] = _number(best.covariance.uncertainty[index])
    wide = _interval(profile.interval(_LEVEL_95))
    del wide["value"]
    return {**content, "interval_95": wide}


def _other_signal_strengths(best: BestFit, settings: FitSettings) -> list[int]:
    """Return further free factors that the settings name, or that scale a signal."""
    model = best.likelihood.model
    signals = [settings.kinds.get(sample) == "signal" for sample in model.samples]
    jacobian = LinearisedRates(best.likelihood.rates, best.theta).jacobian_by_sample()
    on_signal = np.abs(jacobian[:, signals]).sum(axis=(1, 2)) > 0
    return [
        index
        for index, name in enumerate(model.parameters.names)
        if index != best.poi
        and not best.fixed[index]
        and not best.covariance.undetermined[index]
        and model.parameters.kinds[index] == "norm"
        and (name in settings.signal_strengths or on_signal[index])
    ]


def _component(component: Component) -> dict[str, Any]:
    content: dict[str, Any] = {"up": component.up, "down": component.down}
    if component.flag:
        content["flag"] = component.flag
    return content


def _significance(best: BestFit, dataset: str, mu: float) -> dict[str, Any]:
    content: dict[str, Any] = {"expected": None, "observed": None}
    reasons: list[str] = []
    wanted = "expected" if dataset == "asimov" else "observed"
    try:
        content[wanted] = discovery_significance(best)
    except DeeperMinimumError:
        raise
    except FitError as error:
        reasons.append(f"{wanted}: {error}")
    if dataset != "asimov":
        try:
            content["expected"] = expected_significance(best, mu)
        except FitError as error:
            reasons.append(f"expected: {error}")
    if reasons:
        content["reason"] = "; ".join(reasons)
    return content


def _scaled(best: BestFit) -> BoolArray:
    """Return which samples [S] the signal strength scales."""
    jacobian = LinearisedRates(best.likelihood.rates, best.theta).jacobian_by_sample()
    scaled: BoolArray = jacobian[best.poi].any(axis=1)
    return scaled
