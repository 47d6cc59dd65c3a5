"""Minimum, covariance and MINOS errors of named workspaces against pyhf with MINUIT."""

from typing import Any

import iminuit
import numpy as np
import pyhf
import pytest
from tests.fits import nominal_asimov

from n2mu.fit.bestfit import best_fit, find_poi
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.profile import Profile
from n2mu.fit.ranking import impacts
from n2mu.fit.workspace import parse_workspace

Modifiers = list[dict[str, Any]]


def modifier(kind: str, name: str, data: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


def normsys(name: str, low: float, high: float) -> dict[str, Any]:
    return modifier("normsys", name, {"lo": low, "hi": high})


def histosys(name: str, low: list[float], high: list[float]) -> dict[str, Any]:
    return modifier("histosys", name, {"lo_data": low, "hi_data": high})


def workspace(
    on_signal: Modifiers,
    on_background: Modifiers,
    observed: list[float],
    background: list[float],
    signal: list[float],
    parameters: Modifiers | None = None,
) -> dict[str, Any]:
    """Return a channel of three bins, signal and background."""
    samples = [
        {"name": "signal", "data": signal, "modifiers": [modifier("normfactor", "mu"), *on_signal]},
        {"name": "background", "data": background, "modifiers": on_background},
    ]
    config = [{"name": "mu", "bounds": [[-10.0, 20.0]]}, *(parameters or [])]
    return {
        "channels": [{"name": "SR", "samples": samples}],
        "observations": [{"name": "SR", "data": observed}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": config}}],
        "version": "1.0.0",
    }


BACKGROUND, SIGNAL = [120.0, 60.0, 20.0], [5.0, 10.0, 15.0]
LUMI = {"name": "lumi", "auxdata": [1.0], "sigmas": [0.017], "inits": [1.0], "bounds": [[0.9, 1.1]]}
LARGE = [2400.0, 1200.0, 400.0]


def on_background(
    modifiers: Modifiers,
    observed: list[float],
    background: list[float] = BACKGROUND,
    signal: list[float] = SIGNAL,
    parameters: Modifiers | None = None,
) -> dict[str, Any]:
    return workspace([], modifiers, observed, background, signal, parameters)


NAMED = {
    "one-sided rate": on_background([normsys("rate", 1.0, 1.25)], [131.0, 70.0, 41.0]),
    "rate varied to one side twice": on_background(
        [normsys("rate", 1.1, 1.2)], [140.0, 75.0, 40.0]
    ),
    "one-sided shape": on_background(
        [histosys("shape", BACKGROUND, [140.0, 62.0, 15.0])], [133.0, 68.0, 33.0]
    ),
    "shape of 100 %": on_background(
        [histosys("shape", [0.0, 60.0, 40.0], [240.0, 60.0, 0.0])], [125.0, 68.0, 36.0]
    ),
    "rate of 100 %": on_background([normsys("rate", 0.5, 2.0)], [150.0, 82.0, 39.0]),
    "constraint of 0.05, pulled by 1.5": on_background(
        [
            normsys("rate", 0.99, 1.01),
            histosys("shape", [800.0, 1200.0, 600.0], [4000.0, 1200.0, 300.0]),
        ],
        [4850.0, 1225.0, 310.0],
        background=LARGE,
    ),
    "pulled against its constraint": on_background(
        [normsys("rate", 0.93, 1.07), normsys("other", 0.95, 1.04)], [165.0, 85.0, 45.0]
    ),
    "bin without events": on_background(
        [normsys("rate", 0.8, 1.2)], [121.0, 64.0, 0.0], [120.0, 60.0, 2.0], [5.0, 10.0, 0.5]
    ),
    "luminosity and a free factor": on_background(
        [modifier("lumi", "lumi"), modifier("normfactor", "k"), normsys("rate", 0.9, 1.1)],
        [128.0, 71.0, 33.0],
        parameters=[LUMI],
    ),
    "normal and Poisson gammas": workspace(
        [modifier("staterror", "stat", [0.5, 1.0, 1.0])],
        [
            modifier("staterror", "stat", [6.0, 4.0, 3.0]),
            modifier("shapesys", "bins", [9.0, 7.0, 6.0]),
        ],
        [131.0, 66.0, 41.0],
        BACKGROUND,
        SIGNAL,
    ),
}


def minuit(spec: dict[str, Any], fixed: dict[str, float] | None = None) -> iminuit.Minuit:
    pyhf.set_backend("numpy")
    model = pyhf.Workspace(spec).model()
    data = pyhf.Workspace(spec).data(model)

    def twice_nll(theta: Any) -> float:
        value = float(-2 * model.logpdf(theta, data)[0])
        return value if np.isfinite(value) else 1e10

    start = np.asarray(model.config.suggested_init()) + 0.05
    fit = iminuit.Minuit(twice_nll, start, name=model.config.par_names)
    fit.limits = model.config.suggested_bounds()
    fit.errordef, fit.tol, fit.strategy = 1.0, 1e-3, 2
    for name, value in (fixed or {}).items():
        fit.values[name], fit.fixed[name] = value, True
    fit.migrad()
    assert fit.valid
    return fit


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.filterwarnings("ignore:.*encountered in.*:RuntimeWarning")
def test_minimum_covariance_errors_and_impacts_are_those_of_minuit(name: str) -> None:
    spec = NAMED[name]
    likelihood = Likelihood.of(build_model(parse_workspace(spec)))
    best = best_fit(likelihood, find_poi(likelihood, "mu"))
    fit = minuit(spec)
    fit.hesse()
    sigma = best.covariance.uncertainty
    order = [likelihood.model.parameters.index(parameter) for parameter in fit.parameters]
    assert best.two_nll == pytest.approx(fit.fval, abs=1e-4)
    np.testing.assert_allclose(((best.theta - fit.values) / sigma)[order], 0, atol=0.01)
    np.testing.assert_allclose(sigma[order], np.asarray(fit.errors), rtol=0.02)
    fit.minos("mu")
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.up == pytest.approx(fit.merrors["mu"].upper, rel=0.01)
    assert interval.down == pytest.approx(-fit.merrors["mu"].lower, rel=0.01)
    first = max(impacts(best), key=lambda impact: impact.size)
    parameter = likelihood.model.parameters.names[first.index]
    for side, sign in (("up", 1), ("down", -1)):
        value = float(best.theta[first.index] + sign * sigma[first.index])
        shift = minuit(spec, {parameter: value}).values["mu"] - best.mu
        assert getattr(first.postfit, side) == pytest.approx(shift, abs=0.01 * sigma[best.poi])


def test_the_strong_constraint_is_one() -> None:
    spec = NAMED["constraint of 0.05, pulled by 1.5"]
    likelihood = Likelihood.of(build_model(parse_workspace(spec)))
    best = best_fit(likelihood, find_poi(likelihood, "mu"))
    index = likelihood.model.parameters.index("shape")
    assert best.covariance.uncertainty[index] < 0.06
    assert best.theta[index] > 1.4


@pytest.mark.parametrize("name", NAMED)
def test_asimov_data_of_named_workspaces_are_found_again(name: str) -> None:
    likelihood = Likelihood.of(build_model(parse_workspace(NAMED[name])))
    poi = find_poi(likelihood, "mu")
    best = best_fit(nominal_asimov(likelihood, poi, 1.3), poi)
    assert best.mu == pytest.approx(1.3, abs=1e-5)
    assert best.minimum.deviance == pytest.approx(0.0, abs=1e-9)
