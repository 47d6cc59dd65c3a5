"""The workspace of a fit: what pyhf makes of it is what the templates say."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyhf

from n2mu.errors import ProductError, TemplateError
from n2mu.fit.mixing import run_workspace
from n2mu.fit.workspace import read_workspace
from n2mu.templates.histogram import Template, write_root
from n2mu.templates.settings import FreeFactor, Scaling, WorkspaceSettings
from n2mu.templates.workspace import build_workspace

Templates = dict[str, dict[str, dict[str, Template]]]


def template(sumw: list[float], error: list[float] | None = None) -> Template:
    errors = np.zeros(len(sumw)) if error is None else np.array(error)
    return Template(np.array(sumw), errors**2, 0)


def settings(**changes: Any) -> WorkspaceSettings:
    base = {
        "fit": "toy",
        "regions": ["SR", "CR"],
        "samples": {"ttH": "signal", "ttW": "background", "tt": "background"},
        "norm_factors": {
            "mu": FreeFactor(nominal=1.0, bounds=(-5.0, 10.0)),
            "norm_tt": FreeFactor(nominal=1.2, bounds=(0.0, 5.0)),
        },
        "scaling": {
            region: {
                "ttH": Scaling(polynomial=[(("mu",), 1.0)]),
                "tt": Scaling(polynomial=[(("norm_tt",), 1.0)]),
            }
            for region in ("SR", "CR")
        },
        "poi": "mu",
        "asimov_mu": 2.0,
        "mc_statistics_threshold": 0.05,
    }
    return WorkspaceSettings.model_validate({**base, **changes})


NORMS: Any = {
    "luminosity": (["ttH", "ttW", "tt"], 0.01, -0.01),
    "xs_ttW": (["ttW"], 0.3, -0.2),
}
SHAPES = {"JES": ["ttH", "ttW", "tt"], "fakes": ["tt"]}


def effect(region: str, sample: str, systematic: str, **changes: Any) -> dict[str, Any]:
    entry = {
        "region": region,
        "sample": sample,
        "systematic": systematic,
        "kind": "tree",
        "parameter": systematic,
        "status": "kept",
        "norm_kept": True,
        "shape_kept": True,
    }
    return {**entry, **changes}


def effects(norms: Any = NORMS, shapes: Any = SHAPES) -> list[dict[str, Any]]:
    """What the report says of systematics that are kept as they are."""
    result = []
    for region in ("SR", "CR"):
        for sample in ("ttH", "ttW", "tt"):
            for name, (samples, up, down) in norms.items():
                if sample in samples:
                    numbers = {"kind": "norm", "norm_up": up, "norm_down": down}
                    result.append(effect(region, sample, name, **numbers))
            for name, samples in shapes.items():
                if sample in samples:
                    result.append(effect(region, sample, name))
    return result


def templates() -> Templates:
    return {
        "SR": {
            "ttH": {
                "nominal": template([1.0, 4.0], [0.1, 0.2]),
                "JES_up": template([1.5, 4.5]),
                "JES_down": template([0.5, 4.0]),
            },
            "ttW": {
                "nominal": template([10.0, 2.0], [0.2, 0.1]),
                "JES_up": template([11.0, 3.0]),
                "JES_down": template([8.0, 1.0]),
            },
            "tt": {
                "nominal": template([29.0, 6.0], [1.0, 1.0]),
                "JES_up": template([28.0, 7.0]),
                "JES_down": template([30.0, 5.0]),
                "fakes_up": template([40.0, 30.0]),
                "fakes_down": template([0.2, 0.15]),
            },
        },
        "CR": {
            "tt": {
                "nominal": template([50.0, 0.0, 20.0], [0.1, 0.0, 3.0]),
                "JES_up": template([40.0, 1.0, 20.0]),
                "JES_down": template([60.0, 0.0, 25.0]),
                "fakes_up": template([55.0, 0.0, 22.0]),
                "fakes_down": template([45.0, 0.0, 18.0]),
            },
            "ttW": {
                "nominal": template([0.0, 5.0, 0.0], [0.0, 0.1, 0.0]),
                "JES_up": template([0.0, 6.0, 0.0]),
                "JES_down": template([0.0, 4.0, 1.0]),
            },
        },
    }


def norm(name: str, high: float, low: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": high, "lo": low}}


def shape(name: str, high: list[float], low: list[float]) -> dict[str, Any]:
    return {"name": name, "type": "histosys", "data": {"hi_data": high, "lo_data": low}}


def factor(name: str) -> dict[str, Any]:
    return {"name": name, "type": "normfactor", "data": None}


def gammas(region: str, errors: list[float]) -> dict[str, Any]:
    return {"name": f"staterror_{region}", "type": "staterror", "data": errors}


LUMINOSITY = norm("luminosity", 1.01, 0.99)
BY_HAND = {
    "channels": [
        {
            "name": "SR",
            "samples": [
                {
                    "name": "ttH",
                    "data": [1.0, 4.0],
                    "modifiers": [
                        factor("mu"),
                        LUMINOSITY,
                        norm("JES", 1.2, 0.9),
                        shape("JES", [1.25, 3.75], [0.5 / 0.9, 4.0 / 0.9]),
                        gammas("SR", [0.0, 0.2]),
                    ],
                },
                {
                    "name": "ttW",
                    "data": [10.0, 2.0],
                    "modifiers": [
                        LUMINOSITY,
                        norm("xs_ttW", 1.3, 0.8),
                        norm("JES", 14 / 12, 9 / 12),
                        shape("JES", [11 * 12 / 14, 3 * 12 / 14], [8 * 12 / 9, 12 / 9]),
                        gammas("SR", [0.0, 0.1]),
                    ],
                },
                {
                    "name": "tt",
                    "data": [29.0, 6.0],
                    "modifiers": [
                        factor("norm_tt"),
                        LUMINOSITY,
                        norm("JES", 1.0, 1.0),
                        shape("JES", [28.0, 7.0], [30.0, 5.0]),
                        norm("fakes", 2.0, 0.01),
                        shape("fakes", [20.0, 15.0], [20.0, 15.0]),
                        # 1.02 of 40 events is below the threshold of 5 %, 1.02 of 12 above
                        gammas("SR", [0.0, 1.0]),
                    ],
                },
            ],
        },
        {
            "name": "CR",
            "samples": [
                {
                    "name": "ttW",
                    "data": [0.0, 5.0, 0.0],
                    "modifiers": [
                        LUMINOSITY,
                        norm("xs_ttW", 1.3, 0.8),
                        norm("JES", 1.2, 1.0),
                        shape("JES", [0.0, 5.0, 0.0], [0.0, 4.0, 1.0]),
                        # no error of its own in the bin with a gamma, which scales it all the same
                        gammas("CR", [0.0, 0.0, 0.0]),
                    ],
                },
                {
                    "name": "tt",
                    "data": [50.0, 0.0, 20.0],
                    "modifiers": [
                        factor("norm_tt"),
                        LUMINOSITY,
                        norm("JES", 61 / 70, 85 / 70),
                        shape(
                            "JES",
                            [40 * 70 / 61, 70 / 61, 20 * 70 / 61],
                            [60 * 70 / 85, 0.0, 25 * 70 / 85],
                        ),
                        norm("fakes", 1.1, 0.9),
                        shape("fakes", [50.0, 0.0, 20.0], [50.0, 0.0, 20.0]),
                        gammas("CR", [0.0, 0.0, 3.0]),
                    ],
                },
            ],
        },
    ],
    "measurements": [
        {
            "name": "toy: Asimov data with mu = 2",
            "config": {
                "poi": "mu",
                "parameters": [
                    {"name": "mu", "inits": [1.0], "bounds": [[-5.0, 10.0]]},
                    {"name": "norm_tt", "inits": [1.2], "bounds": [[0.0, 5.0]]},
                ],
            },
        }
    ],
    "observations": [
        {"name": "SR", "data": [2 * 1 + 10 + 1.2 * 29, 2 * 4 + 2 + 1.2 * 6]},
        {"name": "CR", "data": [1.2 * 50, 5.0, 1.2 * 20]},
    ],
    "version": "1.0.0",
}


def same(found: Any, expected: Any, where: str = "workspace") -> None:
    """Compare JSON, numbers to 12 digits."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), where
        for key, value in expected.items():
            same(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for i, value in enumerate(expected):
            same(found[i], value, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), where
    else:
        assert found == expected, where


class Model:
    """The workspace as pyhf understands it."""

    def __init__(self, specification: dict[str, Any]) -> None:
        self.workspace = pyhf.Workspace(specification)
        self.model = self.workspace.model()

    def parameters(self, **values: float) -> list[float]:
        """Return all parameters at their initial values but those given."""
        result = self.model.config.suggested_init()
        for name, value in values.items():
            result[self.model.config.par_slice(name).start] = value
        return list(result)

    def rates(self, sample: str, **values: float) -> np.ndarray:
        """Return the expected rates of one sample, all channels joined."""
        by_sample = self.model.main_model.expected_data(
            self.parameters(**values), return_by_sample=True
        )
        rates: np.ndarray = np.asarray(by_sample)[self.model.config.samples.index(sample)]
        return rates


def stored(templates: Templates, model: Model, sample: str, variation: str) -> np.ndarray:
    """Return templates in pyhf's order of channels; zeros where there is none."""
    parts = []
    for channel in model.model.config.channels:
        variations = templates[channel].get(sample)
        bins = model.model.config.channel_nbins[channel]
        if variations is None:
            parts.append(np.zeros(bins))
        else:
            parts.append(variations.get(variation, variations["nominal"]).sumw)
    return np.concatenate(parts)


def test_a_workspace_is_the_one_written_by_hand() -> None:
    same(build_workspace(settings(), templates(), effects()), BY_HAND)


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
    told = settings(regions=["SR"], samples={"ttH": "signal"})
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


def test_factors_that_act_on_nothing_here_are_left_out() -> None:
    told = settings(
        regions=["SR"],
        samples={"ttH": "signal", "ttW": "background"},
    )
    names = build_workspace(told, templates(), effects())["measurements"][0]["config"]["parameters"]
    assert [parameter["name"] for parameter in names] == ["mu"]


def refused(made: Templates, **changes: Any) -> str:
    with pytest.raises(TemplateError) as error:
        build_workspace(settings(**changes), made, effects())
    assert "\n" not in str(error.value)
    return str(error.value)


def test_missing_templates_are_refused() -> None:
    made = templates()
    del made["SR"]["tt"]["JES_down"]
    text = refused(made)
    assert "region 'SR', sample 'tt': no template 'JES_down'" in text
    assert "make the templates of fit 'toy' again" in text
    assert "region 'VR' has no templates" in refused(templates(), regions=["SR", "VR"])


def test_a_sample_that_is_in_no_region_is_refused() -> None:
    samples = {**settings().samples, "ttZ": "background"}
    text = refused(templates(), samples=samples)
    assert "sample 'ttZ' has no template in any region" in text


def test_a_signal_strength_without_signal_is_refused() -> None:
    text = refused(templates(), regions=["CR"], samples={"ttW": "background", "tt": "background"})
    assert "the signal strength 'mu' acts on no sample of fit 'toy'" in text


def test_the_job_writes_what_a_fit_reads(tmp_path: Path) -> None:
    path = tmp_path / "templates.root"
    edges = {"SR": np.arange(3.0), "CR": np.arange(4.0)}
    rows = {
        (region, sample, variation): entry
        for region, samples in templates().items()
        for sample, variations in samples.items()
        for variation, entry in variations.items()
    }
    write_root(path, edges, rows)
    output, report = tmp_path / "workspace.json", tmp_path / "templates_report.json"
    report.write_text(json.dumps({"effects": effects()}))
    run_workspace(settings(), path, report, output)
    same(json.loads(output.read_text()), BY_HAND)
    first = output.read_bytes()
    run_workspace(settings(), path, report, output)
    assert output.read_bytes() == first
    assert [channel.name for channel in read_workspace(output).channels] == ["CR", "SR"]


def test_no_templates_no_workspace(tmp_path: Path) -> None:
    report = tmp_path / "templates_report.json"
    report.write_text(json.dumps({"effects": []}))
    with pytest.raises(ProductError, match="make the templates again"):
        run_workspace(settings(), tmp_path / "templates.root", report, tmp_path / "workspace.json")
    assert not (tmp_path / "workspace.json").exists()


def test_a_report_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    report = tmp_path / "templates_report.json"
    report.write_text(json.dumps({"changes": []}))
    with pytest.raises(ProductError, match="make the templates again"):
        run_workspace(settings(), tmp_path / "templates.root", report, tmp_path / "workspace.json")
