"""Limits, significances and scans against pyhf with MINUIT."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyhf
import pytest

from n2mu.fit.bestfit import deepest_fit, find_poi
from n2mu.fit.dataset import DataChoice
from n2mu.fit.discovery import expected, observed
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.limit import asymptotic_limits
from n2mu.fit.model import build_model
from n2mu.fit.opened import OpenFit
from n2mu.fit.scan import Scan
from n2mu.fit.workspace import parse_workspace


def spec(observed: list[float], lower: float = 0.0) -> dict[str, Any]:
    background = [
        {"name": "xs", "type": "normsys", "data": {"lo": 0.9, "hi": 1.12}},
        {
            "name": "shape",
            "type": "histosys",
            "data": {"lo_data": [52.0, 31.0, 11.0], "hi_data": [47.0, 34.0, 14.0]},
        },
        {"name": "stat", "type": "staterror", "data": [2.0, 1.6, 1.0]},
        {"name": "k", "type": "normfactor", "data": None},
    ]
    return {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {
                        "name": "signal",
                        "data": [2.0, 6.0, 9.0],
                        "modifiers": [
                            {"name": "mu", "type": "normfactor", "data": None},
                            {"name": "eff", "type": "normsys", "data": {"lo": 0.93, "hi": 1.06}},
                        ],
                    },
                    {"name": "background", "data": [50.0, 32.0, 12.0], "modifiers": background},
                ],
            },
            {
                "name": "CR",
                "samples": [
                    {
                        "name": "background",
                        "data": [120.0],
                        "modifiers": [
                            {"name": "k", "type": "normfactor", "data": None},
                            {"name": "xs", "type": "normsys", "data": {"lo": 0.93, "hi": 1.07}},
                        ],
                    }
                ],
            },
        ],
        "observations": [
            {"name": "SR", "data": observed},
            {"name": "CR", "data": [125.0]},
        ],
        "measurements": [
            {
                "name": "m",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "bounds": [[lower, 10.0]]}],
                },
            }
        ],
        "version": "1.0.0",
    }


DATA = {
    "excess": [53.0, 39.0, 23.0],
    "as expected": [50.0, 32.0, 12.0],
    "deficit": [47.0, 27.0, 7.0],
}


def opened(content: dict[str, Any]) -> OpenFit:
    workspace = parse_workspace(content)
    likelihood = Likelihood.of(build_model(workspace))
    best, _ = deepest_fit(likelihood, find_poi(likelihood, "mu"))
    return OpenFit(best, "data", {}, DataChoice("stored", 1.0), ("code4", "code4p"), {})


@pytest.fixture
def minuit() -> Iterator[None]:
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-3, strategy=1))
    yield
    pyhf.set_backend("numpy")


def model_and_data(content: dict[str, Any]) -> tuple[Any, list[float]]:
    workspace = pyhf.Workspace(content)
    model = workspace.model()
    return model, workspace.data(model)


@pytest.mark.usefixtures("minuit")
@pytest.mark.parametrize("name", ["excess", "deficit"])
def test_upper_limits_are_those_of_pyhf(name: str) -> None:
    content = spec(DATA[name])
    model, data = model_and_data(content)
    seen, bands = pyhf.infer.intervals.upper_limits.toms748_scan(
        data, model, 0.1, 5.0, level=0.05, rtol=1e-3
    )
    ours = asymptotic_limits(opened(content), 0.95)
    width = float(bands[3] - bands[1])
    assert ours.observed == pytest.approx(float(seen), abs=0.01 * width)
    assert ours.expected == pytest.approx([float(band) for band in bands], abs=0.01 * width)


@pytest.mark.usefixtures("minuit")
def test_the_limit_does_not_depend_on_where_a_negative_signal_is_cut_off() -> None:
    bounded, free = (asymptotic_limits(opened(spec(DATA["deficit"], low)), 0.95) for low in (0, -1))
    assert free.observed == pytest.approx(bounded.observed, rel=1e-5)
    assert free.expected == pytest.approx(bounded.expected, rel=1e-5)


@pytest.mark.usefixtures("minuit")
@pytest.mark.parametrize("name", DATA)
def test_discovery_p_values_are_those_of_pyhf(name: str) -> None:
    content = spec(DATA[name])
    model, data = model_and_data(content)
    seen, median = pyhf.infer.hypotest(0.0, data, model, test_stat="q0", return_expected=True)
    fit = opened(content)
    found = observed(fit)
    assert found is not None
    assert found.p_value == pytest.approx(float(seen), rel=0.01)
    assert expected(fit, 1.0).p_value == pytest.approx(float(median), rel=0.01)


@pytest.mark.usefixtures("minuit")
def test_a_scan_is_the_profile_of_pyhf() -> None:
    content = spec(DATA["excess"])
    model, data = model_and_data(content)
    best = opened(content).best
    lowest = pyhf.infer.mle.fit(data, model, return_fitted_val=True)[1]
    values = np.asarray([0.2, 0.9, 1.8])
    for point in Scan(best, [best.poi], best.fixed).line(values):
        fixed = pyhf.infer.mle.fixed_poi_fit(point.values[0], data, model, return_fitted_val=True)
        assert point.height == pytest.approx(float(fixed[1] - lowest), abs=1e-3)


def test_a_scan_of_two_parameters_has_its_minimum_at_the_fit_and_contains_that_of_one() -> None:
    best = opened(spec(DATA["excess"])).best
    parameters = best.likelihood.model.parameters
    indices = [parameters.index("mu"), parameters.index("xs")]
    first = best.theta[indices[0]] + np.linspace(-1, 1, 5)
    second = best.theta[indices[1]] + np.linspace(-1.5, 1.5, 31)
    points = Scan(best, indices, best.fixed).plane(first, second)
    heights = np.asarray([point.height for point in points]).reshape(5, 31)
    assert heights[2, 15] == pytest.approx(0, abs=1e-9)
    assert heights.min() == heights[2, 15]
    # the lowest point of each row is on the profile of the first parameter alone
    line = Scan(best, indices[:1], best.fixed).line(first)
    profile = np.asarray([point.height for point in line])
    assert (heights.min(axis=1) >= profile - 1e-8).all()
    assert heights.min(axis=1) == pytest.approx(profile, abs=0.01)
