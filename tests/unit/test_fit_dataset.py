"""What is fitted: Asimov data, real data in some regions, and never a blinded count."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from n2mu.commands.fit import command as fit_command
from n2mu.commands.ranking import command as ranking_command
from n2mu.errors import ConfigurationError, FitError, ProductError, WorkspaceError
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.reopen import reopen_fit
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit, run_ranking
from n2mu.fit.workspace import parse_workspace

PLANTED = 98765.0


def modifier(kind: str, name: str, data: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


def workspace(signal: tuple[float, float] = (70.0, 80.0), control: float = 240.0) -> dict[str, Any]:
    """Return two signal bins and a control region that measures the background's factor."""
    scale = modifier("normsys", "scale", {"lo": 0.8, "hi": 1.3})
    shape = modifier("histosys", "shape", {"lo_data": [45.0, 33.0], "hi_data": [57.0, 26.0]})
    return {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {
                        "name": "ttH",
                        "data": [10.0, 30.0],
                        "modifiers": [modifier("normfactor", "mu"), scale],
                    },
                    {
                        "name": "tH",
                        "data": [8.0, 2.0],
                        "modifiers": [modifier("normfactor", "mu_tH")],
                    },
                    {
                        "name": "ttW",
                        "data": [50.0, 30.0],
                        "modifiers": [modifier("normfactor", "k_ttW"), shape],
                    },
                ],
            },
            {
                "name": "CR",
                "samples": [
                    {
                        "name": "ttW",
                        "data": [200.0],
                        "modifiers": [
                            modifier("normfactor", "k_ttW"),
                            modifier("staterror", "stat_CR", [10.0]),
                        ],
                    }
                ],
            },
        ],
        "observations": [
            {"name": "SR", "data": list(signal)},
            {"name": "CR", "data": [control]},
        ],
        "measurements": [
            {
                "name": "m",
                "config": {
                    "poi": "mu",
                    "parameters": [
                        {"name": name, "bounds": [[-20.0, 20.0]]} for name in ("mu", "mu_tH")
                    ],
                },
            }
        ],
        "version": "1.0.0",
    }


def write(path: Path, spec: dict[str, Any]) -> Path:
    path.write_text(json.dumps(spec))
    return path


def fitted(tmp_path: Path, spec: dict[str, Any], **settings: Any) -> dict[str, Any]:
    output = tmp_path / "mu_fit.json"
    run_fit(FitSettings(**settings), write(tmp_path / "w.json", spec), output, {"n2mu": "1"})
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def values(content: dict[str, Any]) -> dict[str, float]:
    return {entry["name"]: entry["value"] for entry in content["parameters"]}


def test_asimov_data_of_any_parameters_are_found_again(tmp_path: Path) -> None:
    chosen = {"scale": 0.7, "shape": -1.2, "k_ttW": 1.3, "stat_CR[0]": 1.05, "mu_tH": 2.0}
    content = fitted(
        tmp_path, workspace(), use_asimov=True, asimov_mu=1.5, asimov_parameters=chosen
    )
    assert all(gate["passed"] for gate in content["gates"])
    assert len(content["gates"]) == 5
    found = values(content)
    assert found["mu"] == pytest.approx(1.5, abs=1e-6)
    assert {name: found[name] for name in chosen} == pytest.approx(chosen, abs=1e-6)
    assert content["provenance"]["asimov_parameters"] == chosen
    best = reopen_fit(FitSettings(), tmp_path / "w.json", tmp_path / "mu_fit.json")
    assert best.mu == pytest.approx(1.5, abs=1e-6)


def test_values_that_asimov_data_cannot_have_are_refused(tmp_path: Path) -> None:
    for chosen, message in (
        ({"scales": 1.0}, "no parameter 'scales'; did you mean 'scale'"),
        ({"mu": 2.0}, "'mu' is the signal strength; set asimov_mu"),
    ):
        with pytest.raises(WorkspaceError, match=message):
            fitted(tmp_path, workspace(), use_asimov=True, asimov_parameters=chosen)
    with pytest.raises(
        WorkspaceError, match="but the stored observations are fitted; add --asimov"
    ):
        fitted(tmp_path, workspace(), asimov_parameters={"scale": 1.0})
    with pytest.raises(FitError, match=r"the expected rate .* is negative"):
        fitted(tmp_path, workspace(), use_asimov=True, asimov_mu=-15.0)


