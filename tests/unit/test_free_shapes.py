"""Shapes that data choose: components that add up, tilts that are absorbed, smooth templates."""

from typing import Any

import numpy as np
import pyhf
import pytest
from scipy.stats import kstest
from tests.conftest import TinyAnalysis

from n2mu.config.load import load
from n2mu.config.survey import survey
from n2mu.errors import ConfigurationError, TemplateError
from n2mu.fit.bestfit import BestFit, best_fit, find_poi
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.workspace import parse_workspace
from n2mu.templates.free_shapes import LEAST_P_VALUE, bernstein, smooth, smooth_templates
from n2mu.templates.histogram import Template
from n2mu.templates.settings import TemplateSettings, WorkspaceSettings
from n2mu.templates.workspace import build_workspace
from n2mu.workflow.statistical import FitSlices

DEGREE = 3
EDGES = np.linspace(100.0, 180.0, 41)
X = (EDGES[1:] / 2 + EDGES[:-1] / 2 - 100) / 80
BACKGROUND = 2e4 / 40 * np.exp(1 - 2 * X + 0.8 * X**2)
SIGNAL = 300 * np.exp(-0.5 * ((X - 0.3) / 0.04) ** 2) / 4
FACTORS = [f"free_SR_{number}" for number in range(DEGREE + 1)]


def templates(background: np.ndarray = BACKGROUND) -> dict[str, dict[str, dict[str, Template]]]:
    made = {
        "sig": {"nominal": Template(SIGNAL, 0.01 * SIGNAL, 0)},
        "bkg": {"nominal": Template(background, 3 * background, 0)},
        "top": {"nominal": Template(0.1 * BACKGROUND, BACKGROUND, 0)},
    }
    for side, size in (("up", 1.1), ("down", 0.9)):
        tilted = background * size * (1 + (size - 1) * X)
        made["bkg"][f"jes_{side}"] = Template(tilted, tilted, 0)
    return {"SR": made}


def settings(*, smoothed: bool = False, free: bool = True) -> WorkspaceSettings:
    shape = {
        "components": [f"free_{number}" for number in range(DEGREE + 1)],
        "factors": FACTORS,
        "smooth": smoothed,
    }
    return WorkspaceSettings.model_validate(
        {
            "fit": "toy",
            "regions": ["SR"],
            "samples": ["sig", "bkg", "top"],
            "norm_factors": {"mu": {"nominal": 1.0, "bounds": (-10.0, 10.0)}}
            | {name: {"nominal": 1.0, "bounds": (0.0, 10.0)} for name in FACTORS},
            "scaling": {
                "SR": {
                    "sig": {"polynomial": [(("mu",), 1.0)]},
                    "bkg": {
                        "polynomial": [((), 1.0)],
                        "free_shape": shape if free else None,
                    },
                }
            },
            "poi": "mu",
            "asimov_mu": 1.0,
            "mc_statistics_threshold": 0.0,
        }
    )


JES = {
    "region": "SR",
    "sample": "bkg",
    "systematic": "jes",
    "kind": "tree",
    "parameter": "jes",
    "status": "kept",
    "norm_kept": True,
    "shape_kept": True,
}


def model(specification: dict[str, Any]) -> pyhf.Model:
    pyhf.schema.validate(specification, "workspace.json")
    return pyhf.Workspace(specification).model()


def rates(of: pyhf.Model, **values: float) -> np.ndarray:
    parameters = list(of.config.suggested_init())
    for name, value in values.items():
        parameters[of.config.par_slice(name).start] = value
    result: np.ndarray = np.asarray(of.expected_data(parameters, include_auxdata=False))
    return result


def fitted(specification: dict[str, Any], observed: np.ndarray | None = None) -> BestFit:
    if observed is not None:
        specification["observations"] = [{"name": "SR", "data": observed.tolist()}]
    likelihood = Likelihood.of(build_model(parse_workspace(specification, "toy")))
    return best_fit(likelihood, find_poi(likelihood, "mu"))


def workspace(**told: Any) -> dict[str, Any]:
    made = told.pop("made", templates())
    effects = told.pop("effects", [])
    return build_workspace(settings(**told), made, effects, {"SR": EDGES.tolist()})


@pytest.mark.parametrize("degree", [1, 4, 10])
def test_bernstein_polynomials_add_up_to_one_and_reproduce_a_line(degree: int) -> None:
    parts = bernstein(EDGES, degree)
    assert (parts > 0).all()
    np.testing.assert_allclose(parts.sum(axis=0), 1, rtol=1e-14)
    np.testing.assert_allclose(np.arange(degree + 1) / degree @ parts, X, rtol=1e-13)


