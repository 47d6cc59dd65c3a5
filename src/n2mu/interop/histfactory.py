"""A pyhf workspace as HistFactory XML with ROOT histograms.

pyhf has a writer as well.  It is not used: it leaves the gammas of ``staterror`` to
HistFactory's default, which is Poisson where pyhf's are Gaussian, loses the errors of samples
that are empty in a bin, makes one histogram of two samples whose names join to the same text,
cannot fix gammas, and writes paths that hold only where it ran.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from n2mu.errors import WorkspaceError
from n2mu.fit.workspace import Channel, Modifier, ParameterConfig, Sample, Workspace
from n2mu.products import atomic_directory

FloatArray = npt.NDArray[np.float64]

COMBINATION = "combination.xml"
_SCHEMA = "HistFactorySchema.dtd"
_HISTOGRAMS = "data.root"
_NAME = re.compile(r"[A-Za-z0-9_.+-]+")
_LUMI = "lumi"


def write_histfactory(workspace: Workspace, directory: Path) -> None:
    """Write the XML and the histograms of a workspace.

    Paths in the XML are relative: run ``hist2workspace combination.xml`` inside the directory.

    Parameters
    ----------
    directory
        Replaced; holds ``combination.xml``, one XML per channel, ``data.root`` and the DTD.

    Raises
    ------
    WorkspaceError
        If HistFactory would make another likelihood of it, naming channel, sample and modifier.
    """
    from pyhf.schema import path as schemas

    _require_expressible(workspace)
    histograms: dict[str, FloatArray] = {}
    pages = {
        f"channel_{channel.name}.xml": _channel(channel, workspace.parameters, histograms)
        for channel in workspace.channels
    }
    with atomic_directory(directory) as temporary:
        for name, page in pages.items():
            _write_xml(temporary / name, page)
        _write_xml(temporary / COMBINATION, _combination(workspace, list(pages)))
        _write_histograms(temporary / _HISTOGRAMS, histograms)
        shutil.copyfile(schemas / _SCHEMA, temporary / _SCHEMA)


def _require_expressible(workspace: Workspace) -> None:
    where = workspace.where
    for name, config in workspace.parameters.items():
        if name != _LUMI and (config.auxdata or config.sigmas or config.factors):
            raise WorkspaceError(
                f"{where}: parameter '{name}': HistFactory XML has no place for its 'auxdata', "
                "'sigmas' or 'factors'; only those of 'lumi' can be written"
            )
    _require_common_luminosity(workspace)
    for channel in workspace.channels:
        names = {channel.name, *channel.samples}
        for sample in channel.samples.values():
            names |= {modifier.name for modifier in sample.modifiers}
            _require_positive_shapes(sample, f"{where}: channel '{channel.name}'")
        for name in sorted(names):
            if not _NAME.fullmatch(name):
                raise WorkspaceError(
                    f"{where}: channel '{channel.name}': '{name}' is no name for RooFit; rename "
                    "it with letters, digits and _ . + -"
                )
        gammas = sorted(_names_of(channel, "staterror"))
        if len(gammas) > 1:
            raise WorkspaceError(
                f"{where}: channel '{channel.name}': staterror has the names {', '.join(gammas)}, "
                "HistFactory knows one set of gammas per channel; give them one name"
            )


def _require_common_luminosity(workspace: Workspace) -> None:
    """Refuse a luminosity on some samples only: ROOT 6.40 scales all, whatever the XML says."""
    having = {
        _LUMI in [modifier.type for modifier in sample.modifiers]: (channel.name, sample.name)
        for channel in workspace.channels
        for sample in channel.samples.values()
    }
    if len(having) > 1:
        channel_name, sample_name = having[False]
        raise WorkspaceError(
            f"{workspace.where}: channel '{channel_name}', sample '{sample_name}' has no 'lumi' "
            "but others have, and HistFactory's luminosity acts on all; make it a normsys"
        )


def _require_positive_shapes(sample: Sample, where: str) -> None:
    """Refuse negative rates that HistFactory would count as zero."""
    for modifier in sample.modifiers:
        if modifier.type != "histosys":
            continue
        for what, values in (
            ("nominal", sample.data),
            ("lo_data", modifier.first),
            ("hi_data", modifier.second),
        ):
            for index, value in enumerate(values, start=1):
                if value < 0:
                    raise WorkspaceError(
                        f"{where}, sample '{sample.name}', histosys '{modifier.name}': bin {index} "
                        f"of {what} is {value:g}; HistFactory counts an interpolated rate below "
                        "zero as zero; merge this bin, or set it to zero"
                    )


def _names_of(channel: Channel, kind: str) -> set[str]:
    return {
        modifier.name
        for sample in channel.samples.values()
        for modifier in sample.modifiers
        if modifier.type == kind
    }


def _channel(
    channel: Channel,
    parameters: Mapping[str, ParameterConfig],
    histograms: dict[str, FloatArray],
) -> ElementTree.Element:
    def stored(values: Any, *parts: str) -> str:
        start = "__".join((channel.name, *parts))
        name, number = start, 1
        while name in histograms:
            number += 1
            name = f"{start}_{number}"
        histograms[name] = np.asarray(values, dtype=np.float64)
        return name

    element = ElementTree.Element("Channel", Name=channel.name, InputFile=_HISTOGRAMS)
    ElementTree.SubElement(
        element, "Data", HistoName=stored(channel.observed, "data"), InputFile=_HISTOGRAMS
    )
    # the gammas of staterror are Gaussian in pyhf; all bins with an error have one
    ElementTree.SubElement(
        element, "StatErrorConfig", RelErrorThreshold="0", ConstraintType="Gaussian"
    )
    relative = _relative_errors(channel)
    for sample in channel.samples.values():
        types = [modifier.type for modifier in sample.modifiers]
        child = ElementTree.SubElement(
            element,
            "Sample",
            Name=sample.name,
            HistoName=stored(sample.data, sample.name, "nominal"),
            InputFile=_HISTOGRAMS,
            NormalizeByTheory=str(_LUMI in types),
        )
        for modifier in sample.modifiers:
            match modifier.type:
                case "histosys":
                    low = stored(modifier.first, sample.name, modifier.name, "low")
                    high = stored(modifier.second, sample.name, modifier.name, "high")
                    attributes = {"HistoNameLow": low, "HistoNameHigh": high}
                    _add(child, "HistoSys", modifier, attributes)
                case "normsys":
                    low, high = repr(modifier.first[0]), repr(modifier.second[0])
                    _add(child, "OverallSys", modifier, {"High": high, "Low": low})
                case "normfactor":
                    _add(child, "NormFactor", modifier, _range(parameters.get(modifier.name)))
                case "shapefactor":
                    _add(child, "ShapeFactor", modifier, {})
                case "shapesys":
                    errors = _ratio(np.asarray(modifier.first), np.asarray(sample.data))
                    name = stored(errors, sample.name, modifier.name, "relative")
                    attributes = {"ConstraintType": "Poisson", "HistoName": name}
                    _add(child, "ShapeSys", modifier, attributes)
                case "staterror":
                    name = stored(relative[sample.name], sample.name, "staterror")
                    ElementTree.SubElement(child, "StatError", Activate="True", HistoName=name)
                case _:
                    assert modifier.type == _LUMI  # said by NormalizeByTheory
    return element


def _add(
    parent: ElementTree.Element, tag: str, modifier: Modifier, attributes: Mapping[str, str]
) -> None:
    ElementTree.SubElement(parent, tag, {"Name": modifier.name, **attributes})


def _ratio(errors: FloatArray, yields: FloatArray) -> FloatArray:
    """Return errors / yields [bins], zero where there is no yield."""
    return np.divide(errors, yields, out=np.zeros(len(yields)), where=yields != 0)


def _relative_errors(channel: Channel) -> dict[str, FloatArray]:
    """Return the relative MC error [bins] of each sample with staterror.

    HistFactory multiplies it by the yield, so an empty bin cannot have one.  Since only the sum
    in quadrature over all samples of a bin enters, the errors of empty samples are added to
    those of the sample with the largest yield there.
    """
    errors = {
        sample.name: np.asarray(modifier.first)
        for sample in channel.samples.values()
        for modifier in sample.modifiers
        if modifier.type == "staterror"
    }
    if not errors:
        return {}
    names = list(errors)
    yields = np.array([channel.samples[name].data for name in names], dtype=np.float64)
    squares = np.array(list(errors.values()), dtype=np.float64) ** 2
    lost = np.where(yields == 0, squares, 0.0).sum(axis=0)
    largest = np.abs(yields).argmax(axis=0)
    squares[largest, np.arange(yields.shape[1])] += lost
    return {name: _ratio(np.sqrt(s), y) for name, s, y in zip(names, squares, yields, strict=True)}


def _range(config: ParameterConfig | None) -> dict[str, str]:
    """Return start and bounds of a norm factor; pyhf's defaults are 1 and 0 to 10."""
    value = config.inits[0] if config is not None and config.inits else 1.0
    low, high = config.bounds[0] if config is not None and config.bounds else (0.0, 10.0)
    # RooFit moves a value outside into the range, a fixed one as well
    low, high = min(low, value), max(high, value)
    return {"Val": repr(value), "Low": repr(low), "High": repr(high)}


