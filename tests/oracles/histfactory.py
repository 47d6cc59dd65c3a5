"""HistFactory XML in the hands of ROOT.

ROOT's wheel is built without its XML parser; what the XML says is handed over element by element.
"""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from n2mu.fit.workspace import parse_workspace
from n2mu.interop.histfactory import COMBINATION, write_histfactory

ROOT = pytest.importorskip("ROOT", reason="ROOT has a wheel for Python 3.11 on Linux only")


def read_sample(element: ElementTree.Element, directory: Path) -> Any:
    factory = ROOT.RooStats.HistFactory
    file = str(directory / (element.get("InputFile") or ""))
    sample = factory.Sample(element.get("Name"))
    sample.SetInputFile(file)
    sample.SetHistoName(element.get("HistoName"))
    sample.SetNormalizeByTheory(element.get("NormalizeByTheory") == "True")
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
        elif child.tag == "ShapeFactor":
            sample.AddShapeFactor(name)
        elif child.tag == "StatError":
            sample.ActivateStatError(key("HistoName"), file, "")
        else:
            raise ValueError(f"no HistFactory call for <{child.tag}>")
    return sample


def read_channel(element: ElementTree.Element, directory: Path) -> Any:
    channel = ROOT.RooStats.HistFactory.Channel(element.get("Name"))
    for child in element:
        if child.tag == "Data":
            channel.SetData(child.get("HistoName"), str(directory / (child.get("InputFile") or "")))
        elif child.tag == "StatErrorConfig":
            threshold = float(child.get("RelErrorThreshold") or "nan")
            channel.SetStatErrorConfig(threshold, child.get("ConstraintType"))
        elif child.tag == "Sample":
            channel.AddSample(read_sample(child, directory))
        else:
            raise ValueError(f"no HistFactory call for <{child.tag}>")
    return channel


def read_combination(directory: Path) -> Any:
    top = ElementTree.parse(directory / COMBINATION).getroot()
    element = top.find("Measurement")
    assert element is not None
    measurement = ROOT.RooStats.HistFactory.Measurement(element.get("Name"), "m")
    measurement.SetPOI(element.findtext("POI"))
    measurement.SetLumi(float(element.get("Lumi") or "nan"))
    measurement.SetLumiRelErr(float(element.get("LumiRelErr") or "nan"))
    for setting in element.findall("ParamSetting"):
        if setting.get("Val"):
            measurement.SetParamValue(setting.text, float(setting.get("Val") or "nan"))
        measurement.AddConstantParam(setting.text)
    for page in top.findall("Input"):
        channel = ElementTree.parse(directory / (page.text or "")).getroot()
        measurement.AddChannel(read_channel(channel, directory))
    measurement.CollectHistograms()
    return measurement


class RooFit:
    """A workspace as HistFactory has it."""

    def __init__(self, spec: dict[str, Any], directory: Path) -> None:
        ROOT.RooMsgService.instance().setGlobalKillBelow(ROOT.RooFit.FATAL)
        write_histfactory(parse_workspace(spec), directory)
        measurement = read_combination(directory)
        measurement.SetOutputFilePrefix(str(directory / "model"))
        factory = ROOT.RooStats.HistFactory
        self.workspace = factory.MakeModelAndMeasurementFast(measurement)
        config = self.workspace.obj("ModelConfig")
        self.poi = config.GetParametersOfInterest().first().GetName()
        self.nll = config.GetPdf().createNLL(
            self.workspace.data("obsData"),
            ROOT.RooFit.Constrain(config.GetNuisanceParameters()),
            ROOT.RooFit.GlobalObservables(config.GetGlobalObservables()),
            ROOT.RooFit.Offset("none"),
        )

    def name(self, ours: str) -> str:
        """Return what HistFactory calls a parameter."""
        name, _, number = ours.rstrip("]").partition("[")
        channel = name.removeprefix("staterror_").removeprefix("stat_")
        for known in (
            ours,
            f"alpha_{ours}",
            f"gamma_{name}_bin_{number}",
            f"gamma_stat_{channel}_bin_{number}",
            ours.capitalize(),
        ):
            if self.workspace.var(known):
                return known
        raise KeyError(ours)

    def value(self, parameters: dict[str, float]) -> float:
        for name, value in parameters.items():
            variable = self.workspace.var(self.name(name))
            variable.setVal(value)
            assert variable.getVal() == value, f"{name} is outside RooFit's range"
        return float(self.nll.getVal())

    def minimise(self) -> dict[str, tuple[float, float, float, float]]:
        """Return value, HESSE error and MINOS errors of the POI, value and error of the others."""
        for variable in self.nll.getVariables():
            if not variable.isConstant():
                # MINUIT maps limited parameters to sines, which bends their HESSE errors
                variable.removeRange()
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
        poi = self.workspace.var(self.poi)
        minimiser.minos(ROOT.RooArgSet(poi))
        found[self.poi] = (*found[self.poi][:2], poi.getErrorHi(), -poi.getErrorLo())
        return found