def test_a_mix_holds_the_data_of_some_regions_and_their_expectation_elsewhere(
    tmp_path: Path,
) -> None:
    content = fitted(tmp_path, workspace(signal=(1.0, 2.0)), data_regions=["CR"], asimov_mu=2.0)
    assert content["dataset"] == "mixed"
    # the control region wants k = 1.2, and nothing else: its gamma stays where it is
    assert content["mu"]["value"] == pytest.approx(2.0, abs=1e-5)
    found = values(content)
    assert found["k_ttW"] * found["stat_CR[0]"] == pytest.approx(1.2, abs=1e-6)
    regions = json.loads((tmp_path / "postfit.json").read_text())["regions"]
    assert regions["CR"]["observed"] == [240.0]
    assert regions["SR"]["observed"] == pytest.approx([20 + 8 + 60, 60 + 2 + 36], rel=1e-6)
    best = reopen_fit(FitSettings(), tmp_path / "w.json", tmp_path / "mu_fit.json")
    assert best.likelihood.observed[1:] == pytest.approx(regions["SR"]["observed"])


def test_a_mix_of_a_region_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no region 'CRs'; did you mean 'CR'"):
        fitted(tmp_path, workspace(), data_regions=["CRs"])
    with pytest.raises(WorkspaceError, match="exclude each other"):
        fitted(tmp_path, workspace(), data_regions=["CR"], use_asimov=True)


def test_the_likelihood_of_some_regions_is_that_of_a_workspace_of_only_these() -> None:
    whole = Likelihood.of(build_model(parse_workspace(workspace())))
    spec = workspace()
    spec["channels"] = spec["channels"][:1]
    alone = Likelihood.of(build_model(parse_workspace(spec)))
    model = whole.model
    bins = np.zeros(model.bins, dtype=bool)
    bins[model.region_slices[model.regions.index("SR")]] = True
    part = whole.restricted(bins)
    names = whole.model.parameters.names
    theta = np.linspace(0.5, 1.4, len(names))
    same = theta[[names.index(name) for name in alone.model.parameters.names]]
    np.testing.assert_allclose(part.rates.per_bin(theta), alone.rates.per_bin(same))
    np.testing.assert_allclose(
        part.slope(theta).jacobian[names.index("shape")],
        alone.slope(same).jacobian[alone.model.parameters.index("shape")],
    )


def test_no_product_holds_the_count_of_a_blinded_bin(tmp_path: Path) -> None:
    blinding = {"threshold": 0.3, "bins": {"SR": [False, True], "CR": [False]}}
    path = write(tmp_path / "w.json", workspace(signal=(70.0, PLANTED)))
    settings = FitSettings(dataset="mixed", asimov_mu=1.0, blinding=blinding)
    run_fit(settings, path, tmp_path / "mu_fit.json", {})
    run_ranking(settings, path, tmp_path / "mu_fit.json", tmp_path / "ranking.json")
    blind = {
        name: (tmp_path / name).read_text()
        for name in ("mu_fit.json", "postfit.json", "ranking.json")
    }
    assert not any("98765" in text for text in blind.values())
    region = json.loads(blind["postfit.json"])["regions"]["SR"]
    assert region["blinded"] == [False, True]
    assert region["observed"] == [70.0, pytest.approx(62.0)]
    # whatever is planted changes nothing
    write(path, workspace(signal=(70.0, 3.0)))
    run_fit(settings, path, tmp_path / "mu_fit.json", {})
    run_ranking(settings, path, tmp_path / "mu_fit.json", tmp_path / "ranking.json")
    assert (tmp_path / "postfit.json").read_text() == blind["postfit.json"]
    assert (tmp_path / "ranking.json").read_text() == blind["ranking.json"]
    # nor can a command that reopens the fit with other settings see it
    best = reopen_fit(FitSettings(), path, tmp_path / "mu_fit.json")
    assert best.likelihood.observed[2] == pytest.approx(62.0)


def test_blinding_of_another_binning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="blinding of region 'SR': 1 bin, the workspace has"):
        fitted(tmp_path, workspace(), blinding={"bins": {"SR": [True]}})