@pytest.mark.parametrize("jes", [-1.0, 0.0, 0.7])
def test_components_add_up_to_the_template_also_when_it_is_varied(jes: float) -> None:
    free = model(workspace(effects=[JES]))
    plain = model(workspace(effects=[JES], free=False))
    np.testing.assert_allclose(rates(free, jes=jes), rates(plain, jes=jes), rtol=1e-12)


def test_components_have_the_mc_error_of_the_template() -> None:
    free, plain = model(workspace()), model(workspace(free=False))
    ours, expected = (m.config.param_set("staterror_SR").sigmas for m in (free, plain))
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    # moving one gamma moves all components of its bin
    ratio = rates(free, staterror_SR=1.1) / rates(free)
    np.testing.assert_allclose(ratio, [1.1] + [1.0] * 39)


def test_a_smooth_template_has_no_mc_statistics_but_the_others_keep_theirs() -> None:
    found = model(workspace(smoothed=True)).config.param_set("staterror_SR").sigmas
    total = SIGNAL + 1.1 * BACKGROUND
    np.testing.assert_allclose(found, np.sqrt(0.01 * SIGNAL + BACKGROUND) / total, rtol=1e-12)


def test_a_tilt_of_data_is_absorbed_without_bias() -> None:
    coefficients = np.array([1.2, 0.9, 1.0, 0.7])
    shape = coefficients @ bernstein(EDGES, DEGREE)
    best = fitted(workspace(smoothed=True), 1.4 * SIGNAL + BACKGROUND * shape + 0.1 * BACKGROUND)
    assert best.mu == pytest.approx(1.4, abs=1e-5)
    names = best.likelihood.model.parameters.names
    found = [best.theta[names.index(name)] for name in FACTORS]
    np.testing.assert_allclose(found, coefficients, atol=1e-5)


def test_free_factors_hold_the_mc_error_of_a_smooth_template() -> None:
    """A tenth of the events of the data, as if exactly known, shifts mu by far more."""
    shifts: dict[str, list[float]] = {"smooth": [], "simulated": []}
    for seed in range(20):
        fluctuated = 10 * np.random.default_rng(seed).poisson(BACKGROUND / 10).astype(float)
        found = smooth(Template(fluctuated, 10 * fluctuated, 0), EDGES, DEGREE)
        for kind, background in (("smooth", found.template.sumw), ("simulated", fluctuated)):
            made = {"SR": {**templates(background)["SR"]}}
            del made["SR"]["top"]
            told = settings(smoothed=True).model_copy(update={"samples": ["sig", "bkg"]})
            spec = build_workspace(told, made, [], {"SR": EDGES.tolist()})
            best = fitted(spec, SIGNAL + BACKGROUND)
            sigma = best.covariance.uncertainty[best.poi]
            shifts[kind].append((best.mu - 1) / sigma)
    assert np.abs(shifts["smooth"]).max() < 0.1
    assert np.std(shifts["simulated"]) > 1


def test_a_smooth_template_keeps_yield_and_moments_of_the_simulation() -> None:
    simulated = np.random.default_rng(1).poisson(BACKGROUND).astype(float)
    template = Template(0.3 * simulated, 0.09 * simulated, 77)
    found = smooth(template, EDGES, DEGREE).template
    for power in range(DEGREE + 1):
        assert found.sumw @ X**power == pytest.approx(template.sumw @ X**power, rel=1e-9)
    np.testing.assert_allclose(found.sumw2, 0.3 * found.sumw)
    assert found.events == 77


def test_a_polynomial_of_the_logarithm_is_found_again_in_bins_of_any_width() -> None:
    edges = np.array([100, 101, 103, 110, 112, 130, 145, 150, 180.0])
    centres = (edges[1:] + edges[:-1]) / 2
    exact = np.diff(edges) * np.exp(3 - 0.02 * centres + 1e-4 * (centres - 130) ** 2)
    found = smooth(Template(exact, exact, 0), edges, 2)
    np.testing.assert_allclose(found.template.sumw, exact, rtol=1e-9)
    assert found.chi2 == pytest.approx(0, abs=1e-9)


def test_p_values_of_what_is_described_are_flat() -> None:
    random = np.random.default_rng(5)
    found = []
    for _ in range(300):
        events = random.poisson(BACKGROUND).astype(float)
        found.append(smooth(Template(0.3 * events, 0.09 * events, 0), EDGES, DEGREE).p_value)
    assert kstest(found, "uniform").pvalue > 1e-3


