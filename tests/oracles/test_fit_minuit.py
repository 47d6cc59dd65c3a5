"""Fits, errors and impacts against pyhf with MINUIT, on a workspace of eleven parameters."""

from functools import cache
from typing import Any

import iminuit
import numpy as np
import pyhf
import pytest
from scipy.stats import chi2
from tests.fits import nominal_asimov

from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit, best_fit, find_poi
from n2mu.fit.crosscheck import crosscheck
from n2mu.fit.decomposition import breakdown, complete_groups, data_statistics, stat_only
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.profile import Profile
from n2mu.fit.ranking import covariance_impacts, impacts
from n2mu.fit.significance import discovery_significance, expected_significance
from n2mu.fit.workspace import parse_workspace


def modifier(kind: str, name: str, data: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


@cache
def workspace() -> dict[str, Any]:
    signal, ttw, fakes = [3.0, 8.0, 14.0], [40.0, 25.0, 9.0], [18.0, 10.0, 6.0]
    control_ttw, control_fakes = [90.0], [12.0]
    scale = {"lo": 0.9, "hi": 1.13}
    return {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {
                        "name": "ttH",
                        "data": signal,
                        "modifiers": [
                            modifier("normfactor", "mu"),
                            modifier("normsys", "ttH_scale", {"lo": 0.92, "hi": 1.1}),
                            modifier("staterror", "stat_SR", [0.3, 0.5, 0.7]),
                        ],
                    },
                    {
                        "name": "ttW",
                        "data": ttw,
                        "modifiers": [
                            modifier("normfactor", "k_ttW"),
                            modifier("normsys", "jes", scale),
                            modifier(
                                "histosys",
                                "jes",
                                {"lo_data": [37.0, 26.0, 9.5], "hi_data": [44.0, 23.0, 8.0]},
                            ),
                            modifier("staterror", "stat_SR", [2.0, 1.5, 0.9]),
                        ],
                    },
                    {
                        "name": "fakes",
                        "data": fakes,
                        "modifiers": [
                            modifier("shapesys", "fakes_shape", [4.0, 3.0, 2.0]),
                            modifier("normsys", "fake_rate", {"lo": 0.7, "hi": 1.4}),
                        ],
                    },
                ],
            },
            {
                "name": "CR",
                "samples": [
                    {
                        "name": "ttW",
                        "data": control_ttw,
                        "modifiers": [
                            modifier("normfactor", "k_ttW"),
                            modifier("normsys", "jes", {"lo": 1.04, "hi": 0.97}),
                        ],
                    },
                    {
                        "name": "fakes",
                        "data": control_fakes,
                        "modifiers": [modifier("normsys", "fake_rate", {"lo": 0.6, "hi": 1.3})],
                    },
                ],
            },
        ],
        "observations": [
            {"name": "SR", "data": [70.0, 46.0, 36.0]},
            {"name": "CR", "data": [95.0]},
        ],
        "measurements": [
            {
                "name": "m",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "bounds": [[-5.0, 10.0]]}],
                },
            }
        ],
        "version": "1.0.0",
    }


@cache
def fitted() -> BestFit:
    likelihood = Likelihood.of(build_model(parse_workspace(workspace())))
    return best_fit(likelihood, find_poi(likelihood, "mu"))


def minuit(fixed: dict[str, float] | None = None) -> iminuit.Minuit:
    pyhf.set_backend("numpy")
    model = pyhf.Workspace(workspace()).model()
    data = pyhf.Workspace(workspace()).data(model)
    start = np.asarray(model.config.suggested_init()) + 0.05
    fit = iminuit.Minuit(
        lambda theta: float(-2 * model.logpdf(theta, data)[0]), start, name=model.config.par_names
    )
    fit.limits = model.config.suggested_bounds()
    fit.errordef = 1.0
    fit.tol = 1e-3
    fit.strategy = 2
    for name, value in (fixed or {}).items():
        fit.values[name] = value
        fit.fixed[name] = True
    fit.migrad()
    assert fit.valid
    return fit


