"""Intervals against pseudo-experiments: how often they hold the true signal strength."""

from functools import partial
from math import sqrt
from typing import Any

import numpy as np
from tests.fits import nominal_asimov

from n2mu.fit.bestfit import best_fit, find_poi
from n2mu.fit.descent import descend
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.profile import Profile
from n2mu.fit.threads import single_threaded
from n2mu.fit.workspace import parse_workspace

TOYS = 2000
TRUE_MU = 1.0


def modifier(kind: str, name: str, data: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


def model() -> Likelihood:
    samples = [
        {
            "name": "signal",
            "data": [20.0, 40.0],
            "modifiers": [
                modifier("normfactor", "mu"),
                modifier("normsys", "acceptance", {"lo": 0.95, "hi": 1.05}),
            ],
        },
        {
            "name": "background",
            "data": [150.0, 60.0],
            "modifiers": [
                modifier("normsys", "rate", {"lo": 0.9, "hi": 1.1}),
                modifier("histosys", "shape", {"lo_data": [140.0, 65.0], "hi_data": [160.0, 55.0]}),
                modifier("staterror", "stat", [6.0, 4.0]),
            ],
        },
    ]
    spec = {
        "channels": [{"name": "SR", "samples": samples}],
        "observations": [{"name": "SR", "data": [170.0, 100.0]}],
        "measurements": [
            {
                "name": "m",
                "config": {"poi": "mu", "parameters": [{"name": "mu", "bounds": [[-10.0, 10.0]]}]},
            }
        ],
        "version": "1.0.0",
    }
    return Likelihood.of(build_model(parse_workspace(spec)))


def test_profile_errors_cover_the_true_signal_strength_as_often_as_they_say() -> None:
    likelihood = model()
    parameters = likelihood.model.parameters
    poi = find_poi(likelihood, "mu")
    random = np.random.default_rng(20)
    truth = parameters.inits
    counts = random.poisson(likelihood.rates.per_bin(truth)[:, None], (2, TOYS)).astype(float)
    auxdata = np.where(
        parameters.normal[:, None],
        random.normal(truth[:, None], parameters.sigma[:, None], (len(truth), TOYS)),
        parameters.auxdata[:, None],
    )
    starts = np.repeat(truth[:, None], TOYS, axis=1)
    with single_threaded():
        metric = best_fit(nominal_asimov(likelihood, poi), poi).metric
        fit = partial(descend, likelihood, starts, metric, observed=counts, auxdata=auxdata)
        free, held = fit(), fit(held=np.full(TOYS, poi))
        assert free.converged.all()
        assert held.converged.all()
        heights = 2 * (held.deviance - free.deviance)
        for level, expected in ((1.0, 0.6827), (4.0, 0.9545)):
            spread = sqrt(expected * (1 - expected) / TOYS)
            assert abs((heights <= level).mean() - expected) < 3 * spread + 0.01
        # the interval holds the truth where the height there is below 1
        for number in range(0, TOYS, 40):
            toy = likelihood.with_data(counts[:, number], auxdata[:, number])
            best = best_fit(toy, poi)
            np.testing.assert_allclose(best.theta, free.theta[:, number], atol=1e-4)
            interval = Profile(best, poi, best.fixed).interval()
            assert interval.up is not None
            assert interval.down is not None
            inside = -interval.down <= TRUE_MU - best.mu <= interval.up
            assert inside == (heights[number] <= 1)