def test_a_template_that_is_not_smooth_is_refused() -> None:
    told = TemplateSettings.model_construct(smooth={"SR": {"bkg": DEGREE}})
    bump = BACKGROUND + 4 * SIGNAL
    made = {("SR", "bkg", "nominal"): Template(bump, bump, 0)}
    with pytest.raises(TemplateError) as error:
        smooth_templates(told, {"SR": EDGES}, made, [])
    assert str(error.value).startswith(
        "region 'SR', sample 'bkg': the exponential of a polynomial of degree 3 does not describe "
        "the simulation (chi2 / ndf = "
    )
    assert smooth(made["SR", "bkg", "nominal"], EDGES, DEGREE).p_value < LEAST_P_VALUE
    none = {("SR", "bkg", "nominal"): Template(-np.eye(40)[3], np.eye(40)[3], 1)}
    with pytest.raises(TemplateError, match="a yield of -1 has no logarithm"):
        smooth_templates(told, {"SR": EDGES}, none, [])
    few = {("SR", "bkg", "nominal"): Template(np.eye(40)[3], np.eye(40)[3], 1)}
    with pytest.raises(TemplateError, match="1 bin with events cannot determine"):
        smooth_templates(told, {"SR": EDGES}, few, [])


def shaped(tiny: TinyAnalysis, **changes: Any) -> None:
    shape = {"samples": ["background"], "regions": ["SR"], "degree": 2, "title": "Shape"}
    tiny.parts["fits"]["free_shapes"] = {"free": shape | changes}
    tiny.save()


def test_a_fit_is_told_of_its_free_shapes(tiny: TinyAnalysis) -> None:
    shaped(tiny, bounds=[0.2, 4])
    tiny.write_ntuples()
    job = tiny.list()
    slices = FitSlices(job.slices._analysis, "score")
    told = slices.workspace()
    shape = told.scaling["SR"]["background"].free_shape
    assert shape is not None
    assert shape.factors == ["free_SR_0", "free_SR_1", "free_SR_2"]
    assert all(told.norm_factors[name].bounds == (0.2, 4.0) for name in shape.factors)
    assert "background" not in told.scaling.get("CR", {})
    assert slices.fit().parts == {
        "background__free_1": "background",
        "background__free_2": "background",
    }
    assert slices.templates().smooth == {}
    assert job.slices.plots().parameters["free_SR_1"] == "Shape 2 (SR)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": ["signal"]}, "'signal' is signal, whose shape cannot be free"),
        ({"samples": ["backgrund"]}, "unknown sample 'backgrund'; did you mean 'background'?"),
        ({"regions": ["SB"]}, "free_shapes.free.regions: unknown region 'SB'"),
        ({"degree": 0}, "expected a number greater than or equal to 1, got 0"),
        ({"bounds": [1.5, 2]}, "the nominal value 1 must lie inside the bounds [1.5, 2]"),
        ({"smooth": True}, "systematics.jes.samples: the shape of 'background' is free and smooth"),
    ],
)
def test_a_shape_that_cannot_be_free_is_refused(
    tiny: TinyAnalysis, changes: dict[str, Any], message: str
) -> None:
    tiny.parts["systematics"]["systematics"] = {
        name: tiny.parts["systematics"]["systematics"][name] for name in ("lumi", "jes")
    }
    shaped(tiny, **changes)
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert message in str(error.value)
    assert any(message in str(mistake) for mistake in survey(tiny.config).mistakes)


def test_a_sample_has_one_free_shape_and_its_factors_names_of_their_own(
    tiny: TinyAnalysis,
) -> None:
    shaped(tiny)
    shape = tiny.parts["fits"]["free_shapes"]["free"]
    tiny.parts["fits"]["free_shapes"]["other"] = {**shape, "degree": 1}
    tiny.save()
    with pytest.raises(ConfigurationError, match="has the free shape 'free' in region 'SR' alr"):
        load(tiny.config)
    del tiny.parts["fits"]["free_shapes"]["other"]
    factor = {"samples": ["background"], "bounds": [0, 5]}
    tiny.parts["fits"]["norm_factors"]["free_SR_1"] = factor
    tiny.save()
    with pytest.raises(ConfigurationError, match="'free_SR_1' has the name of another one"):
        load(tiny.config)


def test_two_free_shapes_share_no_parameter(tiny: TinyAnalysis) -> None:
    regions = tiny.parts["regions"]["regions"]
    regions["x_SR"] = regions["SR"] | {"selection": f"({regions['SR']['selection']}) && 0"}
    shaped(tiny)
    shapes = tiny.parts["fits"]["free_shapes"]
    shapes["free_x"] = shapes["free"]
    shapes["free"] = shapes["free"] | {"regions": ["x_SR"]}
    tiny.save()
    with pytest.raises(ConfigurationError, match="'free_x_SR_0' has the name of another one"):
        load(tiny.config)
