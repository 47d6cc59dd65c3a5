"""Factors of a workspace: polynomials, shapes per bin, what is dropped, and the observations."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyhf

from n2mu.config.polynomial import polynomial
from n2mu.errors import ExpressionError, TemplateError
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit
from n2mu.templates.histogram import Template
from n2mu.templates.settings import WorkspaceSettings
from n2mu.templates.workspace import build_workspace

NOMINAL = {"sig": [2.0, 8.0], "fake": [50.0, 20.0], "tt": [30.0, 30.0]}
ERRORS = {"sig": [0.1, 0.2], "fake": [5.0, 3.0], "tt": [1.0, 2.0]}


def templates() -> dict[str, dict[str, dict[str, Template]]]:
    region = {
        name: {"nominal": Template(np.array(sumw), np.array(ERRORS[name]) ** 2, 0)}
        for name, sumw in NOMINAL.items()
    }
    region["fake"]["JES_up"] = Template(np.array([60.0, 24.0]), np.ones(2), 0)
    region["fake"]["JES_down"] = Template(np.array([45.0, 11.0]), np.ones(2), 0)
    region["data"] = {"nominal": Template(np.array([91.0, 58.0]), np.array([91.0, 58.0]), 0)}
    return {"SR": region}


def settings(expression: str = "f", **changes: Any) -> WorkspaceSettings:
    base = {
        "fit": "toy",
        "regions": ["SR"],
        "samples": ["sig", "fake", "tt"],
        "norm_factors": {
            "mu": {"nominal": 1.0, "bounds": (-5.0, 10.0)},
            "f": {"nominal": 0.5, "bounds": (0.0, 5.0)},
            "g": {"nominal": 1.5, "bounds": (0.0, 5.0)},
        },
        "scaling": {
            "SR": {
                "sig": {"polynomial": [(("mu",), 1.0)]},
                "fake": {"polynomial": list(polynomial(expression).items())},
            }
        },
        "poi": "mu",
        "asimov_mu": 1.0,
        "mc_statistics_threshold": 0.0,
    }
    return WorkspaceSettings.model_validate({**base, **changes})


def effect(**changes: Any) -> dict[str, Any]:
    base = {
        "region": "SR",
        "sample": "fake",
        "systematic": "JES",
        "kind": "tree",
        "parameter": "JES",
        "status": "kept",
        "norm_kept": True,
        "shape_kept": True,
    }
    return {**base, **changes}


class Model:
    """A workspace as pyhf understands it."""

    def __init__(self, specification: dict[str, Any]) -> None:
        pyhf.schema.validate(specification, "workspace.json")
        self.workspace = pyhf.Workspace(specification)
        self.model = self.workspace.model()

    def rates(self, **values: float) -> np.ndarray:
        parameters = list(self.model.config.suggested_init())
        for name, value in values.items():
            parameters[self.model.config.par_slice(name).start] = value
        rates: np.ndarray = np.asarray(self.model.expected_data(parameters, include_auxdata=False))
        return rates


EXPRESSIONS = {
    "f": lambda f, g: f,
    "1 - f": lambda f, g: 1 - f,
    "2 * f * g - 0.25 * g + 3": lambda f, g: 2 * f * g - 0.25 * g + 3,
    "(1 - f) * (2 - g)": lambda f, g: (1 - f) * (2 - g),
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize(("f", "g"), [(0.5, 1.5), (0.1, 0.7), (1.7, 0.2)])
def test_an_expression_of_factors_scales_its_sample(expression: str, f: float, g: float) -> None:
    model = Model(build_workspace(settings(expression), templates(), [effect()]))
    free = {n: v for n, v in (("f", f), ("g", g)) if n in model.model.config.par_order}
    scale = EXPRESSIONS[expression](f, g)
    for theta, fake in ((0.0, NOMINAL["fake"]), (1.0, [60.0, 24.0]), (-1.0, [45.0, 11.0])):
        found = model.rates(JES=theta, mu=2.0, **free)
        expected = [2 * s + scale * x + t for s, x, t in zip([2, 8], fake, [30, 30], strict=True)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_relative_mc_error_is_that_of_the_nominal_yield(expression: str) -> None:
    model = Model(build_workspace(settings(expression), templates(), [])).model
    total = np.sum(list(NOMINAL.values()), axis=0)
    error = np.sqrt(np.sum(np.square(list(ERRORS.values())), axis=0))
    widths = model.config.param_set("staterror_SR").sigmas
    np.testing.assert_allclose(widths, error / total, rtol=1e-12)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_asimov_data_are_the_rates_at_the_nominal_factors(expression: str) -> None:
    model = Model(build_workspace(settings(expression), templates(), []))
    np.testing.assert_allclose(
        model.workspace.data(model.model, include_auxdata=False), model.rates(), rtol=1e-12
    )


def test_a_negative_term_has_a_factor_that_is_fixed_at_minus_one() -> None:
    model = Model(build_workspace(settings("1 - f"), templates(), [])).model
    assert model.config.samples == ["fake", "fake__f", "sig", "tt"]
    where = model.config.par_slice("minus_one").start
    assert model.config.suggested_fixed()[where] is True
    assert model.config.suggested_init()[where] == -1.0


def test_what_is_no_polynomial_is_refused() -> None:
    for text in ("1 / f", "sqrt(f)", "f > 1", "f ^ g", "f ^ 0.5", "f[0]"):
        with pytest.raises(ExpressionError):
            polynomial(text)
    assert polynomial("pow(f - g, 2)") == {("f", "f"): 1, ("f", "g"): -2, ("g", "g"): 1}
    assert polynomial("f - f") == {}


def fitted(tmp_path: Path, expression: str) -> tuple[dict[str, Any], dict[str, Any]]:
    specification = build_workspace(settings(expression), templates(), [effect()])
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(specification))
    told = FitSettings(
        dataset="asimov",
        poi="mu",
        kinds={"sig": "signal", "fake": "background", "fake__f": "background", "tt": "background"},
        parts={"fake__f": "fake"},
        asimov_mu=1.0,
    )
    run_fit(told, path, tmp_path / "mu_fit.json", {})
    return tuple(
        json.loads((tmp_path / name).read_text()) for name in ("mu_fit.json", "postfit.json")
    )


def test_the_terms_of_a_sample_are_listed_as_one(tmp_path: Path) -> None:
    # 1.5 - f at f = 0.5 is 1, so that the fits agree
    two, two_bins = fitted(tmp_path, "1.5 - f")
    assert list(two["yields"]["SR"]["samples"]) == ["fake", "sig", "tt"]
    yields = two["yields"]["SR"]["samples"]["fake"]
    assert yields["prefit"]["value"] == pytest.approx(70.0)
    assert yields["postfit"]["value"] == pytest.approx(70.0, rel=1e-4)
    # f is free, as is 1.5 - f: their errors agree with those of a plain factor
    one, _ = fitted(tmp_path, "2 * f")
    expected = one["yields"]["SR"]["samples"]["fake"]["postfit"]["error"]
    assert yields["postfit"]["error"] == pytest.approx(expected, rel=1e-4)
    assert two_bins["regions"]["SR"]["samples"]["fake"]["prefit"] == pytest.approx([50.0, 20.0])
    assert set(two_bins["regions"]["SR"]["samples"]) == {"fake", "sig", "tt"}


def test_shape_factors_scale_every_bin_on_its_own() -> None:
    scaling = {
        "SR": {
            "sig": {"polynomial": [(("mu",), 1.0)]},
            "fake": {"polynomial": [((), 1.0)], "shape_factors": ["free"]},
        }
    }
    told = settings(scaling=scaling, shape_factors={"free": {"bounds": (0.0, 3.0)}})
    model = Model(build_workspace(told, templates(), []))
    where = model.model.config.par_slice("free")
    values = list(model.model.config.suggested_init())
    assert model.model.config.suggested_bounds()[where] == [[0.0, 3.0]] * 2
    values[where] = [2.0, 3.0]
    rates = model.model.expected_data(values, include_auxdata=False)
    np.testing.assert_allclose(rates, [2 + 100 + 30, 8 + 60 + 30])


def test_regions_that_share_a_shape_factor_have_as_many_bins() -> None:
    made = templates()
    made["CR"] = {"tt": {"nominal": Template(np.ones(3), np.ones(3), 0)}}
    free = {"polynomial": [((), 1.0)], "shape_factors": ["free"]}
    sig = {"polynomial": [(("mu",), 1.0)]}
    told = settings(
        regions=["SR", "CR"],
        scaling={"SR": {"tt": free, "sig": sig}, "CR": {"tt": free}},
        shape_factors={"free": {"bounds": (0.0, 3.0)}},
    )
    with pytest.raises(TemplateError, match=r"different numbers of bins \(SR 2, CR 3\)"):
        build_workspace(told, made, [])


def test_what_was_dropped_has_no_modifier() -> None:
    def kinds(**changes: Any) -> list[str]:
        specification = build_workspace(settings(), templates(), [effect(**changes)])
        (fake,) = [s for s in specification["channels"][0]["samples"] if s["name"] == "fake"]
        return [m["type"] for m in fake["modifiers"] if m["name"] == "JES"]

    assert kinds() == ["normsys", "histosys"]
    assert kinds(status="norm_dropped", norm_kept=False) == ["histosys"]
    assert kinds(status="shape_dropped", shape_kept=False) == ["normsys"]
    assert kinds(status="dropped", norm_kept=False, shape_kept=False) == []
    assert kinds(status="no_events", norm_kept=False, shape_kept=False) == []


def test_a_systematic_per_bin_moves_every_bin_on_its_own() -> None:
    told = effect(kind="bins", systematic="stat", parameter="stat_SR", norm_kept=None, shape=0.2)
    model = Model(build_workspace(settings(), templates(), [told]))
    expected = model.rates()
    np.testing.assert_allclose(
        model.rates(stat_SR_bin_0=1.0), expected + np.array([5.0, 0.0]), rtol=1e-12
    )
    np.testing.assert_allclose(
        model.rates(stat_SR_bin_1=-1.0), expected - np.array([0.0, 2.0]), rtol=1e-12
    )


def test_systematics_with_one_parameter_move_together() -> None:
    told = [
        effect(parameter="shared"),
        effect(sample="tt", kind="norm", parameter="shared", norm_up=0.1, norm_down=-0.1),
    ]
    model = Model(build_workspace(settings(), templates(), told))
    found = model.rates(shared=1.0)
    np.testing.assert_allclose(found, [2 + 0.5 * 60 + 33, 8 + 0.5 * 24 + 33])


def test_observed_data_are_the_observations_and_the_workspace_says_so() -> None:
    told = settings(data="data", data_sample="data")
    specification = build_workspace(told, templates(), [])
    assert specification["observations"] == [{"name": "SR", "data": [91.0, 58.0]}]
    name = specification["measurements"][0]["name"]
    assert name == "toy: observed data, Asimov data with mu = 1 in blinded bins"
    assert build_workspace(settings(), templates(), [])["observations"][0]["data"] != [91.0, 58.0]


def test_a_fit_of_data_without_data_is_refused() -> None:
    made = templates()
    del made["SR"]["data"]
    with pytest.raises(TemplateError, match="region 'SR': no observed data 'data'"):
        build_workspace(settings(data="data", data_sample="data"), made, [])


def test_asimov_data_below_zero_are_refused() -> None:
    told = settings("1 - g", asimov_mu=1.0)
    large = {"f": {"nominal": 0.5, "bounds": (0.0, 5.0)}, "g": {"nominal": 4, "bounds": (0, 5)}}
    factors = {"mu": {"nominal": 1.0, "bounds": (-5.0, 10.0)}, **large}
    with pytest.raises(TemplateError, match=r"region 'SR': the Asimov data of bin 1 would be -118"):
        build_workspace(
            told.model_validate({**told.model_dump(), "norm_factors": factors}), templates(), []
        )
