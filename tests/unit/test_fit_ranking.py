"""The fits of a ranking, however they are run."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.oracles.test_fit_minuit import workspace

from n2mu.fit import profile, ranking
from n2mu.fit.bestfit import BestFit, best_fit, find_poi
from n2mu.fit.descent import Descents, descend
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.minimise import minimise
from n2mu.fit.model import build_model
from n2mu.fit.workspace import parse_workspace


def fitted() -> BestFit:
    likelihood = Likelihood.of(build_model(parse_workspace(workspace())))
    return best_fit(likelihood, find_poi(likelihood, "mu"))


def shifts(best: BestFit) -> np.ndarray:
    found = list(ranking.impacts(best))
    assert {impact.status for impact in found} == {"ok"}
    return np.asarray(
        [
            (side.up, side.down)
            for impact in found
            for side in (impact.prefit or impact.postfit, impact.postfit)
        ]
    )


def test_the_ranking_does_not_depend_on_the_number_of_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    best = fitted()
    alone = shifts(best)
    monkeypatch.setattr(ranking, "_PARALLEL_ENTRIES", 1)
    for cores in (2, 3):
        monkeypatch.setattr(ranking, "available_cores", lambda cores=cores: cores)
        np.testing.assert_array_equal(shifts(best), alone)


def test_fits_side_by_side_end_where_full_newton_fits_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    best = fitted()
    quick = shifts(best)

    def give_up(*arguments: Any, **options: Any) -> Descents:
        found = descend(*arguments, **options)
        return replace(found, converged=np.zeros_like(found.converged))

    monkeypatch.setattr(ranking, "descend", give_up)
    monkeypatch.setattr(profile, "descend", give_up)
    sigma = best.covariance.uncertainty[best.poi]
    np.testing.assert_allclose(shifts(best), quick, atol=1e-5 * sigma)


def test_many_minimisations_at_once_are_those_of_each_alone() -> None:
    best = fitted()
    likelihood = best.likelihood
    random = np.random.default_rng(1)
    starts = best.theta[:, None] + 0.3 * random.normal(size=(len(best.theta), 5))
    counts = random.poisson(likelihood.observed[:, None], (likelihood.model.bins, 5)).astype(float)
    found = descend(likelihood, starts, best.metric, observed=counts)
    assert found.converged.all()
    for number in range(5):
        toy = likelihood.with_data(counts[:, number])
        alone = minimise(toy, starts[:, number], best.fixed)
        np.testing.assert_allclose(found.theta[:, number], alone.theta, atol=1e-4)
        assert found.deviance[number] == pytest.approx(alone.deviance, abs=1e-8)
        assert found.deviance[number] == pytest.approx(
            toy.deviance(found.theta[:, number]), abs=1e-8
        )


def test_a_fit_that_meets_a_bound_is_not_called_converged_without_it() -> None:
    best = fitted()
    parameters = best.likelihood.model.parameters
    index = parameters.index("mu")
    counts = best.likelihood.observed[:, None].copy()
    counts[-1] *= 20
    found = descend(best.likelihood, best.theta[:, None], best.metric, observed=counts)
    alone = minimise(best.likelihood.with_data(counts[:, 0]), best.theta, best.fixed)
    assert alone.theta[index] == parameters.upper[index]
    assert not found.converged[0]