@cache
def reference() -> iminuit.Minuit:
    fit = minuit()
    fit.hesse()
    fit.minos("mu")
    return fit


def test_best_fit_and_covariance_are_those_of_minuit() -> None:
    best, fit = fitted(), reference()
    sigma = np.sqrt(np.diag(best.covariance.matrix))
    assert best.two_nll == pytest.approx(fit.fval, abs=1e-4)
    assert best.two_nll <= fit.fval + 1e-9
    np.testing.assert_allclose((best.theta - np.asarray(fit.values)) / sigma, 0, atol=0.01)
    np.testing.assert_allclose(sigma, np.asarray(fit.errors), rtol=0.01)


def test_profile_errors_are_those_of_minos() -> None:
    best, minos = fitted(), reference().merrors["mu"]
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.up == pytest.approx(minos.upper, rel=0.01)
    assert interval.down == pytest.approx(-minos.lower, rel=0.01)


def test_errors_at_two_standard_deviations_are_those_of_minos() -> None:
    best, fit = fitted(), minuit()
    fit.minos("mu", cl=chi2.cdf(4, 1))
    interval = Profile(best, best.poi, best.fixed).interval(4.0)
    assert interval.up == pytest.approx(fit.merrors["mu"].upper, rel=0.01)
    assert interval.down == pytest.approx(-fit.merrors["mu"].lower, rel=0.01)


def test_impacts_by_covariance_are_those_of_minuits_covariance() -> None:
    best, fit = fitted(), reference()
    parameters = best.likelihood.model.parameters
    for impact in covariance_impacts(best):
        name = parameters.names[impact.index]
        shift = fit.covariance["mu", name] / fit.errors[name]
        assert impact.status == "ok"
        assert impact.postfit.up == pytest.approx(shift, abs=0.01 * fit.errors["mu"])
        assert impact.postfit.down == pytest.approx(-shift, abs=0.01 * fit.errors["mu"])


def test_impacts_are_shifts_of_independent_minuit_fits() -> None:
    best = fitted()
    parameters = best.likelihood.model.parameters
    sigma_mu = best.covariance.uncertainty[best.poi]
    found = {parameters.names[impact.index]: impact for impact in impacts(best)}
    assert len(found) == len(parameters) - 1
    for name in ("jes", "k_ttW", "stat_SR[2]", "fakes_shape[0]"):
        impact, index = found[name], parameters.index(name)
        assert impact.status == "ok"
        deltas = {"postfit": best.covariance.uncertainty[index]}
        if name == "k_ttW":
            assert impact.prefit is None
        else:
            deltas["prefit"] = parameters.prefit_sigma[index]
        for stage, delta in deltas.items():
            for side, sign in (("up", 1), ("down", -1)):
                shifted = minuit({name: best.theta[index] + sign * delta}).values["mu"] - best.mu
                ours = getattr(getattr(impact, stage), side)
                assert ours == pytest.approx(shifted, abs=0.01 * sigma_mu)


def test_stat_only_errors_are_those_of_minos_with_nuisance_parameters_fixed() -> None:
    best = fitted()
    parameters = best.likelihood.model.parameters
    fixed = {
        name: value
        for name, kind, value in zip(parameters.names, parameters.kinds, best.theta, strict=True)
        if kind != "norm"
    }
    fit = minuit(fixed)
    fit.minos("mu")
    interval = stat_only(best)
    assert interval.value == pytest.approx(best.mu)
    assert interval.up == pytest.approx(fit.merrors["mu"].upper, rel=0.01)
    assert interval.down == pytest.approx(-fit.merrors["mu"].lower, rel=0.01)


def test_a_component_is_what_fixing_its_group_removes() -> None:
    best = fitted()
    total = Profile(best, best.poi, best.fixed).interval()
    groups = complete_groups(best, {"fakes": ["fake_rate", "pruned"], "all pruned": ["gone"]})
    assert set(groups) == {"fakes", "MC statistics", "norm factors", "other systematics"}
    parts = breakdown(best, total, groups)
    index = best.likelihood.model.parameters.index("fake_rate")
    fit = minuit({"fake_rate": float(best.theta[index])})
    fit.minos("mu")
    up = np.sqrt((total.up or 0.0) ** 2 - fit.merrors["mu"].upper ** 2)
    assert parts["fakes"].up == pytest.approx(up, rel=0.02)


