"""What a fit says of observed data that its model does not describe."""

import logging
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from n2mu.errors import FitError
from n2mu.fit import gates
from n2mu.fit.bestfit import BestFit, deepest_fit, find_poi
from n2mu.fit.dataset import DataChoice
from n2mu.fit.gates import GateResult, check_data
from n2mu.fit.inference_settings import GoodnessSettings
from n2mu.fit.inference_stage import run_goodness
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import DenseModel, build_model
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit
from n2mu.fit.workspace import parse_workspace
from n2mu.products import read_json, write_json

BACKGROUND = (120.0, 80.0, 40.0)
GOOD = (131.0, 76.0, 43.0)
BAD = (500.0, 76.0, 43.0)
DELTA = 0.02


def factor(name: str, kind: str = "normfactor", data: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


def spec(
    control: tuple[float, ...],
    signal: tuple[float, ...] = (35.0, 25.0),
    modifiers: tuple[dict[str, Any], ...] = (factor("k"),),
) -> dict[str, Any]:
    """Return a signal region and a control region without signal, of one background."""
    return {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {"name": "sig", "data": [5.0, 15.0], "modifiers": [factor("mu")]},
                    {"name": "bkg", "data": [30.0, 10.0], "modifiers": []},
                ],
            },
            {
                "name": "CR",
                "samples": [
                    {
                        "name": "bkg",
                        "data": list(BACKGROUND[: len(control)]),
                        "modifiers": list(modifiers),
                    }
                ],
            },
        ],
        "observations": [
            {"name": "SR", "data": list(signal)},
            {"name": "CR", "data": list(control)},
        ],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


def gamma(bins: int) -> tuple[dict[str, Any], ...]:
    errors = [DELTA * value for value in BACKGROUND[:bins]]
    return (factor("staterror_CR", "staterror", errors),)


def fit(content: dict[str, Any]) -> BestFit:
    likelihood = Likelihood.of(build_model(parse_workspace(content)))
    return deepest_fit(likelihood, find_poi(likelihood, "mu"))[0]


def only(model: DenseModel, *regions: str) -> Any:
    return DataChoice("stored", 1.0, data_regions=regions).observed_bins(model)


def of_control(content: dict[str, Any]) -> tuple[GateResult, GateResult]:
    best = fit(content)
    goodness, pulls = check_data(best, only(best.likelihood.model, "CR"))
    assert (goodness.name, pulls.name) == ("goodness", "data_pulls")
    return goodness, pulls


def by_hand(counts: tuple[float, ...], rates: Any) -> float:
    return float(sum(2 * (r - n + n * log(n / r)) for n, r in zip(counts, rates, strict=True)))


@pytest.mark.parametrize(("counts", "passed"), [(GOOD, True), (BAD, False)])
def test_goodness_is_that_of_the_observed_bins_and_of_the_factor_fitted_to_them(
    counts: tuple[float, ...], passed: bool
) -> None:
    gate, _ = of_control(spec(counts))
    rates = np.asarray(BACKGROUND) * sum(counts) / sum(BACKGROUND)
    value = by_hand(counts, rates)
    p_value = float(chi2.sf(value, 2))
    assert (p_value > 1e-4) is passed is gate.passed
    assert f"chi2/ndf = {value:.4g}/2 " in gate.detail
    assert "in 3 observed bins" in gate.detail
    assert f"p = {p_value:.2g}" in gate.detail
    assert ("does not describe the data" in gate.detail) is not passed


def test_the_pull_of_a_gamma_is_that_of_its_bin_counted_as_in_a_figure() -> None:
    gate, pulls = of_control(spec(BAD, modifiers=gamma(3)))
    # 1 - n / (b g) + (g - 1) / (b delta^2) = 0
    half = (BACKGROUND[0] * DELTA**2 - 1) / 2
    fitted = -half + sqrt(half**2 + BAD[0] * DELTA**2)
    assert pulls.detail.startswith(
        f"largest pull {(fitted - 1) / DELTA:.3g} (gamma of bin 1 of region CR)"
    )
    assert not gate.passed


@pytest.mark.parametrize(("pull", "passed"), [(4.99, True), (5.01, False)])
def test_a_pull_beyond_five_prior_uncertainties_fails(pull: float, passed: bool) -> None:
    fitted = 1 + pull * DELTA
    count = fitted * BACKGROUND[0] + fitted * (fitted - 1) / DELTA**2
    _, gate = of_control(spec((count,), modifiers=gamma(1)))
    assert gate.passed is passed
    assert gate.detail.startswith(f"largest pull {pull} (gamma of bin 1 of region CR)")