def _combination(workspace: Workspace, pages: list[str]) -> ElementTree.Element:
    element = ElementTree.Element("Combination", OutputFilePrefix="model")
    for page in pages:
        ElementTree.SubElement(element, "Input").text = page
    lumi = workspace.parameters.get(_LUMI, ParameterConfig())
    used = any(_names_of(channel, _LUMI) for channel in workspace.channels)
    value = lumi.auxdata[0] if used and lumi.auxdata else 1.0
    error = lumi.sigmas[0] / value if used and lumi.sigmas else 0.0
    measurement = ElementTree.SubElement(
        element,
        "Measurement",
        Name=re.sub(r"\W+", "_", workspace.measurement),
        Lumi=repr(value),
        LumiRelErr=repr(error),
        ExportOnly="True",
    )
    ElementTree.SubElement(measurement, "POI").text = workspace.poi
    constant: dict[str, float | None] = {} if used else {"Lumi": None}
    for name, config in workspace.parameters.items():
        if config.fixed:
            known = _roofit_names(workspace, name)
            values = config.inits or (None,) * len(known)
            constant |= dict(zip(known, values, strict=True))
    for name, start in constant.items():
        attributes = {"Const": "True"} | ({} if start is None else {"Val": repr(start)})
        ElementTree.SubElement(measurement, "ParamSetting", attributes).text = name
    return element


