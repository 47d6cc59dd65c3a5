"""The dense likelihood against pyhf, on workspaces of all modifiers."""

from typing import Any, get_args

import numpy as np
import pyhf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.settings import NormCode, ShapeCode
from n2mu.fit.workspace import parse_workspace

yields = st.floats(1.0, 80.0)
errors = st.one_of(st.just(0.0), st.floats(0.05, 5.0))
factors = st.floats(0.7, 1.4)
TOGETHER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def modifiers(
    draw: st.DrawFn, channel: str, sample: str, data: list[float]
) -> list[dict[str, Any]]:
    bins = len(data)
    found: list[dict[str, Any]] = []

    def add(kind: str, name: str, content: Any = None) -> None:
        found.append({"name": name, "type": kind, "data": content})

    for name in ("alpha", "beta"):
        # one name for both types, as a systematic with rate and shape has it
        if draw(st.booleans()):
            add("normsys", name, {"lo": draw(factors), "hi": draw(factors)})
        if draw(st.booleans()):
            shifts = [[value * draw(factors) for value in data] for _ in range(2)]
            add("histosys", name, {"lo_data": shifts[0], "hi_data": shifts[1]})
    if draw(st.booleans()):
        sigmas = draw(st.lists(errors, min_size=bins, max_size=bins))
        add("staterror", f"staterror_{channel}", sigmas)
    if draw(st.booleans()):
        sigmas = draw(st.lists(errors, min_size=bins, max_size=bins))
        add("shapesys", f"shapesys_{channel}_{sample}", sigmas)
    if draw(st.booleans()):
        add("shapefactor", f"shapefactor_{channel}")
    if draw(st.booleans()):
        add("lumi", "lumi")
    if draw(st.booleans()):
        add("normfactor", "free")
    if sample == "signal":
        add("normfactor", "mu")
    return found


@st.composite
def workspaces(draw: st.DrawFn) -> dict[str, Any]:
    channels, observations = [], []
    # not sorted: pyhf sorts channels and samples by name, whatever the file's order
    for channel in draw(st.sampled_from([["SR"], ["SR", "CR"], ["b", "C", "a"]])):
        bins = draw(st.integers(1, 3))
        samples = []
        for sample in ["signal", *draw(st.sampled_from([[], ["ttW"], ["ttW", "fakes"]]))]:
            data = draw(st.lists(yields, min_size=bins, max_size=bins))
            samples.append(
                {
                    "name": sample,
                    "data": data,
                    "modifiers": modifiers(draw, channel, sample, data),
                }
            )
        channels.append({"name": channel, "samples": samples})
        counts = draw(st.lists(st.integers(0, 150), min_size=bins, max_size=bins))
        observations.append({"name": channel, "data": [float(count) for count in counts]})
    parameters: list[dict[str, Any]] = [
        {
            "name": "lumi",
            "auxdata": [1.0],
            "sigmas": [0.017],
            "inits": [1.0],
            "bounds": [[0.9, 1.1]],
        }
    ]
    if draw(st.booleans()):
        parameters.append({"name": "mu", "inits": [1.5], "bounds": [[-3.0, 8.0]]})
    if draw(st.booleans()):
        parameters.append({"name": "alpha", "auxdata": [0.3], "fixed": draw(st.booleans())})
    return {
        "channels": channels,
        "observations": observations,
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": parameters}}],
        "version": "1.0.0",
    }


def both(spec: dict[str, Any]) -> tuple[Likelihood, Any, list[float]]:
    model = pyhf.Workspace(spec).model()
    return (
        Likelihood.of(build_model(parse_workspace(spec))),
        model,
        pyhf.Workspace(spec).data(model),
    )


def random_parameters(likelihood: Likelihood, seed: int) -> np.ndarray:
    """Return parameters with positive rates, inside and outside |alpha| = 1."""
    rng = np.random.default_rng(seed)
    parameters = likelihood.model.parameters
    width = np.where(np.asarray(parameters.kinds) == "alpha", 1.5, 0.3)
    width[[name == "lumi" for name in parameters.names]] = 0.02
    theta = parameters.inits + width * rng.normal(size=len(parameters))
    return np.where(np.asarray(parameters.kinds) == "alpha", theta, np.abs(theta) + 0.01)


