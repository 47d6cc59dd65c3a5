"""What pyhf makes of a workspace is what the templates say."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyhf
from helpers_workspace import (
    Model,
    Templates,
    effect,
    effects,
    settings,
    stored,
    template,
    templates,
)

from n2mu.templates.workspace import build_workspace


def test_pyhf_accepts_the_workspace() -> None:
    model = Model(build_workspace(settings(), templates(), effects()))
    pyhf.schema.validate(model.workspace, "workspace.json")
    assert model.model.config.poi_name == "mu"
    assert set(model.model.config.par_order) == {
        "mu",
        "norm_tt",
        "luminosity",
        "xs_ttW",
        "JES",
        "fakes",
        "staterror_SR",
        "staterror_CR",
    }
    bounds = model.model.config.suggested_bounds()
    assert bounds[model.model.config.par_slice("mu").start] == [-5, 10]
    assert bounds[model.model.config.par_slice("norm_tt").start] == [0, 5]


@pytest.mark.parametrize("sample", ["ttH", "ttW", "tt"])
def test_rates_at_the_centre_and_at_one_sigma_are_the_templates(sample: str) -> None:
    made = templates()
    model = Model(build_workspace(settings(), made, effects()))
    at = {"norm_tt": 1.0}
    for values, variation in (
        ({}, "nominal"),
        ({"JES": 1.0}, "JES_up"),
        ({"JES": -1.0}, "JES_down"),
        ({"fakes": 1.0}, "fakes_up"),
        ({"fakes": -1.0}, "fakes_down"),
    ):
        rates = model.rates(sample, **at, **values)
        np.testing.assert_allclose(rates, stored(made, model, sample, variation), atol=1e-12)


@examples(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.5, 20), min_size=9, max_size=9))
def test_the_split_into_rate_and_shape_returns_any_variation(values: list[float]) -> None:
    nominal, up, down = values[:3], values[3:6], values[6:]
    made: Templates = {
        "SR": {
            "ttH": {
                "nominal": template(nominal),
                "JES_up": template(up),
                "JES_down": template(down),
            }
        }
    }
    told = settings(regions=["SR"], samples=["ttH"])
    model = Model(build_workspace(told, made, [effect("SR", "ttH", "JES")]))
    for theta, expected in ((0.0, nominal), (1.0, up), (-1.0, down)):
        np.testing.assert_allclose(model.rates("ttH", JES=theta), expected, rtol=1e-10)


def test_norm_effects_and_factors_scale_their_samples() -> None:
    made = templates()
    model = Model(build_workspace(settings(), made, effects()))
    nominal = stored(made, model, "ttW", "nominal")
    np.testing.assert_allclose(model.rates("ttW", xs_ttW=1.0), 1.3 * nominal)
    np.testing.assert_allclose(model.rates("ttW", xs_ttW=-1.0), 0.8 * nominal)
    np.testing.assert_allclose(model.rates("ttW", mu=5.0, norm_tt=3.0), nominal)
    np.testing.assert_allclose(
        model.rates("ttH", mu=3.0), 3 * stored(made, model, "ttH", "nominal")
    )


@pytest.mark.parametrize("mu", [0.0, 1.0, 2.5])
def test_the_observations_are_the_asimov_data_of_the_model(mu: float) -> None:
    specification = build_workspace(settings(asimov_mu=mu), templates(), effects())
    model = Model(specification)
    expected = model.model.expected_data(model.parameters(mu=mu), include_auxdata=False)
    found = model.workspace.data(model.model, include_auxdata=False)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert specification["measurements"][0]["name"] == f"toy: Asimov data with mu = {mu:g}"


def test_bins_below_the_threshold_have_no_gamma() -> None:
    model = Model(build_workspace(settings(), templates(), effects()))
    fixed = model.model.config.suggested_fixed()
    free = {
        name: [not f for f in fixed[model.model.config.par_slice(name)]]
        for name in ("staterror_SR", "staterror_CR")
    }
    assert free == {"staterror_SR": [False, True], "staterror_CR": [False, False, True]}


def test_without_threshold_every_bin_with_an_error_has_a_gamma() -> None:
    model = Model(build_workspace(settings(mc_statistics_threshold=0.0), templates(), effects()))
    fixed = model.model.config.suggested_fixed()
    for name in ("staterror_SR", "staterror_CR"):
        assert not any(fixed[model.model.config.par_slice(name)])


def test_a_gamma_has_the_error_of_the_total_and_scales_every_sample() -> None:
    model = Model(build_workspace(settings(mc_statistics_threshold=0.0), templates(), effects()))
    widths = model.model.config.param_set("staterror_SR").sigmas
    total, error = np.array([40.0, 12.0]), np.sqrt([0.01 + 0.04 + 1, 0.04 + 0.01 + 1])
    np.testing.assert_allclose(widths, error / total, rtol=1e-12)
    for sample in ("ttH", "ttW", "tt"):
        values = model.parameters()
        values[model.model.config.par_slice("staterror_SR").start] = 1.1
        by_sample = np.asarray(model.model.main_model.expected_data(values, return_by_sample=True))
        scaled = by_sample[model.model.config.samples.index(sample)]
        expected = model.rates(sample)
        expected[model.model.config.channel_slices["SR"].start] *= 1.1
        np.testing.assert_allclose(scaled, expected)


def test_a_sample_without_error_in_the_bins_of_the_gammas_still_counts_in_their_width() -> None:
    made = templates()
    made["SR"]["ttW"]["nominal"] = template([10.0, 2.0], [0.2, 0.0])
    model = Model(build_workspace(settings(), made, effects()))
    widths = model.model.config.param_set("staterror_SR").sigmas
    assert widths[1] == pytest.approx(np.sqrt(0.04 + 1) / 12.0)
