"""Fits of shapes that data choose against pyhf with MINUIT."""

from typing import Any

import numpy as np
import pytest

from n2mu.fit.bestfit import best_fit, find_poi
from n2mu.fit.crosscheck import crosscheck
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.workspace import parse_workspace
from n2mu.templates.histogram import Template
from n2mu.templates.settings import WorkspaceSettings
from n2mu.templates.workspace import build_workspace

DEGREE = 2
EDGES = np.linspace(100, 180, 13)
REGIONS = ("SR_1", "SR_2")


def workspace(*, smooth: bool) -> dict[str, Any]:
    """Two regions, a peak above a falling background of free shape, and data with more of both."""
    random = np.random.default_rng(8)
    x = (EDGES[1:] / 2 + EDGES[:-1] / 2 - 100) / 80
    templates, observed, scaling = {}, {}, {}
    for number, region in enumerate(REGIONS):
        signal = 12 * (1 + number) * np.exp(-0.5 * ((x - 0.3) / 0.06) ** 2)
        background = 300 / (1 + number) * np.exp(-1.5 * x)
        templates[region] = {
            "sig": {"nominal": Template(signal, 0.05 * signal, 0)},
            "bkg": {"nominal": Template(background, 0.5 * background, 0)},
        }
        observed[region] = random.poisson(1.5 * signal + background * (1.1 - 0.2 * x)).astype(float)
        scaling[region] = {
            "sig": {"polynomial": [(("mu",), 1.0)]},
            "bkg": {
                "polynomial": [((), 1.0)],
                "free_shape": {
                    "components": [f"free_{k}" for k in range(DEGREE + 1)],
                    "factors": [f"free_{region}_{k}" for k in range(DEGREE + 1)],
                    "smooth": smooth,
                },
            },
        }
        templates[region]["data"] = {"nominal": Template(observed[region], observed[region], 0)}
    free = {f"free_{region}_{k}": (0.0, 10.0) for region in REGIONS for k in range(DEGREE + 1)}
    settings = WorkspaceSettings.model_validate(
        {
            "fit": "toy",
            "regions": list(REGIONS),
            "samples": ["sig", "bkg"],
            "data": "data",
            "data_sample": "data",
            "norm_factors": {
                name: {"nominal": 1.0, "bounds": bounds}
                for name, bounds in {"mu": (-10.0, 10.0), **free}.items()
            },
            "scaling": scaling,
            "poi": "mu",
            "asimov_mu": 1.0,
            "mc_statistics_threshold": 0.001,
        }
    )
    return build_workspace(settings, templates, [], dict.fromkeys(REGIONS, EDGES.tolist()))


@pytest.mark.parametrize("smooth", [True, False])
def test_a_fit_with_free_shapes_agrees_with_pyhf_and_minuit(smooth: bool) -> None:
    specification = workspace(smooth=smooth)
    likelihood = Likelihood.of(build_model(parse_workspace(specification, "toy")))
    best = best_fit(likelihood, find_poi(likelihood, "mu"))
    other = crosscheck(best, specification, "mu")
    assert other["valid"]
    assert best.mu == pytest.approx(other["mu"], abs=2e-4)
    assert best.covariance.uncertainty[best.poi] == pytest.approx(other["error"], rel=2e-3)
    assert best.two_nll == pytest.approx(other["two_nll"], abs=1e-5)
