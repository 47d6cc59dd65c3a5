"""Fits against RooFit's HistFactory, on the XML that n2mu writes."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyhf.readxml import clear_filecache, parse
from tests.oracles.histfactory import RooFit, read_combination
from tests.oracles.test_fit_minuit import modifier, workspace

from n2mu.errors import WorkspaceError
from n2mu.fit.bestfit import best_fit, find_poi
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.profile import Profile
from n2mu.fit.workspace import parse_workspace
from n2mu.interop.histfactory import write_histfactory


def only(*kinds: str) -> dict[str, Any]:
    spec = copy.deepcopy(workspace())
    for channel in spec["channels"]:
        for sample in channel["samples"]:
            sample["modifiers"] = [m for m in sample["modifiers"] if m["type"] in kinds]
    return spec


def shapes_only() -> dict[str, Any]:
    spec = only("normfactor", "histosys")
    signal = spec["channels"][0]["samples"][0]
    bent = {"lo_data": [3.1, 7.5, 12.0], "hi_data": [2.5, 8.4, 17.0]}
    signal["modifiers"].append(modifier("histosys", "ttH_shape", bent))
    return spec


def rates_only() -> dict[str, Any]:
    return only("normfactor", "normsys")


def luminosity_and_shape_factor() -> dict[str, Any]:
    """Return a fit with all modifiers but one: fakes of free shape, measured in a region."""
    spec = copy.deepcopy(workspace())
    fakes = spec["channels"][0]["samples"][2]
    fakes["modifiers"] = [modifier("shapefactor", "fakes_free")]
    measured = {"name": "fakes", "data": [9.0, 11.0, 5.0], "modifiers": [*fakes["modifiers"]]}
    spec["channels"].append({"name": "CR_fakes", "samples": [measured]})
    spec["observations"].append({"name": "CR_fakes", "data": [13.0, 9.0, 8.0]})
    for channel in spec["channels"]:
        for sample in channel["samples"]:
            sample["modifiers"].append(modifier("lumi", "lumi"))
    spec["measurements"][0]["config"]["parameters"] += [
        {"name": "lumi", "auxdata": [1.0], "sigmas": [0.02], "bounds": [[0.8, 1.2]], "inits": [1.0]}
    ]
    return spec


def empty_and_negative_bins() -> dict[str, Any]:
    """Return samples that are empty or negative in some bins, with MC errors there."""
    spec = copy.deepcopy(workspace())
    signal, _, fakes = spec["channels"][0]["samples"]
    signal["data"] = [0.0, 8.0, 14.0]
    fakes["data"] = [18.0, -0.4, 0.0]
    fakes["modifiers"] = [
        modifier("staterror", "stat_SR", [1.0, 1.5, 0.8]),
        modifier("normsys", "fake_rate", {"lo": 0.7, "hi": 1.4}),
    ]
    return spec


def factor_of_minus_one() -> dict[str, Any]:
    """Return a background from which another one is subtracted, as a factor fixed at -1."""
    spec = copy.deepcopy(workspace())
    subtracted = {
        "name": "overlap",
        "data": [4.0, 2.0, 1.0],
        "modifiers": [modifier("normfactor", "minus_one"), modifier("normfactor", "k_ttW")],
    }
    spec["channels"][0]["samples"].append(subtracted)
    spec["measurements"][0]["config"]["parameters"].append(
        {"name": "minus_one", "inits": [-1.0], "bounds": [[-2.0, 0.0]], "fixed": True}
    )
    return spec


def fixed_parameters() -> dict[str, Any]:
    spec = copy.deepcopy(workspace())
    spec["measurements"][0]["config"]["parameters"] += [
        {"name": "k_ttW", "inits": [1.1], "fixed": True},
        {"name": "fake_rate", "inits": [0.5], "fixed": True},
        {"name": "stat_SR", "inits": [1.0, 1.0, 1.0], "fixed": True},
    ]
    return spec


WORKSPACES: dict[str, Callable[[], dict[str, Any]]] = {
    "all modifiers": workspace,
    "shapes": shapes_only,
    "rates": rates_only,
    "luminosity and shape factor": luminosity_and_shape_factor,
    "empty and negative bins": empty_and_negative_bins,
    "fixed parameters": fixed_parameters,
    "factor of minus one": factor_of_minus_one,
}


@pytest.fixture(params=WORKSPACES)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Likelihood, RooFit]:
    spec = WORKSPACES[request.param]()
    return Likelihood.of(build_model(parse_workspace(spec))), RooFit(spec, tmp_path / "xml")


def test_the_likelihood_is_that_of_roofit_up_to_a_constant(
    both: tuple[Likelihood, RooFit],
) -> None:
    likelihood, roofit = both
    parameters = likelihood.model.parameters
    random = np.random.default_rng(4)
    alphas = np.asarray(parameters.kinds) == "alpha"
    fixed = parameters.fixed
    differences = []
    for _ in range(20):
        shift = np.where(alphas, 0.8 * parameters.sigma, 0.1) * random.normal(size=len(parameters))
        theta = parameters.inits + np.where(fixed, 0.0, shift)
        theta = np.clip(theta, parameters.lower, parameters.upper)
        point = dict(zip(parameters.names, theta.tolist(), strict=True))
        differences.append(roofit.value(point) - likelihood.twice_nll(theta) / 2)
    np.testing.assert_allclose(differences, differences[0], atol=1e-6)


def test_minimum_and_errors_are_those_of_roofit(both: tuple[Likelihood, RooFit]) -> None:
    likelihood, roofit = both
    best = best_fit(likelihood, find_poi(likelihood, "mu"))
    found = roofit.minimise()
    for index, name in enumerate(likelihood.model.parameters.names):
        if likelihood.model.parameters.fixed[index]:
            assert roofit.name(name) not in found
            continue
        value, error, _, _ = found[roofit.name(name)]
        sigma = best.covariance.uncertainty[index]
        assert (best.theta[index] - value) / sigma == pytest.approx(0.0, abs=0.01)
        assert sigma == pytest.approx(error, rel=0.01)
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.up == pytest.approx(found["mu"][2], rel=0.01)
    assert interval.down == pytest.approx(found["mu"][3], rel=0.01)


def written(spec: dict[str, Any], directory: Path) -> None:
    write_histfactory(parse_workspace(spec), directory)


def test_pyhf_reads_the_xml_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = copy.deepcopy(workspace())
    written(spec, tmp_path / "xml")
    monkeypatch.chdir(tmp_path / "xml")  # as for hist2workspace, paths hold inside the directory
    clear_filecache()
    back = parse("combination.xml", Path())
    config = back["measurements"][0]["config"]
    # HistFactory has a luminosity always, here one that is fixed and acts on nothing
    config["parameters"] = [p for p in config["parameters"] if p["name"] != "lumi"]
    ours = Likelihood.of(build_model(parse_workspace(spec)))
    for channel in back["channels"]:
        for sample in channel["samples"]:
            for entry in sample["modifiers"]:
                if entry["type"] == "staterror":
                    entry["name"] = f"stat_{channel['name']}"  # XML has no place for the name
    theirs = Likelihood.of(build_model(parse_workspace(back)))
    assert theirs.model.parameters.names == ours.model.parameters.names
    for theta in (ours.model.parameters.inits, ours.model.parameters.inits + 0.1):
        assert theirs.twice_nll(theta) == pytest.approx(ours.twice_nll(theta), rel=1e-12)


def test_samples_whose_names_join_to_the_same_text_keep_their_own_histograms(
    tmp_path: Path,
) -> None:
    def channel(name: str, sample: str, value: float) -> dict[str, Any]:
        mu = modifier("normfactor", "mu")
        return {"name": name, "samples": [{"name": sample, "data": [value], "modifiers": [mu]}]}

    spec = {
        **workspace(),
        "channels": [channel("SR", "a__b", 1.0), channel("SR__a", "b", 2.0)],
        "observations": [{"name": "SR", "data": [1.0]}, {"name": "SR__a", "data": [2.0]}],
    }
    written(spec, tmp_path / "xml")
    measurement = read_combination(tmp_path / "xml")
    found = [c.GetSamples()[0].GetHisto().GetBinContent(1) for c in measurement.GetChannels()]
    assert found == [1.0, 2.0]


def negative_shape(spec: dict[str, Any]) -> None:
    spec["channels"][0]["samples"][1]["modifiers"][2]["data"]["lo_data"][1] = -0.5


def luminosity_on_one_sample(spec: dict[str, Any]) -> None:
    spec["channels"][0]["samples"][1]["modifiers"].append(modifier("lumi", "lumi"))


def two_sets_of_gammas(spec: dict[str, Any]) -> None:
    spec["channels"][0]["samples"][1]["modifiers"][3]["name"] = "stat_ttW"


def name_with_comma(spec: dict[str, Any]) -> None:
    spec["channels"][0]["samples"][0]["name"] = "ttH,tt"


def moved_constraint(spec: dict[str, Any]) -> None:
    spec["measurements"][0]["config"]["parameters"].append({"name": "jes", "auxdata": [0.5]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (negative_shape, "'SR', sample 'ttW', histosys 'jes': bin 2 of lo_data is -0.5; .* zero"),
        (luminosity_on_one_sample, "has no 'lumi' but others have"),
        (two_sets_of_gammas, "'SR': staterror has the names stat_SR, stat_ttW, HistFactory"),
        (name_with_comma, "'ttH,tt' is no name for RooFit"),
        (moved_constraint, "parameter 'jes': HistFactory XML has no place for its 'auxdata'"),
    ],
)
def test_what_histfactory_would_take_for_another_likelihood_is_refused(
    change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path
) -> None:
    spec = copy.deepcopy(workspace())
    change(spec)
    with pytest.raises(WorkspaceError, match=message):
        written(spec, tmp_path / "xml")
    assert not (tmp_path / "xml").exists()
