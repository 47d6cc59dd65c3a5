"""Pseudo-experiments against Poisson sums, closed forms and asymptotics."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2, norm, poisson

from n2mu.fit.bestfit import deepest_fit, find_poi
from n2mu.fit.dataset import DataChoice
from n2mu.fit.discovery import expected, observed, toy_discoveries
from n2mu.fit.goodness import goodness, toy_goodness
from n2mu.fit.inference_settings import ToySettings
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.limit import asymptotic_limits
from n2mu.fit.limit_toys import crossing, toy_points
from n2mu.fit.model import build_model
from n2mu.fit.opened import Dataset, OpenFit
from n2mu.fit.pseudo_experiments import pseudo_experiments, summary
from n2mu.fit.workspace import parse_workspace


def spec(signal: list[float], background: list[float], counts: list[float]) -> dict[str, Any]:
    mu = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "s", "data": signal, "modifiers": [mu]},
        {"name": "b", "data": background, "modifiers": []},
    ]
    bounds = [{"name": "mu", "bounds": [[0.0, 50.0]]}]
    return {
        "channels": [{"name": "SR", "samples": samples}],
        "observations": [{"name": "SR", "data": counts}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": bounds}}],
        "version": "1.0.0",
    }


def opened(content: dict[str, Any], dataset: Dataset = "data") -> OpenFit:
    likelihood = Likelihood.of(build_model(parse_workspace(content)))
    best, _ = deepest_fit(likelihood, find_poi(likelihood, "mu"))
    return OpenFit(best, dataset, {}, DataChoice("stored", 1.0), ("code4", "code4p"), {})


def toys(count: int) -> ToySettings:
    return ToySettings(count=count, seed=3, workers=1)


@pytest.mark.parametrize(("signal", "background"), [(5.0, 4.0), (12.0, 100.0), (1.0, 0.2)])
def test_the_expected_significance_of_a_count_has_a_closed_form(
    signal: float, background: float
) -> None:
    asimov = opened(spec([signal], [background], [signal + background]), "asimov")
    # arXiv:1007.1727, eq. 97
    exact = np.sqrt(2 * ((signal + background) * np.log1p(signal / background) - signal))
    assert expected(asimov, 1.0).significance == pytest.approx(exact, rel=1e-6)
    assert observed(asimov) is None


def test_the_limit_of_toys_on_a_count_is_that_of_poisson_sums() -> None:
    signal, background, count = 2.0, 3.0, 4
    fit = opened(spec([signal], [background], [count]))

    def cls(mu: float) -> float:
        both, alone = poisson.cdf(count, mu * signal + background), poisson.cdf(count, background)
        return float(both / alone)

    exact = brentq(lambda mu: cls(mu) - 0.05, 0.1, 20)
    points, failures = toy_points(fit, asymptotic_limits(fit, 0.95), toys(300))
    assert not failures
    for point in points:
        assert point.observed is not None
        assert point.observed.value == pytest.approx(cls(point.mu), abs=5 * point.observed.error)
    shares = [point.observed for point in points if point.observed is not None]
    limit = crossing([point.mu for point in points], shares, 0.05)
    assert limit.value is not None
    assert limit.error is not None
    assert limit.value == pytest.approx(exact, abs=4 * limit.error)
    assert limit.error < 0.3 * exact


def test_the_p_value_of_toys_on_a_count_is_that_of_poisson_sums() -> None:
    fit = opened(spec([3.0], [4.0], [8.0]))
    seen, _, background, _, failures = toy_discoveries(fit, 1.0, toys(1500))
    assert seen is not None
    assert not failures
    assert seen.p_value == pytest.approx(poisson.sf(7, 4.0), abs=4 * seen.error)
    assert len(background) == 1500


def test_toys_of_many_events_agree_with_asymptotic_formulas() -> None:
    fit = opened(spec([30.0, 60.0], [1000.0, 700.0], [1030.0, 770.0]))
    seen, median, *_ = toy_discoveries(fit, 1.0, toys(1000))
    found = observed(fit)
    assert found is not None
    assert seen is not None
    assert seen.p_value == pytest.approx(found.p_value, abs=4 * seen.error)
    assert median.p_value == pytest.approx(expected(fit, 1.0).p_value, abs=4 * median.error)
    limits = asymptotic_limits(fit, 0.95)
    points, _ = toy_points(fit, limits, toys(250))
    values = [point.mu for point in points]
    shares = [point.observed for point in points if point.observed is not None]
    limit = crossing(values, shares, 0.05)
    assert limit.value == pytest.approx(limits.observed, abs=4 * (limit.error or 0.0))
    middle = crossing(values, [point.expected[2] for point in points], 0.05)
    assert middle.value == pytest.approx(limits.expected[2], abs=4 * (middle.error or 0.0))


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    fit = opened(spec([20.0, 40.0], [100.0, 50.0], [120.0, 90.0]))
    ensemble, experiments, failures = pseudo_experiments(fit, 1.0, toys(2000))
    assert not failures
    content = summary(ensemble, experiments)
    for entry in content["coverage"]:
        assert entry["covered"] == pytest.approx(entry["level"], abs=4 * entry["error"])
    # the variance of an efficient estimator (Cramer, Rao)
    signal, total = np.asarray([20.0, 40.0]), np.asarray([120.0, 90.0])
    sigma = 1 / np.sqrt((signal**2 / total).sum())
    mu = content["mu"]
    assert mu["width"] == pytest.approx(sigma, abs=4 * mu["width_error"])
    assert mu["mean"] == pytest.approx(1.0, abs=4 * mu["mean_error"])
    assert content["pull"]["width"] == pytest.approx(1.0, abs=0.06)


def test_the_saturated_model_of_many_events_is_chi2() -> None:
    random = np.random.default_rng(1)
    signal, background = np.full(12, 4000.0), np.full(12, 50000.0)
    counts = random.poisson(signal + background).astype(float)
    best = opened(spec(signal.tolist(), background.tolist(), counts.tolist())).best
    found = goodness(best)

    def pearson(mu: float) -> float:
        rates = mu * signal + background
        return float(((counts - rates) ** 2 / rates).sum())

    exact = minimize_scalar(pearson, bounds=(0.2, 2), method="bounded").fun
    assert found.ndof == 11
    assert found.value == pytest.approx(exact, rel=0.01)
    assert found.p_value == pytest.approx(chi2.sf(exact, 11), rel=0.02)
    by_toys, values, failures = toy_goodness(best, toys(500))
    assert not failures
    assert by_toys.p_value == pytest.approx(found.p_value, abs=4 * by_toys.error)
    assert values.mean() == pytest.approx(11, abs=4 * np.sqrt(22 / 500))


def test_significances_and_p_values_belong_together() -> None:
    found = observed(opened(spec([3.0], [4.0], [8.0])))
    assert found is not None
    assert found.p_value == pytest.approx(norm.sf(found.significance))
