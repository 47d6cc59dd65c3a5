"""Reading and checking a pyhf workspace.

The format is HistFactory's in JSON (schema 1.0.0 of pyhf).  Everything that pyhf accepts
but that has no defined likelihood is refused here, with the channel, sample and modifier.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n2mu.errors import WorkspaceError, counted, nearest
from n2mu.products import read_json

logger = logging.getLogger(__name__)

MODIFIER_TYPES = (
    "histosys",
    "lumi",
    "normfactor",
    "normsys",
    "shapefactor",
    "shapesys",
    "staterror",
)
"""Known modifier types, in the order in which pyhf numbers the parameters."""

_NUMBERS = frozenset((int, float))
_CONFIG_KEYS = ("name", "inits", "bounds", "auxdata", "factors", "sigmas", "fixed")


@dataclass(frozen=True)
class Modifier:
    """A modifier of one sample in one channel.

    ``first`` and ``second`` hold what the type needs: lo and hi of normsys (one number each),
    lo_data and hi_data of histosys, the absolute uncertainties of staterror and shapesys
    (``first``), one number per bin; both are empty for the other types.
    """

    type: str
    name: str
    first: tuple[float, ...] = ()
    second: tuple[float, ...] = ()


@dataclass(frozen=True)
class Sample:
    """Nominal yield per bin of a sample in one channel, and its modifiers."""

    name: str
    data: tuple[float, ...]
    modifiers: tuple[Modifier, ...]


@dataclass(frozen=True)
class Channel:
    """A channel (region): its samples by name, and the observed counts per bin."""

    name: str
    samples: Mapping[str, Sample]
    observed: tuple[float, ...]


@dataclass(frozen=True)
class ParameterConfig:
    """What a measurement says about a parameter; None where it says nothing."""

    inits: tuple[float, ...] | None = None
    bounds: tuple[tuple[float, float], ...] | None = None
    auxdata: tuple[float, ...] | None = None
    factors: tuple[float, ...] | None = None
    sigmas: tuple[float, ...] | None = None
    fixed: bool | None = None


@dataclass(frozen=True)
class Workspace:
    """A checked workspace with one measurement.

    Channels are sorted by name, as in pyhf.
    """

    channels: tuple[Channel, ...]
    measurement: str
    poi: str
    parameters: Mapping[str, ParameterConfig]
    where: str

    @property
    def samples(self) -> tuple[str, ...]:
        """Names of the samples of all channels, sorted as in pyhf."""
        return tuple(sorted({name for channel in self.channels for name in channel.samples}))


def read_workspace(path: Path, measurement: str | None = None) -> Workspace:
    """Read a workspace from a JSON file; see `parse_workspace`."""
    return parse_workspace(read_json(path), str(path), measurement)


def parse_workspace(
    spec: Any, where: str = "workspace", measurement: str | None = None
) -> Workspace:
    """Check a decoded workspace and return it as objects.

    Parameters
    ----------
    spec
        The decoded JSON.
    where
        What errors call the workspace, usually its path.
    measurement
        Name of the measurement; the first one if None, as in pyhf.

    Raises
    ------
    WorkspaceError
        Naming the channel, sample and modifier, if something is missing, doubled, of the
        wrong length or of an unknown type.
    """
    observations = {
        _text(entry, "name", f"{where}: observations"): _numbers(
            entry, "data", f"{where}: observation {entry.get('name')!r}"
        )
        for entry in _objects(spec, "observations", where)
    }
    channels: dict[str, Channel] = {}
    for entry in _objects(spec, "channels", where):
        channel = _channel(entry, observations, where)
        if channel.name in channels:
            raise WorkspaceError(f"{where}: channel '{channel.name}' is defined twice")
        channels[channel.name] = channel
    if not channels:
        raise WorkspaceError(f"{where}: holds no channels")
    name, poi, parameters = _measurement(spec, where, measurement)
    return Workspace(
        channels=tuple(channels[key] for key in sorted(channels)),
        measurement=name,
        poi=poi,
        parameters=parameters,
        where=where,
    )


def _channel(
    entry: Mapping[str, Any], observations: Mapping[str, tuple[float, ...]], where: str
) -> Channel:
    name = _text(entry, "name", f"{where}: channels")
    here = f"{where}: channel '{name}'"
    samples: dict[str, Sample] = {}
    for value in _objects(entry, "samples", here):
        sample = _sample(value, here)
        if sample.name in samples:
            raise WorkspaceError(f"{here}: sample '{sample.name}' is defined twice")
        samples[sample.name] = sample
    if not samples:
        raise WorkspaceError(f"{here}: holds no samples")
    if name not in observations:
        raise WorkspaceError(f"{here}: has no observation{nearest(name, observations)}")
    observed = observations[name]
    for sample in samples.values():
        if len(sample.data) != len(observed):
            raise WorkspaceError(
                f"{here}, sample '{sample.name}': {counted(len(sample.data), 'bin')}, but the "
                f"observation has {len(observed)}"
            )
    if any(count < 0 for count in observed):
        raise WorkspaceError(f"{here}: an observed count is negative ({min(observed)})")
    return Channel(name, samples, observed)


def _sample(entry: Mapping[str, Any], where: str) -> Sample:
    name = _text(entry, "name", f"{where}: samples")
    here = f"{where}, sample '{name}'"
    data = _numbers(entry, "data", here)
    modifiers: dict[tuple[str, str], Modifier] = {}
    for value in _objects(entry, "modifiers", here):
        modifier = _modifier(value, len(data), here)
        key = (modifier.type, modifier.name)
        if key in modifiers:
            raise WorkspaceError(f"{here}: {modifier.type} '{modifier.name}' is given twice")
        modifiers[key] = modifier
    return Sample(name, data, tuple(modifiers.values()))


def _modifier(entry: Mapping[str, Any], bins: int, where: str) -> Modifier:
    name = _text(entry, "name", f"{where}: modifiers")
    kind = entry.get("type")
    if kind not in MODIFIER_TYPES:
        hint = nearest(str(kind), MODIFIER_TYPES)
        raise WorkspaceError(f"{where}, modifier '{name}': unknown type {kind!r}{hint}")
    here = f"{where}, {kind} '{name}'"
    if kind in ("staterror", "shapesys"):
        values = _numbers(entry, "data", here, bins)
        if any(value < 0 for value in values):
            raise WorkspaceError(f"{here}: an uncertainty is negative ({min(values)})")
        return Modifier(kind, name, values)
    if kind == "normsys":
        data = _object(entry, "data", here)
        low, high = (_number(data.get(key), f"{here}: '{key}'") for key in ("lo", "hi"))
        if low <= 0 or high <= 0:
            raise WorkspaceError(
                f"{here}: lo = {low} and hi = {high} must be positive, because the factor is"
                " extrapolated as a power; prune or symmetrise the variation"
            )
        return Modifier(kind, name, (low,), (high,))
    if kind == "histosys":
        data = _object(entry, "data", here)
        low_data, high_data = (_numbers(data, key, here, bins) for key in ("lo_data", "hi_data"))
        return Modifier(kind, name, low_data, high_data)
    return Modifier(kind, name)


def _measurement(
    spec: Any, where: str, wanted: str | None
) -> tuple[str, str, dict[str, ParameterConfig]]:
    entries = {
        _text(entry, "name", f"{where}: measurements"): entry
        for entry in _objects(spec, "measurements", where)
    }
    if not entries:
        raise WorkspaceError(f"{where}: holds no measurements")
    name = wanted if wanted is not None else next(iter(entries))
    if name not in entries:
        raise WorkspaceError(f"{where}: no measurement '{name}'{nearest(name, entries)}")
    if wanted is None and len(entries) > 1:
        logger.info("%s: uses the first of %d measurements, '%s'", where, len(entries), name)
    here = f"{where}: measurement '{name}'"
    config = _object(entries[name], "config", here)
    parameters: dict[str, ParameterConfig] = {}
    for entry in _objects(config, "parameters", here):
        key = _text(entry, "name", f"{here}: parameters")
        if key in parameters:
            raise WorkspaceError(f"{here}: parameter '{key}' is configured twice")
        parameters[key] = _parameter_config(entry, f"{here}, parameter '{key}'")
    poi = config.get("poi")
    if not isinstance(poi, str):
        raise WorkspaceError(f"{here}: 'poi' must be a string, got {poi!r}")
    return name, poi, parameters


def _parameter_config(entry: Mapping[str, Any], where: str) -> ParameterConfig:
    for key in entry:
        if key not in _CONFIG_KEYS:
            raise WorkspaceError(f"{where}: unknown key '{key}'{nearest(key, _CONFIG_KEYS)}")
    fixed = entry.get("fixed")
    if fixed is not None and not isinstance(fixed, bool):
        raise WorkspaceError(f"{where}: 'fixed' must be true or false, got {fixed!r}")
    bounds: tuple[tuple[float, float], ...] | None = None
    if "bounds" in entry:
        pairs = []
        for pair in entry["bounds"]:
            if not isinstance(pair, Sequence) or len(pair) != 2:
                raise WorkspaceError(f"{where}: bounds must be pairs of numbers, got {pair!r}")
            low, high = (_number(value, f"{where}: bounds") for value in pair)
            if low >= high:
                raise WorkspaceError(f"{where}: lower bound {low} is not below the upper {high}")
            pairs.append((low, high))
        bounds = tuple(pairs)
    lists = {
        key: _numbers(entry, key, where) if key in entry else None
        for key in ("inits", "auxdata", "factors", "sigmas")
    }
    return ParameterConfig(bounds=bounds, fixed=fixed, **lists)


def _object(value: Any, key: str, where: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, Mapping):
        raise WorkspaceError(f"{where}: '{key}' must be an object, got {found!r}")
    return found


def _objects(value: Any, key: str, where: str) -> list[Mapping[str, Any]]:
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise WorkspaceError(f"{where}: '{key}' must be a list of objects; is it a pyhf workspace?")
    return found


def _text(value: Mapping[str, Any], key: str, where: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise WorkspaceError(f"{where}: '{key}' must be a string, got {found!r}")
    return found


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WorkspaceError(f"{where}: expected a finite number, got {value!r}")
    return float(value)


def _numbers(
    value: Mapping[str, Any], key: str, where: str, length: int | None = None
) -> tuple[float, ...]:
    found = value.get(key)
    if not isinstance(found, list) or not found:
        raise WorkspaceError(f"{where}: '{key}' must be a list of numbers, got {found!r}")
    if _NUMBERS.issuperset(map(type, found)) and all(map(math.isfinite, found)):
        numbers = tuple(map(float, found))
    else:
        numbers = tuple(_number(entry, f"{where}: '{key}'") for entry in found)
    if length is not None and len(numbers) != length:
        raise WorkspaceError(
            f"{where}: '{key}' has {counted(len(numbers), 'entry')}, but the sample has "
            f"{counted(length, 'bin')}"
        )
    return numbers