@TOGETHER
@given(spec=workspaces())
def test_parameters_have_the_order_starts_bounds_and_constraints_of_pyhf(
    spec: dict[str, Any],
) -> None:
    likelihood, model, _ = both(spec)
    ours = likelihood.model.parameters
    assert list(ours.names) == model.config.par_names
    assert ours.inits.tolist() == model.config.suggested_init()
    assert ours.fixed.tolist() == model.config.suggested_fixed()
    bounds = np.asarray(model.config.suggested_bounds())
    np.testing.assert_array_equal(np.column_stack([ours.lower, ours.upper]), bounds)
    for name in model.config.auxdata_order:
        parameter_set = model.config.param_set(name)
        where = model.config.par_slice(name)
        np.testing.assert_allclose(ours.auxdata[where], parameter_set.auxdata, rtol=1e-14)
        free = ~ours.fixed[where]
        widths = np.asarray(parameter_set.width())
        np.testing.assert_allclose(ours.prefit_sigma[where][free], widths[free], rtol=1e-14)


@TOGETHER
@given(spec=workspaces(), seed=st.integers(0, 2**32 - 1))
def test_rates_and_twice_nll_are_those_of_pyhf(spec: dict[str, Any], seed: int) -> None:
    likelihood, model, data = both(spec)
    theta = random_parameters(likelihood, seed)
    expected = model.expected_actualdata(theta)
    if not (expected > 0).all():
        return
    np.testing.assert_allclose(likelihood.rates.per_bin(theta), expected, rtol=1e-10)
    by_sample = model.main_model.expected_data(theta, return_by_sample=True)
    np.testing.assert_allclose(likelihood.rates.by_sample(theta), by_sample, rtol=1e-10, atol=1e-12)
    twice_nll = float(-2 * model.logpdf(theta, data)[0])
    assert likelihood.twice_nll(theta) == pytest.approx(twice_nll, rel=1e-10)


@TOGETHER
@given(spec=workspaces(), seed=st.integers(0, 2**32 - 1))
def test_gradient_and_hessian_are_the_derivatives_of_twice_nll(
    spec: dict[str, Any], seed: int
) -> None:
    likelihood, _, _ = both(spec)
    theta = random_parameters(likelihood, seed)
    if not np.isfinite(likelihood.deviance(theta)):
        return
    slope = likelihood.slope(theta)
    scale = 1 + np.abs(slope.hessian).max()
    step = 1e-5
    for index in range(len(theta)):
        shift = np.zeros_like(theta)
        shift[index] = step
        up, down = theta + shift, theta - shift
        if not (np.isfinite(likelihood.deviance(up)) and np.isfinite(likelihood.deviance(down))):
            continue
        slopes = likelihood.slope(up), likelihood.slope(down)
        gradient = (likelihood.deviance(up) - likelihood.deviance(down)) / (2 * step)
        hessian = (slopes[0].gradient - slopes[1].gradient) / (2 * step)
        assert gradient == pytest.approx(slope.gradient[index], abs=1e-5 * scale)
        np.testing.assert_allclose(hessian, slope.hessian[index], atol=1e-5 * scale)
        jacobian = (slopes[0].rates - slopes[1].rates) / (2 * step)
        np.testing.assert_allclose(jacobian, slope.jacobian[index], rtol=1e-5, atol=1e-5)


@TOGETHER
@given(spec=workspaces())
def test_derivatives_are_exact_where_linear_factors_are_zero(spec: dict[str, Any]) -> None:
    likelihood, _, _ = both(spec)
    likelihood = likelihood.with_data(np.zeros_like(likelihood.observed))
    parameters = likelihood.model.parameters
    theta = parameters.inits.copy()
    linear = [i for i, name in enumerate(parameters.names) if name in ("mu", "free")]
    theta[linear] = 0.0
    slope = likelihood.slope(theta)
    step = 1e-4
    for index in linear:
        shift = np.zeros_like(theta)
        shift[index] = step
        # rates are linear in the factor and the counts are zero: differences are exact
        up = likelihood.slope(theta + shift)
        np.testing.assert_allclose(
            (up.rates - slope.rates) / step, slope.jacobian[index], rtol=1e-6, atol=1e-6
        )
        np.testing.assert_allclose(
            (up.gradient - slope.gradient) / step, slope.hessian[index], rtol=1e-6, atol=1e-6
        )


@TOGETHER
@given(
    spec=workspaces(),
    seed=st.integers(0, 2**32 - 1),
    norm_code=st.sampled_from(get_args(NormCode)),
    shape_code=st.sampled_from(get_args(ShapeCode)),
)
def test_all_interpolation_codes_are_those_of_pyhf(
    spec: dict[str, Any], seed: int, norm_code: NormCode, shape_code: ShapeCode
) -> None:
    settings = {"normsys": {"interpcode": norm_code}, "histosys": {"interpcode": shape_code}}
    model = pyhf.Workspace(spec).model(modifier_settings=settings)
    likelihood = Likelihood.of(build_model(parse_workspace(spec), norm_code, shape_code))
    theta = random_parameters(likelihood, seed)
    if shape_code == "code2":
        # pyhf's code 2 jumps at |alpha| = 1
        theta[np.asarray(likelihood.model.parameters.kinds) == "alpha"] %= 1.0
    expected = model.expected_actualdata(theta)
    if (expected > 0).all():
        np.testing.assert_allclose(likelihood.rates.per_bin(theta), expected, rtol=1e-10)


