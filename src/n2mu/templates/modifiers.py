"""The systematics of a sample in a region as modifiers of a HistFactory workspace.

Systematics with templates act as a rate (``normsys``) and a shape at fixed rate
(``histosys``) with one parameter, so that large rate effects stay positive.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.config.kinds.by_number import ByNumber
from n2mu.config.kinds.registry import KINDS
from n2mu.config.kinds.systematic import Systematic
from n2mu.errors import TemplateError, nearest
from n2mu.skim.read import NOMINAL
from n2mu.templates.histogram import Template

FloatArray = npt.NDArray[np.float64]
Modifier = dict[str, Any]


def modifiers(
    effects: Iterable[Mapping[str, Any]], variations: Mapping[str, Template], again: str
) -> list[Modifier]:
    """Return the modifiers of what is kept of all systematics of a sample in a region.

    Parameters
    ----------
    effects
        Entries of ``templates_report.json`` of this sample and region.
    variations
        Its templates, by variation.
    again
        What to do if a template is missing.

    Raises
    ------
    TemplateError
        If a template is missing, or a kind of systematic is unknown.
    """
    result: list[Modifier] = []
    for entry in effects:
        if entry["status"] in ("dropped", "no_events"):
            continue
        name = entry["parameter"]
        kind = _kind(entry, again)
        if not issubclass(kind, ByNumber):
            result += _rate_and_shape(entry, variations, again)
        elif kind.per_bin:
            result += _independent(name, variations[NOMINAL].sumw, entry["shape"])
        else:
            result.append(_normsys(name, 1 + entry["norm_up"], 1 + entry["norm_down"]))
    return result


def _kind(entry: Mapping[str, Any], again: str) -> type[Systematic]:
    if entry["kind"] not in KINDS:
        raise TemplateError(
            f"systematic '{entry['systematic']}': there is no kind "
            f"'{entry['kind']}'{nearest(entry['kind'], KINDS)}; {again}"
        )
    return KINDS[entry["kind"]]


def _normsys(name: str, high: float, low: float) -> Modifier:
    return {"name": name, "type": "normsys", "data": {"hi": high, "lo": low}}


def _histosys(name: str, high: FloatArray, low: FloatArray) -> Modifier:
    data = {"hi_data": high.tolist(), "lo_data": low.tolist()}
    return {"name": name, "type": "histosys", "data": data}


def _independent(name: str, nominal: FloatArray, size: float) -> list[Modifier]:
    """Return one modifier per bin, with a parameter of its own."""
    result = []
    for number, content in enumerate(nominal):
        shift = np.zeros(len(nominal))
        shift[number] = size * content
        result.append(_histosys(f"{name}_bin_{number}", nominal + shift, nominal - shift))
    return result


def _rate_and_shape(
    entry: Mapping[str, Any], variations: Mapping[str, Template], again: str
) -> list[Modifier]:
    """Split a variation into its rate and its shape at the nominal rate."""
    nominal = variations[NOMINAL]
    sides = []
    for side in ("up", "down"):
        variation = f"{entry['systematic']}_{side}"
        if variation not in variations:
            raise TemplateError(
                f"region '{entry['region']}', sample '{entry['sample']}': no template "
                f"'{variation}'; {again}"
            )
        sides.append(variations[variation])
    high, low = (side.total / nominal.total for side in sides)
    result = []
    if entry["norm_kept"]:
        result.append(_normsys(entry["parameter"], high, low))
    if entry["shape_kept"]:
        up, down = sides
        result.append(_histosys(entry["parameter"], up.sumw / high, down.sumw / low))
    return result


def multiplied(modifier: Modifier, weights: FloatArray | float) -> Modifier:
    """Return a modifier of a sample whose yields are multiplied by a number, or numbers [bins]."""
    if modifier["type"] != "histosys":
        return modifier
    data = {
        side: (weights * np.array(yields)).tolist() for side, yields in modifier["data"].items()
    }
    return {**modifier, "data": data}
