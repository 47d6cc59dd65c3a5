"""Fits against RooFit's HistFactory, on workspaces that pyhf writes to XML.

ROOT's wheel is built without its XML parser; what the XML says is handed over element by element.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from pyhf.writexml import writexml
from tests.oracles.test_fit_minuit import modifier, workspace

from n2mu.fit.bestfit import best_fit, find_poi
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import build_model
from n2mu.fit.profile import Profile
from n2mu.fit.workspace import parse_workspace

ROOT = pytest.importorskip("ROOT", reason="ROOT has a wheel for Python 3.11 on Linux only")


def shapes_only() -> dict[str, Any]:
    spec = workspace()
    for channel in spec["channels"]:
        for sample in channel["samples"]:
            kept = [m for m in sample["modifiers"] if m["type"] in ("normfactor", "histosys")]
            sample["modifiers"] = kept
    signal = spec["channels"][0]["samples"][0]
    bent = {"lo_data": [3.1, 7.5, 12.0], "hi_data": [2.5, 8.4, 17.0]}
    signal["modifiers"].append(modifier("histosys", "ttH_shape", bent))
    return spec


def rates_only() -> dict[str, Any]:
    spec = workspace()
    for channel in spec["channels"]:
        for sample in channel["samples"]:
            kept = [m for m in sample["modifiers"] if m["type"] in ("normfactor", "normsys")]
            sample["modifiers"] = kept
    return spec


WORKSPACES: dict[str, Callable[[], dict[str, Any]]] = {
    "all modifiers": workspace,
    "shapes": shapes_only,
    "rates": rates_only,
}


def read_sample(element: ElementTree.Element, file: str) -> Any:
    factory = ROOT.RooStats.HistFactory
    sample = factory.Sample(element.get("Name"))
    sample.SetInputFile(file)
    sample.SetHistoName(element.get("HistoName"))
    sample.SetNormalizeByTheory(False)
    for child in element:
        name = child.get("Name")

        def key(name: str, child: ElementTree.Element = child) -> str:
            return child.get(name) or ""

        if child.tag == "NormFactor":
            sample.AddNormFactor(name, *(float(key(k)) for k in ("Val", "Low", "High")))
        elif child.tag == "OverallSys":
            sample.AddOverallSys(name, float(key("Low")), float(key("High")))
        elif child.tag == "HistoSys":
            sides = (key("HistoNameLow"), file, "", key("HistoNameHigh"), file, "")
            sample.AddHistoSys(name, *sides)
        elif child.tag == "ShapeSys":
            kind = factory.Constraint.GetType(key("ConstraintType"))
            sample.AddShapeSys(name, kind, key("HistoName"), file, "")
        elif child.tag == "StatError":
            sample.ActivateStatError(key("HistoName"), file, "")
        else:
            raise ValueError(f"no HistFactory call for <{child.tag}>")
    return sample


def read_xml(top: ElementTree.Element) -> Any:
    factory = ROOT.RooStats.HistFactory
    measurement = factory.Measurement("m", "m")
    measurement.SetPOI(top.findtext("Measurement/POI"))
    measurement.SetLumi(1.0)
    measurement.AddConstantParam("Lumi")
    for path in top.findall("Input"):
        element = ElementTree.fromstring(Path(path.text or "").read_text())
        file = element.get("InputFile") or ""
        channel = factory.Channel(element.get("Name"))
        data = element.find("Data")
        assert data is not None
        channel.SetData(data.get("HistoName"), file)
        # gammas of pyhf are normal, those of HistFactory Poisson unless told so
        channel.SetStatErrorConfig(0.0, "Gaussian")
        for sample in element.findall("Sample"):
            channel.AddSample(read_sample(sample, file))
        measurement.AddChannel(channel)
    measurement.CollectHistograms()
    return measurement


class RooFit:
    """The workspace as HistFactory has it."""

    def __init__(self, spec: dict[str, Any], directory: Path) -> None:
        ROOT.RooMsgService.instance().setGlobalKillBelow(ROOT.RooFit.FATAL)
        (directory / "config").mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            top = writexml(spec, str(directory / "config"), str(directory), "r")
        measurement = read_xml(ElementTree.fromstring(top.decode()))
        measurement.SetOutputFilePrefix(str(directory / "model"))
        factory = ROOT.RooStats.HistFactory
        self.workspace = factory.MakeModelAndMeasurementFast(measurement)
        config = self.workspace.obj("ModelConfig")
        self.nll = config.GetPdf().createNLL(
            self.workspace.data("obsData"),
            ROOT.RooFit.Constrain(config.GetNuisanceParameters()),
            ROOT.RooFit.GlobalObservables(config.GetGlobalObservables()),
            ROOT.RooFit.Offset("none"),
        )

    def name(self, ours: str) -> str:
        """Return what HistFactory calls a parameter."""
        for known in (ours, f"alpha_{ours}"):
            if self.workspace.var(known):
                return known
        name, _, number = ours.rstrip("]").partition("[")
        return f"gamma_{name}_bin_{number}"

    def value(self, parameters: dict[str, float]) -> float:
        for name, value in parameters.items():
            self.workspace.var(self.name(name)).setVal(value)
        return float(self.nll.getVal())

    def minimise(self) -> dict[str, tuple[float, float, float, float]]:
        """Return value, HESSE error and MINOS errors of mu, value and error of the others."""
        minimiser = ROOT.RooMinimizer(self.nll)
        minimiser.setPrintLevel(-1)
        minimiser.setStrategy(2)
        minimiser.setEps(1e-3)
        assert minimiser.minimize("Minuit2", "migrad") == 0
        minimiser.hesse()
        found = {
            variable.GetName(): (variable.getVal(), variable.getError(), np.nan, np.nan)
            for variable in self.nll.getVariables()
            if not variable.isConstant()
        }
        mu = self.workspace.var("mu")
        minimiser.minos(ROOT.RooArgSet(mu))
        found["mu"] = (*found["mu"][:2], mu.getErrorHi(), -mu.getErrorLo())
        return found


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
    differences = []
    for _ in range(20):
        theta = parameters.inits + np.where(alphas, 0.8, 0.1) * random.normal(size=len(parameters))
        point = dict(zip(parameters.names, theta.tolist(), strict=True))
        differences.append(roofit.value(point) - likelihood.twice_nll(theta) / 2)
    np.testing.assert_allclose(differences, differences[0], atol=1e-6)


def test_minimum_and_errors_are_those_of_roofit(both: tuple[Likelihood, RooFit]) -> None:
    likelihood, roofit = both
    best = best_fit(likelihood, find_poi(likelihood, "mu"))
    found = roofit.minimise()
    for index, name in enumerate(likelihood.model.parameters.names):
        value, error, _, _ = found[roofit.name(name)]
        sigma = best.covariance.uncertainty[index]
        assert (best.theta[index] - value) / sigma == pytest.approx(0.0, abs=0.01)
        assert sigma == pytest.approx(error, rel=0.01)
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.up == pytest.approx(found["mu"][2], rel=0.01)
    assert interval.down == pytest.approx(found["mu"][3], rel=0.01)