@TOGETHER
@given(
    spec=workspaces(),
    seed=st.integers(0, 2**32 - 1),
    norm_code=st.sampled_from(get_args(NormCode)),
    shape_code=st.sampled_from(get_args(ShapeCode)),
)
def test_many_points_together_have_the_values_and_gradients_of_each(
    spec: dict[str, Any], seed: int, norm_code: NormCode, shape_code: ShapeCode
) -> None:
    likelihood = Likelihood.of(build_model(parse_workspace(spec), norm_code, shape_code))
    points = [random_parameters(likelihood, seed + number) for number in range(3)]
    data = [likelihood.observed, likelihood.observed + 1.0, np.zeros_like(likelihood.observed)]
    shifted = [likelihood.auxdata * factor for factor in (1.0, 1.1, 0.9)]
    deviance, gradient = likelihood.slopes(
        np.stack(points, axis=1), np.stack(data, axis=1), np.stack(shifted, axis=1)
    )
    for number, (theta, counts, auxdata) in enumerate(zip(points, data, shifted, strict=True)):
        alone = likelihood.with_data(counts, auxdata)
        assert deviance[number] == pytest.approx(alone.deviance(theta), rel=1e-10)
        if np.isfinite(deviance[number]):
            expected = alone.slope(theta).gradient
            scale = 1 + np.abs(expected).max()
            np.testing.assert_allclose(gradient[:, number], expected, atol=1e-10 * scale)


def test_a_staterror_shared_by_channels_has_one_gamma_per_bin_of_each() -> None:
    sample = {
        "name": "signal",
        "data": [10.0, 20.0],
        "modifiers": [
            {"name": "stat", "type": "staterror", "data": [1.0, 3.0]},
            {"name": "mu", "type": "normfactor", "data": None},
        ],
    }
    spec = {
        "channels": [{"name": name, "samples": [sample]} for name in ("SR", "CR")],
        "observations": [{"name": name, "data": [12.0, 19.0]} for name in ("SR", "CR")],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }
    likelihood, model, data = both(spec)
    theta = np.linspace(0.7, 1.4, 5)
    assert list(likelihood.model.parameters.names) == model.config.par_names
    np.testing.assert_allclose(
        likelihood.rates.per_bin(theta), model.expected_actualdata(theta), rtol=1e-12
    )
    assert likelihood.twice_nll(theta) == pytest.approx(-2 * model.logpdf(theta, data)[0])


def test_constraints_changed_by_the_measurement_are_those_of_pyhf() -> None:
    sample = {
        "name": "signal",
        "data": [10.0, 20.0],
        "modifiers": [
            {"name": "stat", "type": "staterror", "data": [1.0, 3.0]},
            {"name": "shape", "type": "shapesys", "data": [2.0, 4.0]},
            {"name": "mu", "type": "normfactor", "data": None},
        ],
    }
    config = [
        {"name": "stat", "sigmas": [0.2, 0.3], "auxdata": [1.1, 0.9]},
        {"name": "shape", "factors": [9.0, 16.0], "auxdata": [8.0, 17.0], "inits": [0.9, 1.1]},
    ]
    spec = {
        "channels": [{"name": "SR", "samples": [sample]}],
        "observations": [{"name": "SR", "data": [12.0, 19.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": config}}],
        "version": "1.0.0",
    }
    likelihood, model, data = both(spec)
    theta = np.linspace(0.7, 1.4, 5)
    assert likelihood.twice_nll(theta) == pytest.approx(-2 * model.logpdf(theta, data)[0])


def test_a_zero_event_bin_has_the_likelihood_of_pyhf() -> None:
    sample = {
        "name": "signal",
        "data": [0.0, 2.0],
        "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
    }
    spec = {
        "channels": [{"name": "SR", "samples": [sample]}],
        "observations": [{"name": "SR", "data": [0.0, 0.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }
    likelihood, model, data = both(spec)
    assert likelihood.twice_nll(np.asarray([1.3])) == pytest.approx(
        -2 * model.logpdf([1.3], data)[0]
    )