def _roofit_names(workspace: Workspace, name: str) -> list[str]:
    """Return what HistFactory calls the components of a parameter."""
    result: dict[str, None] = {}
    for channel in workspace.channels:
        bins = range(len(channel.observed))
        for sample in channel.samples.values():
            for modifier in sample.modifiers:
                if modifier.name != name:
                    continue
                match modifier.type:
                    case "normfactor":
                        names = [name]
                    case "lumi":
                        names = ["Lumi"]
                    case "normsys" | "histosys":
                        names = [f"alpha_{name}"]
                    case "staterror":
                        names = [f"gamma_stat_{channel.name}_bin_{i}" for i in bins]
                    case _:
                        names = [f"gamma_{name}_bin_{i}" for i in bins]
                result |= dict.fromkeys(names)
    return list(result)


def _write_xml(path: Path, element: ElementTree.Element) -> None:
    ElementTree.indent(element)
    text = ElementTree.tostring(element, encoding="unicode")
    path.write_text(f"<!DOCTYPE {element.tag} SYSTEM '{_SCHEMA}'>\n\n{text}\n")


def _write_histograms(path: Path, histograms: Mapping[str, FloatArray]) -> None:
    import uproot

    with uproot.recreate(path) as file:
        for name, values in histograms.items():
            file[name] = uproot.to_writable((values, np.arange(len(values) + 1.0)))
