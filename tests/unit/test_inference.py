"""Scans, limits, significances, goodness of fit, pseudo-experiments: what the commands promise."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.errors import ConfigurationError, FitError, ProductError, WorkspaceError
from n2mu.fit.bestfit import deepest_fit, find_poi
from n2mu.fit.comparison import run_compare, side_by_side
from n2mu.fit.datafit import DataFit
from n2mu.fit.ensemble import Ensemble, Failure, run_ensemble
from n2mu.fit.goodness import goodness, without_bins
from n2mu.fit.inference_settings import (
    ComparisonSettings,
    EnsembleSettings,
    GoodnessSettings,
    LimitSettings,
    ScanSettings,
    SignificanceSettings,
    ToySettings,
)
from n2mu.fit.inference_stage import (
    run_goodness,
    run_limit,
    run_scan,
    run_significance,
    run_toys,
)
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.limit import expected_log_cls, log_cls
from n2mu.fit.limit_toys import Share, crossing, share
from n2mu.fit.model import build_model
from n2mu.fit.pseudo_experiments import Experiment, Moments, summary
from n2mu.fit.scan import Scan
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit, run_ranking
from n2mu.fit.workspace import parse_workspace
from n2mu.products import read_json, write_json

Json = dict[str, Any]


def spec() -> Json:
    mu = {"name": "mu", "type": "normfactor", "data": None}
    xs = {"name": "xs", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}
    return {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {"name": "s", "data": [2.0, 6.0, 9.0], "modifiers": [mu]},
                    {
                        "name": "b",
                        "data": [50.0, 32.0, 12.0],
                        "modifiers": [
                            xs,
                            {"name": "stat", "type": "staterror", "data": [2.0, 1.6, 1.0]},
                        ],
                    },
                ],
            },
            {"name": "CR", "samples": [{"name": "b", "data": [120.0], "modifiers": [xs]}]},
        ],
        "observations": [
            {"name": "SR", "data": [55.0, 36.0, 24.0]},
            {"name": "CR", "data": [115.0]},
        ],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


def likelihood(content: Json) -> Likelihood:
    return Likelihood.of(build_model(parse_workspace(content)))


@pytest.fixture
def fitted(tmp_path: Path) -> tuple[Path, Path]:
    workspace, mu_fit = tmp_path / "workspace.json", tmp_path / "mu_fit.json"
    write_json(workspace, spec())
    run_fit(FitSettings(), workspace, mu_fit, {})
    return workspace, mu_fit


def toys(count: int, workers: int = 1) -> ToySettings:
    return ToySettings(count=count, seed=5, workers=workers)


def test_a_scan_has_the_best_fit_among_its_points_and_marks_those_that_fail(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    # at mu = -60 the rate of the last bin is negative whatever the other parameters are
    settings = ScanSettings(points=5, range=(-60.0, 4.0))
    run_scan(settings, *fitted, tmp_path / "scan.json", {})
    content = read_json(tmp_path / "scan.json")
    heights = content["total"]["two_delta_nll"]
    assert len(heights) == 6
    assert min(height for height in heights if height is not None) == pytest.approx(0, abs=1e-9)
    assert heights[-1] > 1
    assert heights[0] is None
    failed = content["total"]["failed"]
    assert failed[0]["values"] == [-60.0]
    assert failed[0]["status"].startswith("failed: ")
    narrower = content["stat_only"]["two_delta_nll"]
    assert narrower[-1] >= heights[-1]


def test_a_scan_reaches_three_standard_deviations_unless_told(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    run_scan(ScanSettings(parameter="xs", points=3), *fitted, tmp_path / "scan.json", {})
    heights = read_json(tmp_path / "scan.json")["total"]["two_delta_nll"]
    assert [heights[0], heights[-1]] == pytest.approx([9.0, 9.0], rel=1e-4)


def test_a_scan_in_two_parameters_needs_two(fitted: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(FitError, match="needs two different ones, got mu"):
        run_scan(ScanSettings(second="mu"), *fitted, tmp_path / "scan.json", {})
    with pytest.raises(WorkspaceError, match="no parameter 'xd'; known are mu, "):
        run_scan(ScanSettings(second="xd"), *fitted, tmp_path / "scan.json", {})
    assert not (tmp_path / "scan.json").exists()


def test_a_deeper_minimum_found_by_a_scan_is_not_drawn_as_part_of_it() -> None:
    best, _ = deepest_fit(likelihood(spec()), 0)
    index = find_poi(best.likelihood, "mu")
    scan = Scan(best, [index], best.fixed)
    worse = best.minimum.deviance + 1.0
    object.__setattr__(best.minimum, "deviance", worse)
    point, _ = scan.at([best.mu], best.theta)
    assert point.height is None
    assert point.status.startswith("deeper than the best fit")


def test_cls_is_one_without_signal_and_falls() -> None:
    assert log_cls(0.0, 0.0) == 0.0
    assert expected_log_cls(0.0, 0) == 0.0
    values = [log_cls(q, 2.0) for q in (0.0, 1.0, 2.0, 5.0, 50.0)]
    assert values == sorted(values, reverse=True)
    # the two branches of the formula meet
    assert log_cls(2.0 - 1e-9, 2.0) == pytest.approx(log_cls(2.0 + 1e-9, 2.0), abs=1e-6)


def test_asimov_data_have_no_observed_limit_or_significance(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    workspace, _ = fitted
    told = FitSettings(use_asimov=True)
    run_limit(LimitSettings(fit=told), workspace, None, tmp_path / "limit.json", {})
    limit = read_json(tmp_path / "limit.json")
    assert limit["dataset"] == "asimov"
    assert limit["asymptotic"]["observed"] is None
    assert limit["asymptotic"]["reasons"] == {"observed": "the data are Asimov data"}
    bands = list(limit["asymptotic"]["expected"].values())
    assert bands == sorted(bands)
    run_significance(SignificanceSettings(fit=told), workspace, None, tmp_path / "z.json", {})
    significance = read_json(tmp_path / "z.json")
    assert significance["asymptotic"]["observed"] is None
    assert significance["asymptotic"]["expected"]["significance"] > 1


def test_a_limit_beyond_the_bound_of_mu_is_none_with_a_reason(tmp_path: Path) -> None:
    content = spec()
    content["measurements"][0]["config"]["parameters"] = [{"name": "mu", "bounds": [[0.0, 1.2]]}]
    write_json(tmp_path / "workspace.json", content)
    run_limit(LimitSettings(), tmp_path / "workspace.json", None, tmp_path / "limit.json", {})
    found = read_json(tmp_path / "limit.json")["asymptotic"]
    assert found["observed"] is None
    assert "at the upper bound 1.2 of the signal strength; widen it" in found["reasons"]["observed"]


def test_limits_and_significances_do_not_need_a_fit_of_its_own(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    workspace, mu_fit = fitted
    for number, path in enumerate((mu_fit, None)):
        run_limit(LimitSettings(), workspace, path, tmp_path / f"{number}.json", {})
    first, second = (read_json(tmp_path / f"{number}.json") for number in range(2))
    assert first["asymptotic"]["observed"] == pytest.approx(second["asymptotic"]["observed"])
    significance = read_json(mu_fit)["significance"]["observed"]
    run_significance(SignificanceSettings(), workspace, mu_fit, tmp_path / "z.json", {})
    found = read_json(tmp_path / "z.json")["asymptotic"]["observed"]["significance"]
    assert found == pytest.approx(significance)


def test_a_negative_signal_that_empties_a_bin_has_test_statistics() -> None:
    content = spec()
    config = {"name": "mu", "bounds": [[-50.0, 10.0]]}
    content["measurements"][0]["config"]["parameters"] = [config]
    empty = likelihood(content).with_data(np.asarray([120.0, 50.0, 32.0, 0.0]))
    poi = find_poi(empty, "mu")
    fits = DataFit(empty, poi, empty.model.parameters.inits)
    assert fits.mu < 0
    assert fits.q_zero() == 0
    assert fits.q_tilde(1.0) > 1


def test_a_toy_limit_says_when_it_was_not_crossed_and_counts_ties() -> None:
    heights = np.asarray([0.0, 0.0, 1.0, 2.0])
    tied = share(1.0 + 1e-9, heights, heights)
    assert tied.value == 1.0
    high = [Share(0.5, 0.01), Share(0.4, 0.01)]
    assert "still at mu = 2" in crossing([1.0, 2.0], high, 0.05).reason
    assert "at mu = 1 already" in crossing([1.0, 2.0], [Share(0.01, 0.01)] * 2, 0.05).reason
    exact = crossing([1.0, 3.0], [Share(0.5, 0.01), Share(0.005, 0.001)], 0.05)
    assert exact.value == pytest.approx(2.0)


def test_pseudo_experiments_do_not_depend_on_the_number_of_processes(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    for workers in (1, 2):
        settings = EnsembleSettings(toys=toys(40, workers))
        run_toys(settings, *fitted, tmp_path / f"{workers}.json", {})
    one, two = ((tmp_path / f"{workers}.json").read_bytes() for workers in (1, 2))
    assert one == two


def _fails_often(ensemble: Ensemble, number: int) -> float:
    if number % 3 == 0:
        raise FitError(f"number {number}")
    return float(ensemble.draw(number).observed.sum())


def test_pseudo_experiments_that_fail_are_listed_and_the_others_stand() -> None:
    model = likelihood(spec())
    ensemble = Ensemble(model, model.model.parameters.inits, find_poi(model, "mu"), seed=1)
    good, failed = run_ensemble(_fails_often, ensemble, toys(7))
    assert len(good) == 4
    assert failed == [Failure(number, f"number {number}") for number in (0, 3, 6)]
    with pytest.raises(FitError, match="no pseudo-experiment could be fitted: number 0"):
        run_ensemble(_fails_often, ensemble, toys(1))


def test_pseudo_experiments_of_a_negative_rate_are_refused_by_bin() -> None:
    model = likelihood(spec())
    theta = model.model.parameters.inits.copy()
    theta[model.model.parameters.index("mu")] = -20.0
    ensemble = Ensemble(model, theta, find_poi(model, "mu"), seed=1)
    with pytest.raises(FitError, match="bin 3 of region SR: the expected rate -168 is negative"):
        ensemble.draw(0)


def test_counts_and_auxiliary_data_fluctuate_around_the_truth() -> None:
    model = likelihood(spec())
    parameters = model.model.parameters
    theta = parameters.inits.copy()
    theta[parameters.index("xs")] = 1.5
    ensemble = Ensemble(model, theta, parameters.index("mu"), seed=2)
    drawn = [ensemble.draw(number) for number in range(2000)]
    counts = np.asarray([one.observed for one in drawn])
    rates = model.rates.per_bin(theta)
    assert counts.mean(axis=0) == pytest.approx(rates, abs=4 * np.sqrt(rates.max() / 2000))
    auxiliary = np.asarray([one.auxdata for one in drawn])
    constrained = parameters.normal & ~parameters.fixed
    assert auxiliary.mean(axis=0)[constrained] == pytest.approx(theta[constrained], abs=0.1)
    assert auxiliary.std(axis=0)[constrained] == pytest.approx(
        parameters.sigma[constrained], rel=0.07
    )


def test_moments_have_the_errors_of_a_normal_sample() -> None:
    values = np.random.default_rng(4).normal(2.0, 3.0, 40000)
    moments = Moments.of(np.append(values, np.nan))
    assert moments.count == 40000
    assert moments.mean_error == pytest.approx(3 / 200, rel=0.02)
    assert moments.width_error == pytest.approx(3 / np.sqrt(80000), rel=0.05)
    assert Moments.of(np.asarray([1.0])).mean is None


def test_coverage_of_every_pseudo_experiment_has_an_error() -> None:
    model = likelihood(spec())
    inits = model.model.parameters.inits
    ensemble = Ensemble(model, inits, find_poi(model, "mu"), seed=1)
    near = Experiment(1.0, 0.0, np.zeros(len(inits)))
    found = summary(ensemble, [near] * 10)["coverage"]
    assert [(entry["covered"], entry["error"]) for entry in found] == [
        (1.0, pytest.approx(0.1))
    ] * 2


def test_goodness_counts_free_parameters_that_the_rates_depend_on() -> None:
    content = spec()
    twice = {"name": "twin", "type": "normfactor", "data": None}
    content["channels"][0]["samples"][0]["modifiers"].append(twice)
    single, double = (deepest_fit(likelihood(c), 0)[0] for c in (spec(), content))
    assert goodness(single).ndof == goodness(double).ndof == 3


def test_blinded_bins_are_left_out_of_the_goodness_of_fit(tmp_path: Path) -> None:
    content = spec()
    write_json(tmp_path / "workspace.json", content)
    blinding = {"threshold": 0.3, "bins": {"SR": [False, False, True], "CR": [False]}}
    told = FitSettings(dataset="mixed", blinding=blinding)
    run_goodness(
        GoodnessSettings(fit=told), tmp_path / "workspace.json", None, tmp_path / "gof.json", {}
    )
    found = read_json(tmp_path / "gof.json")
    assert found["asimov_bins_left_out"] == 1
    assert found["bins"] == 3
    shorter = copy.deepcopy(content)
    for sample in shorter["channels"][0]["samples"]:
        del sample["data"][2]
        for modifier in sample["modifiers"]:
            if modifier["type"] == "staterror":
                del modifier["data"][2]
    del shorter["observations"][0]["data"][2]
    own = likelihood(shorter)
    expected = goodness(deepest_fit(own, find_poi(own, "mu"))[0])
    assert found["chi2"]["value"] == pytest.approx(expected.value, rel=1e-6)
    assert found["chi2"]["ndof"] == expected.ndof


def test_values_of_a_shape_are_left_out_with_its_bins() -> None:
    content = spec()
    free = {"name": "free", "type": "shapefactor", "data": None}
    content["channels"][0]["samples"][-1]["modifiers"].append(free)
    parameters = content["measurements"][0]["config"]["parameters"]
    bounds = [[0, 4], [0, 5], [0, 6]]
    parameters.append({"name": "free", "inits": [0.9, 1.0, 1.1], "bounds": bounds})
    parameters.append({"name": "stat", "inits": [0.8, 1.0, 1.2]})
    left = without_bins(parse_workspace(content), {"SR": [False, True, False]})
    found = build_model(left).parameters
    for name, inits in (("free", [0.9, 1.1]), ("stat", [0.8, 1.2])):
        assert [found.inits[found.index(f"{name}[{i}]")] for i in (0, 1)] == inits
    assert found.upper[found.index("free[1]")] == 6


def test_bins_cannot_be_left_out_of_a_shared_shape_or_all_at_once() -> None:
    content = spec()
    free = {"name": "free", "type": "shapefactor", "data": None}
    content["channels"][1]["samples"][0]["data"] = [120.0, 60.0, 30.0]
    content["observations"][1]["data"] = [120.0, 60.0, 30.0]
    for channel in content["channels"]:
        channel["samples"][-1]["modifiers"] = [free]
    workspace = parse_workspace(content)
    with pytest.raises(WorkspaceError, match="shapefactor 'free' is shared"):
        without_bins(workspace, {"SR": [True, False, False]})
    everything = {"SR": [True] * 3, "CR": [True] * 3}
    with pytest.raises(WorkspaceError, match="nothing is left"):
        without_bins(workspace, everything)
    with pytest.raises(ProductError, match="has 3 bins, but the blinding of the fit names 1"):
        without_bins(workspace, {"SR": [True]})


def test_fits_are_compared_parameter_by_parameter(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    workspace, mu_fit = fitted
    other = tmp_path / "other" / "mu_fit.json"
    run_fit(FitSettings(use_asimov=True), workspace, other, {})
    for path in (mu_fit, other):
        run_ranking(FitSettings(), workspace, path, path.with_name("ranking.json"))
    settings = ComparisonSettings(labels=["data", "Asimov"])
    run_compare(settings, [mu_fit, other], [], tmp_path / "compare.json", {})
    content = read_json(tmp_path / "compare.json")
    assert [fit["label"] for fit in content["fits"]] == ["data", "Asimov"]
    pulls = {
        entry["name"]: [fit["pull"] for fit in entry["fits"]] for entry in content["parameters"]
    }
    assert pulls["xs"][0] != pytest.approx(0, abs=1e-3)
    assert pulls["xs"][1] == pytest.approx(0, abs=1e-6)
    assert len(content["ranking"]) == 4
    swapped = [path.with_name("ranking.json") for path in (other, mu_fit)]
    with pytest.raises(ProductError, match="it is the ranking of another fit"):
        run_compare(settings, [mu_fit, other], swapped, tmp_path / "compare.json", {})
    with pytest.raises(ConfigurationError, match="needs two or more"):
        run_compare(settings, [mu_fit], [], tmp_path / "compare.json", {})
    with pytest.raises(ConfigurationError, match="--label is given 2 times"):
        run_compare(settings, [mu_fit, other, mu_fit], [], tmp_path / "compare.json", {})


def test_a_parameter_that_a_fit_does_not_have_is_none_there() -> None:
    first = [{"name": "a", "kind": "alpha", "pull": 1.0}]
    second = [{"name": "b", "kind": "alpha", "pull": 2.0}]
    assert side_by_side([first, second], ["pull"]) == [
        {"name": "a", "kind": "alpha", "fits": [{"pull": 1.0}, None]},
        {"name": "b", "kind": "alpha", "fits": [None, {"pull": 2.0}]},
    ]


def test_every_command_writes_its_product_and_figure(
    fitted: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("N2MU_CONFIG", raising=False)
    workspace, mu_fit = map(str, fitted)
    with_toys = ["--toys", "20", "--workers", "1"]
    commands = {
        "scan": [workspace, "--fit", mu_fit, "--points", "5"],
        "limit": [workspace, "--asimov"],
        "significance": [workspace, *with_toys],
        "gof": [workspace, "--fit", mu_fit, *with_toys],
        "toys": [workspace, "--fit", mu_fit, *with_toys],
    }
    for name, arguments in commands.items():
        output = tmp_path / "out" / f"{name}.json"
        result = CliRunner().invoke(app, [name, *arguments, "-o", str(output)])
        assert result.exit_code == 0, (name, result.output, result.exception)
        content = json.loads(output.read_text())
        assert content["kind"] == name
        assert content["provenance"]["workspace"] == workspace
        for suffix in (".pdf", ".png"):
            assert output.with_suffix(suffix).stat().st_size > 1000
    both = ["limit", workspace, "--fit", mu_fit, "--asimov", "-o", str(tmp_path / "x.json")]
    refused = CliRunner().invoke(app, both)
    assert isinstance(refused.exception, ConfigurationError)
    assert "--asimov and --fit exclude each other" in str(refused.exception)
    bad = CliRunner().invoke(
        app,
        ["scan", workspace, "--fit", mu_fit, "--range", "2", "1", "-o", str(tmp_path / "x.json")],
    )
    assert isinstance(bad.exception, ConfigurationError)
    assert "a range must be two rising numbers" in str(bad.exception)