def test_observed_bins_that_the_fit_describes_by_construction_pass() -> None:
    gate, pulls = of_control(spec((250.0,)))
    assert gate.passed
    assert "/0 of the saturated model in 1 observed bin, p = 1" in gate.detail
    assert pulls.passed
    assert "no constrained parameter" in pulls.detail


def test_a_bound_that_keeps_the_fit_from_all_that_is_observed_fails() -> None:
    content = spec((250.0,))
    content["measurements"][0]["config"]["parameters"] = [{"name": "k", "bounds": [[0.0, 1.2]]}]
    gate, _ = of_control(content)
    assert not gate.passed
    assert f"chi2/ndf = {by_hand((250.0,), (144.0,)):.4g}/0 " in gate.detail


def test_a_fit_to_the_observed_bins_that_fails_is_a_failed_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(best: BestFit, bins: Any) -> None:
        raise FitError("it did not converge")

    monkeypatch.setattr(gates, "goodness_of_bins", failing)
    gate, _ = of_control(spec(GOOD))
    assert not gate.passed
    assert gate.detail == "the fit to 3 observed bins alone failed: it did not converge"


def written(directory: Path, content: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return the gates of observed data that the stage writes, by name."""
    write_json(directory / "w.json", content)
    run_fit(FitSettings(**settings), directory / "w.json", directory / "mu_fit.json", {})
    found = read_json(directory / "mu_fit.json")["gates"]
    return {g["name"]: g for g in found if g["name"] in ("goodness", "data_pulls")}


def test_data_that_are_not_described_are_written_with_failed_gates_and_warnings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = written(
            tmp_path, spec(BAD, modifiers=gamma(3)), dataset="mixed", data_regions=["CR"]
        )
    assert [gate["passed"] for gate in found.values()] == [False, False]
    for name, gate in found.items():
        assert f"gate '{name}' failed: {gate['detail']}" in caplog.messages


def test_data_that_are_described_pass(tmp_path: Path) -> None:
    found = written(tmp_path, spec(GOOD), dataset="data")
    assert [gate["passed"] for gate in found.values()] == [True, True]
    assert "in 5 observed bins" in found["goodness"]["detail"]


def test_asimov_data_have_neither_gate(tmp_path: Path) -> None:
    content = spec(BACKGROUND)
    content["observations"][0]["data"] = [35.0, 25.0]
    assert not written(tmp_path, content, dataset="asimov")
    assert not written(tmp_path, spec(BAD), use_asimov=True)


def test_data_that_are_all_blinded_have_neither_gate(tmp_path: Path) -> None:
    blinding = {"bins": {"SR": [True, True], "CR": [True, True, True]}}
    assert not written(tmp_path, spec(BAD), dataset="data", blinding=blinding)


def test_nothing_of_blinded_bins_enters_and_the_value_is_that_of_the_goodness_of_fit(
    tmp_path: Path,
) -> None:
    blinding = {"bins": {"SR": [False, True], "CR": [True, False, False]}}
    told: dict[str, Any] = {"dataset": "data", "blinding": blinding}
    found = [
        written(tmp_path, spec((first, *GOOD[1:]), (35.0, secret), gamma(3)), **told)
        for first, secret in ((131.0, 25.0), (1000.0, 4000.0))
    ]
    assert found[0] == found[1]
    settings = GoodnessSettings(fit=FitSettings(**told))
    run_goodness(settings, tmp_path / "w.json", tmp_path / "mu_fit.json", tmp_path / "gof.json", {})
    expected = read_json(tmp_path / "gof.json")
    assert expected["bins"] == 3
    detail = found[0]["goodness"]["detail"]
    assert detail.startswith(
        f"chi2/ndf = {expected['chi2']['value']:.4g}/{expected['chi2']['ndof']} "
    )
    assert detail.endswith(f"p = {expected['chi2']['p_value']:.2g}")


def test_parameters_of_bins_are_called_by_the_bins_that_they_change() -> None:
    content = spec(GOOD, modifiers=(factor("free", "shapefactor"), factor("k"), *gamma(3)))
    stat = factor("staterror_CR", "staterror", [1.0, 1.0])
    content["channels"][0]["samples"][1]["modifiers"].append(stat)
    model = build_model(parse_workspace(content))
    said = {name: model.spoken(i) for i, name in enumerate(model.parameters.names)}
    assert said == {
        "mu": "mu",
        "k": "k",
        **{f"free[{i}]": f"free of bin {i + 1} of region CR" for i in range(3)},
        **{f"staterror_CR[{i}]": f"gamma of bin {i + 1} of region CR" for i in range(3)},
        "staterror_CR[3]": "gamma of bin 1 of region SR",
        "staterror_CR[4]": "gamma of bin 2 of region SR",
    }
