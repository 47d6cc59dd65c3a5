"""The products of `n2mu fit` and `n2mu ranking`, and what failures leave behind."""

import json
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from n2mu.commands.fit import command as fit_command
from n2mu.commands.ranking import command as ranking_command
from n2mu.errors import FitError, ProductError, WorkspaceError
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit, run_ranking

MU_FIT_KEYS = {
    "analysis",
    "observable",
    "dataset",
    "mu",
    "mu_stat_only",
    "mu_data_stat",
    "signal_strengths",
    "breakdown",
    "significance",
    "fit",
    "gates",
    "blinding",
    "parameters",
    "yields",
    "provenance",
}


def workspace(
    observed: tuple[float, float] = (75.0, 61.0), bounds: tuple[float, float] = (-10.0, 10.0)
) -> dict[str, Any]:
    def modifier(kind: str, name: str, data: Any = None) -> dict[str, Any]:
        return {"name": name, "type": kind, "data": data}

    return {
        "channels": [
            {
                "name": "SR",
                "samples": [
                    {
                        "name": "ttH",
                        "data": [10.0, 20.0],
                        "modifiers": [
                            modifier("normfactor", "mu"),
                            modifier("normsys", "ttH_scale", {"lo": 0.9, "hi": 1.1}),
                            modifier("staterror", "staterror_SR", [0.5, 0.0]),
                        ],
                    },
                    {
                        "name": "ttW",
                        "data": [50.0, 30.0],
                        "modifiers": [
                            modifier("normsys", "ttW_scale", {"lo": 0.8, "hi": 1.25}),
                            modifier("normsys", "jes", {"lo": 0.95, "hi": 1.04}),
                            modifier("staterror", "staterror_SR", [2.0, 0.0]),
                        ],
                    },
                ],
            }
        ],
        "observations": [{"name": "SR", "data": list(observed)}],
        "measurements": [
            {
                "name": "m",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "bounds": [list(bounds)]}],
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


def ranked(tmp_path: Path, **settings: Any) -> list[dict[str, Any]]:
    output = tmp_path / "ranking.json"
    run_ranking(FitSettings(**settings), tmp_path / "w.json", tmp_path / "mu_fit.json", output)
    content: list[dict[str, Any]] = json.loads(output.read_text())["parameters"]
    return content


def test_a_foreign_workspace_needs_no_settings(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace())
    assert set(content) == MU_FIT_KEYS
    assert content["dataset"] == "data"
    assert set(content["fit"]) >= {"converged", "edm", "two_nll", "covariance", "seconds"}
    assert content["fit"]["converged"]
    assert content["fit"]["edm"] < 1e-8
    assert content["fit"]["covariance"] == "accurate"
    assert content["significance"]["observed"] > 0
    assert content["significance"]["expected"] > 0
    assert set(content["breakdown"]) == {"MC statistics", "other systematics"}
    assert content["mu"]["up"] > content["mu_data_stat"]["up"] > content["mu_stat_only"]["up"] > 0
    assert content["provenance"] == {
        "n2mu": "1",
        "observations": "stored",
        "asimov_mu": 1.0,
        "asimov_parameters": {},
        "data_regions": [],
        "interpolation": {"normsys": "code4", "histosys": "code4p"},
    }
    kinds = {entry["name"]: entry["kind"] for entry in content["parameters"]}
    assert kinds == {
        "mu": "norm",
        "ttH_scale": "alpha",
        "ttW_scale": "alpha",
        "jes": "alpha",
        "staterror_SR[0]": "gamma",
    }


def test_settings_are_written_down_and_applied(tmp_path: Path) -> None:
    content = fitted(
        tmp_path,
        workspace(),
        analysis="tth",
        fit="ftt",
        observable="ftt_ttH",
        dataset="mixed",
        roles={"SR": "signal"},
        kinds={"ttH": "signal", "ttW": "background"},
        groups={"jets": ["jes"], "theory": ["ttH_scale", "ttW_scale"]},
        blinding={"threshold": 0.3},
    )
    assert (content["analysis"], content["observable"]) == ("tth", "ftt_ttH")
    assert content["fit"]["name"] == "ftt"
    assert content["dataset"] == "mixed"
    assert content["blinding"] == {"threshold": 0.3}
    assert list(content["breakdown"]) == ["jets", "theory", "MC statistics"]
    assert content["yields"]["SR"]["role"] == "signal"
    assert content["yields"]["SR"]["samples"]["ttW"]["kind"] == "background"


def test_asimov_data_replace_the_observations_and_pass_their_gates(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace(), use_asimov=True, asimov_mu=1.5)
    assert content["dataset"] == "asimov"
    assert content["mu"]["value"] == pytest.approx(1.5, abs=1e-6)
    assert content["significance"]["observed"] is None
    assert {gate["name"] for gate in content["gates"]} == {
        "asimov_mu",
        "asimov_pulls",
        "constraints",
        "covariance",
        "bounds",
    }
    assert all(gate["passed"] for gate in content["gates"])
    assert content["provenance"]["observations"] == "expected rates"
    assert ranked(tmp_path)[0]["status"] == "ok"


def test_yields_are_those_of_the_workspace_before_and_of_the_data_after(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace())
    samples = content["yields"]["SR"]["samples"]
    assert samples["ttH"]["kind"] == "signal"
    assert samples["ttW"]["kind"] == "background"
    assert samples["ttW"]["prefit"]["value"] == pytest.approx(80.0)
    assert content["yields"]["SR"]["role"] == ""
    region = json.loads((tmp_path / "postfit.json").read_text())["regions"]["SR"]
    assert region["bins"] == 2
    assert region["observed"] == [75.0, 61.0]
    assert region["total"]["prefit"]["value"] == [60.0, 50.0]
    # staterror 2.06, ttH_scale 1, ttW_scale 11.2, jes 2.2 in the first bin
    assert region["total"]["prefit"]["error"][0] == pytest.approx(11.6, rel=0.02)
    assert region["integral"]["postfit"]["value"] == pytest.approx(
        sum(sample["postfit"]["value"] for sample in samples.values())
    )
    assert region["integral"]["postfit"]["error"] < sqrt(136.0) * 1.05
    np.testing.assert_allclose(
        np.add(region["samples"]["ttH"]["postfit"], region["samples"]["ttW"]["postfit"]),
        region["total"]["postfit"]["value"],
    )


def test_correlations_are_of_all_floating_parameters(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace())
    correlation = json.loads((tmp_path / "postfit.json").read_text())["correlation"]
    assert correlation["names"] == [entry["name"] for entry in content["parameters"]]
    matrix = np.asarray(correlation["matrix"])
    np.testing.assert_allclose(np.diag(matrix), 1.0)
    np.testing.assert_allclose(matrix, matrix.T)
    assert (np.abs(matrix) <= 1 + 1e-12).all()


def test_the_ranking_is_sorted_and_complete(tmp_path: Path) -> None:
    fitted(tmp_path, workspace())
    parameters = ranked(tmp_path)
    assert {entry["name"] for entry in parameters} == {
        "ttH_scale",
        "ttW_scale",
        "jes",
        "staterror_SR[0]",
    }
    sizes = [max(abs(side) for side in e["impact_postfit"].values()) for e in parameters]
    assert sizes == sorted(sizes, reverse=True)
    assert parameters[0]["name"] == "ttW_scale"
    # more background is less signal
    assert parameters[0]["impact_postfit"]["up"] < 0 < parameters[0]["impact_postfit"]["down"]
    assert all(entry["status"] == "ok" for entry in parameters)
    for entry in parameters:
        assert set(entry) == {
            "name",
            "kind",
            "pull",
            "constraint",
            "status",
            "impact_prefit",
            "impact_postfit",
        }


def test_gammas_are_pulled_in_units_of_their_prior_uncertainty(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace())
    (gamma,) = [entry for entry in content["parameters"] if entry["kind"] == "gamma"]
    sigma = sqrt(0.5**2 + 2.0**2) / 60.0
    assert gamma["pull"] == pytest.approx((gamma["value"] - 1) / sigma)
    assert gamma["constraint"] == pytest.approx(gamma["uncertainty"] / sigma)


def test_fitting_twice_gives_the_same_content(tmp_path: Path) -> None:
    first, second = (fitted(tmp_path, workspace()) for _ in range(2))
    for content in (first, second):
        del content["fit"]["seconds"]
    assert first == second


def test_a_ranking_of_another_workspace_is_refused(tmp_path: Path) -> None:
    fitted(tmp_path, workspace())
    write(tmp_path / "w.json", workspace(observed=(76.0, 61.0)))
    with pytest.raises(ProductError, match="is of another workspace than"):
        ranked(tmp_path)
    other = workspace()
    other["channels"][0]["samples"][1]["modifiers"][0]["name"] = "ttW_scales"
    write(tmp_path / "w.json", other)
    with pytest.raises(ProductError, match="no parameter 'ttW_scale'; did you mean 'ttW_scales'"):
        ranked(tmp_path)
    assert not (tmp_path / "ranking.json").exists()


def test_a_ranking_of_a_damaged_fit_is_refused(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace())
    del content["fit"]
    (tmp_path / "mu_fit.json").write_text(json.dumps(content))
    with pytest.raises(ProductError, match=r"not a mu_fit\.json"):
        ranked(tmp_path)


def test_a_failed_fit_leaves_a_report_and_no_product(tmp_path: Path) -> None:
    fitted(tmp_path, workspace())
    spec = workspace()
    spec["channels"][0]["samples"][0]["data"][0] = 0.0
    spec["channels"][0]["samples"][1]["data"][0] = 0.0
    with pytest.raises(FitError, match="bin 1 of region SR: expected 0 with 75 observed") as error:
        fitted(tmp_path, spec)
    assert "\n" not in str(error.value)
    assert "mu_fit.failed.json" in str(error.value)
    assert not (tmp_path / "mu_fit.json").exists()
    assert not (tmp_path / "postfit.json").exists()
    report = json.loads((tmp_path / "mu_fit.failed.json").read_text())
    assert "bin 1 of region SR" in report["error"]
    fitted(tmp_path, workspace())
    assert not (tmp_path / "mu_fit.failed.json").exists()


def test_an_invalid_workspace_leaves_a_report_and_no_product(tmp_path: Path) -> None:
    fitted(tmp_path, workspace())
    spec = workspace()
    spec["observations"] = []
    with pytest.raises(WorkspaceError, match="has no observation"):
        fitted(tmp_path, spec)
    assert not (tmp_path / "mu_fit.json").exists()
    assert (tmp_path / "mu_fit.failed.json").exists()


@pytest.mark.parametrize("repeated", [[], ["simulated events of sig (nominal): 3 of 9 events"]])
def test_simulated_events_that_were_kept_although_they_are_repeated_are_a_failed_gate(
    tmp_path: Path, repeated: list[str]
) -> None:
    content = fitted(tmp_path, workspace(), repeated_events=repeated)
    gate = content["gates"][-1]
    assert (gate["name"], gate["passed"]) == ("repeated_events", not repeated)
    assert "".join(repeated) in gate["detail"]


def test_a_failed_gate_fails_the_fit_and_reports_all_gates(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="gate 'asimov_mu' failed"):
        fitted(tmp_path, workspace(), dataset="asimov")
    report = json.loads((tmp_path / "mu_fit.failed.json").read_text())
    failed = {gate["name"] for gate in report["gates"] if not gate["passed"]}
    assert failed == {"asimov_mu", "asimov_pulls"}
    assert {entry["name"] for entry in report["parameters"]} >= {"mu", "jes"}


def test_an_allowed_gate_is_reported_as_failed(tmp_path: Path) -> None:
    content = fitted(
        tmp_path, workspace(), dataset="asimov", allowed_gates=["asimov_mu", "asimov_pulls"]
    )
    assert {gate["name"] for gate in content["gates"] if not gate["passed"]} == {
        "asimov_mu",
        "asimov_pulls",
    }


def degenerate() -> dict[str, Any]:
    spec = workspace()
    for name in ("k_1", "k_2"):
        factor = {"name": name, "type": "normfactor", "data": None}
        spec["channels"][0]["samples"][1]["modifiers"].append(factor)
    return spec


def test_degenerate_parameters_fail_the_fit_by_name(tmp_path: Path) -> None:
    with pytest.raises(FitError, match=r"gate 'covariance' failed: .*combination of: .*k_1, k_2"):
        fitted(tmp_path, degenerate())


def test_allowed_degenerate_parameters_have_no_uncertainty(tmp_path: Path) -> None:
    content = fitted(tmp_path, degenerate(), allowed_gates=["covariance"])
    parameters = {entry["name"]: entry for entry in content["parameters"]}
    assert parameters["k_1"]["uncertainty"] is None
    assert parameters["k_1"]["reason"] == "not determined by the data"
    assert content["mu"]["up"] > 0
    statuses = {entry["name"]: entry["status"] for entry in ranked(tmp_path)}
    assert statuses["k_1"] == "the data do not determine k_1"
    assert statuses["jes"] == "ok"


def test_an_undetermined_signal_strength_fails_in_any_case(tmp_path: Path) -> None:
    spec = workspace()
    factor = {"name": "k", "type": "normfactor", "data": None}
    spec["channels"][0]["samples"][0]["modifiers"].append(factor)
    with pytest.raises(FitError, match=r"mu is not determined: .*combination of: .*k"):
        fitted(tmp_path, spec, allowed_gates=["covariance"])


def test_a_signal_strength_at_its_bound_has_no_error_on_that_side(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace(observed=(40.0, 25.0), bounds=(0.0, 10.0)))
    assert content["mu"]["value"] == 0.0
    assert content["mu"]["down"] is None
    assert content["mu"]["reason"] == "down: mu is at its lower bound 0"
    assert content["mu"]["up"] > 0
    assert content["mu_data_stat"]["up"] is None
    assert content["significance"]["observed"] == 0.0
    (poi,) = [entry for entry in content["parameters"] if entry["name"] == "mu"]
    assert (poi["uncertainty"], poi["reason"]) == (None, "at its bound")


def test_a_parameter_fixed_by_the_measurement_is_listed_as_such(tmp_path: Path) -> None:
    spec = workspace()
    spec["measurements"][0]["config"]["parameters"].append({"name": "jes", "fixed": True})
    content = fitted(tmp_path, spec)
    (jes,) = [entry for entry in content["parameters"] if entry["name"] == "jes"]
    assert jes["reason"] == "fixed by the measurement"
    assert (jes["uncertainty"], jes["pull"], jes["constraint"]) == (0.0, None, None)


def test_the_check_with_minuit_is_part_of_the_product(tmp_path: Path) -> None:
    content = fitted(tmp_path, workspace(), check=True)
    assert set(content) == MU_FIT_KEYS | {"check"}
    check = content["check"]
    assert check["mu"] == pytest.approx(content["mu"]["value"], abs=0.01)
    assert check["two_nll"] == pytest.approx(content["fit"]["two_nll"], abs=1e-3)


def test_the_commands_fit_and_rank_any_workspace(tmp_path: Path) -> None:
    path = write(tmp_path / "w.json", workspace())
    fit_command(path, tmp_path / "out" / "fit.json", asimov=True)
    content = json.loads((tmp_path / "out" / "fit.json").read_text())
    assert content["dataset"] == "asimov"
    assert content["mu"]["value"] == pytest.approx(1.0)
    ranking_command(path, tmp_path / "out" / "fit.json", tmp_path / "out" / "ranking.json")
    ranking = json.loads((tmp_path / "out" / "ranking.json").read_text())
    assert len(ranking["parameters"]) == 4