def test_data_statistics_are_the_shifts_of_mu_under_shifts_of_counts() -> None:
    best = fitted()
    likelihood = best.likelihood
    rates = likelihood.rates.per_bin(best.theta)
    variance = 0.0
    for index, rate in enumerate(rates):
        step = np.zeros_like(rates)
        step[index] = 0.01 * np.sqrt(rate)
        up, down = (
            best_fit(likelihood.with_data(likelihood.observed + sign * step), best.poi, best.theta)
            for sign in (1, -1)
        )
        variance += ((up.mu - down.mu) / 0.02) ** 2
    assert data_statistics(best) == pytest.approx(np.sqrt(variance), rel=1e-3)


def test_data_and_auxiliary_fluctuations_make_up_the_variance_of_asimov_data() -> None:
    likelihood = nominal_asimov(fitted().likelihood, fitted().poi)
    best = best_fit(likelihood, fitted().poi)
    parameters = likelihood.model.parameters
    # d theta_hat / d a = C / sigma^2 for a normal constraint, C for the count of a Poisson one
    response = best.covariance.matrix[best.poi]
    normal, poisson = parameters.normal, parameters.poisson
    auxiliary = (response[normal] ** 2 / parameters.sigma[normal] ** 2).sum()
    auxiliary += (response[poisson] ** 2 * parameters.factor[poisson]).sum()
    data = data_statistics(best)
    assert data is not None
    assert data**2 + auxiliary == pytest.approx(best.covariance.matrix[best.poi, best.poi])


def test_significance_is_the_root_of_q0_of_pyhf() -> None:
    best = fitted()
    null = minuit({"mu": 0.0})
    q0 = null.fval - reference().fval
    assert discovery_significance(best) == pytest.approx(np.sqrt(q0), rel=1e-3)


def test_expected_significance_of_asimov_data_is_its_discovery_significance() -> None:
    likelihood = nominal_asimov(fitted().likelihood, fitted().poi, 1.0)
    best = best_fit(likelihood, fitted().poi)
    assert expected_significance(best, 1.0) == pytest.approx(discovery_significance(best))


def test_the_crosscheck_agrees_and_starts_elsewhere() -> None:
    best = fitted()
    check = crosscheck(best, workspace(), "mu")
    sigma = best.covariance.uncertainty[best.poi]
    assert check["valid"]
    assert abs(check["differences"]["mu"]) < 0.01 * sigma
    assert abs(check["differences"]["error"]) < 0.01 * sigma
    assert abs(check["differences"]["two_nll"]) < 1e-3


def test_the_crosscheck_uses_the_data_of_the_fit() -> None:
    likelihood = nominal_asimov(fitted().likelihood, fitted().poi, 2.0)
    best = best_fit(likelihood, fitted().poi)
    assert crosscheck(best, workspace(), "mu")["mu"] == pytest.approx(2.0, abs=1e-2)


def test_a_deeper_minimum_of_minuit_fails_the_fit() -> None:
    shape = modifier("histosys", "shape", {"lo_data": [45.0], "hi_data": [60.0]})
    spec = {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {"name": "ttH", "data": [1e-3], "modifiers": [modifier("normfactor", "mu")]},
                    {"name": "ttW", "data": [20.0], "modifiers": [shape]},
                ],
            }
        ],
        "observations": [{"name": "SR", "data": [40.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }
    likelihood = Likelihood.of(build_model(parse_workspace(spec)))
    start = likelihood.model.parameters.inits.copy()
    start[likelihood.model.parameters.index("shape")] = -1.0
    shallow = best_fit(likelihood, find_poi(likelihood, "mu"), start)
    with pytest.raises(FitError, match="MINUIT found -2 ln L lower by"):
        crosscheck(shallow, spec, "mu")