def test_every_signal_strength_has_its_own_interval(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace(), kinds={"ttH": "signal", "tH": "signal"})
    assert set(content["signal_strengths"]) == {"mu_tH"}
    other = fitted(tmp_path, workspace(), poi="mu_tH", signal_strengths=["mu", "k_ttW"])
    assert set(other["signal_strengths"]) == {"mu", "k_ttW"}
    assert other["mu"] == content["signal_strengths"]["mu_tH"]
    assert other["signal_strengths"]["mu"] == content["mu"]
    assert fitted(tmp_path, workspace())["signal_strengths"] == {}


def test_errors_at_two_standard_deviations_are_about_twice_those_at_one(tmp_path: Path) -> None:
    mu = fitted(tmp_path, workspace())["mu"]
    assert mu["hessian_error"] == pytest.approx((mu["up"] + mu["down"]) / 2, rel=0.05)
    for side in ("up", "down"):
        assert mu["interval_95"][side] == pytest.approx(2 * mu[side], rel=0.2)


def test_the_ranking_interpolates_as_the_fit_did(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace(), normsys_code="code1", histosys_code="code0")
    assert content["provenance"]["interpolation"] == {"normsys": "code1", "histosys": "code0"}
    best = reopen_fit(FitSettings(), tmp_path / "w.json", tmp_path / "mu_fit.json")
    assert (best.likelihood.model.norm_code, best.likelihood.model.shape_code) == ("code1", "code0")
    assert best.mu == pytest.approx(content["mu"]["value"], abs=1e-5)
    default = fitted(tmp_path, workspace())
    assert abs(default["mu"]["up"] - content["mu"]["up"]) > 1e-4


def test_a_fit_that_does_not_say_how_it_interpolated_is_refused(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace())
    del content["provenance"]["interpolation"]
    (tmp_path / "mu_fit.json").write_text(json.dumps(content))
    with pytest.raises(ProductError, match=r"not a mu_fit\.json"):
        reopen_fit(FitSettings(), tmp_path / "w.json", tmp_path / "mu_fit.json")


def test_a_ranking_by_covariance_says_so_and_agrees_where_the_likelihood_is_a_parabola(
    tmp_path: Path,
) -> None:
    fitted(tmp_path, workspace())
    rankings = {}
    for by_covariance in (False, True):
        output = tmp_path / "ranking.json"
        ranking_command(
            tmp_path / "w.json", tmp_path / "mu_fit.json", output, by_covariance=by_covariance
        )
        rankings[by_covariance] = json.loads(output.read_text())
    assert rankings[False]["method"] == "fits"
    assert rankings[True]["method"] == "covariance"
    fits, covariance = (
        {entry["name"]: entry for entry in rankings[key]["parameters"]} for key in (False, True)
    )
    assert set(fits) == set(covariance)
    gamma = covariance["stat_CR[0]"]
    assert gamma["impact_postfit"]["up"] == pytest.approx(-gamma["impact_postfit"]["down"])
    for stage in ("impact_prefit", "impact_postfit"):
        for side in ("up", "down"):
            assert gamma[stage][side] == pytest.approx(fits["stat_CR[0]"][stage][side], rel=0.1)
    assert covariance["k_ttW"]["impact_prefit"] is None


def test_the_command_takes_regions_values_codes_and_signal_strengths(tmp_path: Path) -> None:
    path, output = write(tmp_path / "w.json", workspace()), tmp_path / "fit.json"
    fit_command(path, output, data_region=["CR"], poi=["mu_tH", "mu"])
    content = json.loads(output.read_text())
    assert content["dataset"] == "mixed"
    assert set(content["signal_strengths"]) == {"mu"}
    fit_command(path, output, asimov=True, asimov_mu=2.0, asimov_np=["scale=0.5", "k_ttW=1.1"])
    content = json.loads(output.read_text())
    assert content["mu"]["value"] == pytest.approx(2.0, abs=1e-6)
    assert values(content)["scale"] == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(ConfigurationError, match="--asimov-np: expected NAME=VALUE"):
        fit_command(path, output, asimov=True, asimov_np=["scale"])
