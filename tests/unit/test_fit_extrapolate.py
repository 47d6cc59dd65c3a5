"""What a fit predicts in regions that are not in it."""

import copy
from typing import Any

import numpy as np
import pytest

from n2mu.fit.bestfit import BestFit, best_fit, find_poi
from n2mu.fit.extrapolate import carried_over, extrapolate
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.postfit import postfit
from n2mu.fit.settings import FitSettings
from n2mu.fit.workspace import parse_workspace

Json = dict[str, Any]


def channel(name: str, gammas: bool = True) -> Json:
    scale = {"name": "scale", "type": "normsys", "data": {"hi": 1.2, "lo": 0.85}}
    tilt = {"lo_data": [55.0, 35.0], "hi_data": [45.0, 45.0]}
    shape = {"name": "tilt", "type": "histosys", "data": tilt}
    signal: list[Json] = [{"name": "mu", "type": "normfactor", "data": None}]
    background = [scale, shape, {"name": "k", "type": "normfactor", "data": None}]
    if gammas:
        for modifiers, errors in ((signal, [0.2, 0.2]), (background, [3.0, 2.0])):
            modifiers.append({"name": f"gamma_{name}", "type": "staterror", "data": errors})
    samples = [
        {"name": "sig", "data": [2.0, 12.0], "modifiers": signal},
        {"name": "bkg", "data": [50.0, 40.0], "modifiers": background},
    ]
    return {"name": name, "samples": samples}


def likelihood(channels: list[Json], observed: list[list[float]]) -> Likelihood:
    spec = {
        "channels": channels,
        "observations": [
            {"name": c["name"], "data": o} for c, o in zip(channels, observed, strict=True)
        ],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }
    return Likelihood.of(build_model(parse_workspace(spec)))


def fitted(channels: list[Json], observed: list[list[float]]) -> BestFit:
    likely = likelihood(channels, observed)
    return best_fit(likely, find_poi(likely, "mu"))


def test_a_copy_of_a_fitted_region_is_predicted_as_it_was_fitted() -> None:
    regions, data = [channel("CR", gammas=False), channel("SR")], [[60.0, 70.0], [55.0, 66.0]]
    best = fitted(regions, data)
    copied = copy.deepcopy(regions[0]) | {"name": "VR"}
    combined = likelihood([*regions, copied], [*data, [61.0, 59.0]])
    hidden = {"VR": [False, True]}
    bins, yields = extrapolate(best, combined, ["VR"], hidden, FitSettings(kinds={"sig": "signal"}))
    expected = postfit(best, hidden)["regions"]["CR"]
    for part in ("samples", "total", "integral", "sample_covariance"):
        for stage in ("prefit", "postfit"):
            found, wanted = bins["VR"][part], expected[part]
            if part == "samples":
                found, wanted = ({s: e[stage] for s, e in x.items()} for x in (found, wanted))
            else:
                found, wanted = found[stage], wanted[stage]
            if isinstance(wanted, dict):
                assert found == {key: pytest.approx(value) for key, value in wanted.items()}
            else:
                np.testing.assert_allclose(found, wanted)
    assert bins["VR"]["observed"] == [61.0, 59.0]
    assert bins["VR"]["chi2"]["postfit"]["ndof"] == 1
    assert yields["VR"]["role"] == "validation"
    assert {name: sample["kind"] for name, sample in yields["VR"]["samples"].items()} == {
        "sig": "signal",
        "bkg": "background",
    }


def test_what_the_fit_does_not_know_keeps_its_prior_without_correlations() -> None:
    data = [[60.0, 70.0]]
    best = fitted([channel("SR")], data)
    combined = likelihood([channel("SR"), channel("VR")], [*data, [61.0, 59.0]])
    parameters = combined.model.parameters
    theta, covariance = carried_over(best, parameters)
    known = {name: i for i, name in enumerate(best.likelihood.model.parameters.names)}
    new = [i for i, name in enumerate(parameters.names) if name not in known]
    assert {parameters.names[i] for i in new} == {"gamma_VR[0]", "gamma_VR[1]"}
    np.testing.assert_array_equal(theta[new], [1.0, 1.0])
    np.testing.assert_allclose(
        covariance[np.ix_(new, new)], np.diag(parameters.prefit_sigma[new] ** 2)
    )
    old = [i for i in range(len(parameters)) if i not in new]
    assert not covariance[np.ix_(new, old)].any()
    there = [known[parameters.names[i]] for i in old]
    np.testing.assert_array_equal(theta[old], best.theta[there])
    np.testing.assert_array_equal(
        covariance[np.ix_(old, old)], best.covariance.matrix[np.ix_(there, there)]
    )


def test_a_free_factor_that_the_fit_does_not_know_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    best = fitted([channel("SR")], [[60.0, 70.0]])
    other = channel("VR")
    other["samples"][1]["modifiers"].append({"name": "k_VR", "type": "normfactor", "data": None})
    combined = likelihood([channel("SR"), other], [[60.0, 70.0], [61.0, 59.0]])
    carried_over(best, combined.model.parameters)
    assert "does not know the free factor 'k_VR': it is taken as 1 without error" in caplog.text
