"""Templates of a small fit, its workspace by hand, and what pyhf makes of one."""

import warnings
from typing import Any

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyhf
from n2mu.templates.histogram import Template
from n2mu.templates.settings import FreeFactor, Scaling, WorkspaceSettings

Templates = dict[str, dict[str, dict[str, Template]]]


def template(sumw: list[float], error: list[float] | None = None) -> Template:
    errors = np.zeros(len(sumw)) if error is None else np.array(error)
    return Template(np.array(sumw), errors**2, 0)


def settings(**changes: Any) -> WorkspaceSettings:
    base = {
        "fit": "toy",
        "regions": ["SR", "CR"],
        "samples": ["ttH", "ttW", "tt"],
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
