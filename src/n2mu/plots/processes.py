"""Processes: what figures and tables show as one, a sample or a group of samples."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.colors import to_hex

from n2mu.errors import ConfigurationError
from n2mu.plots.colours import SIGNAL, shade
from n2mu.plots.names import verbatim
from n2mu.plots.settings import SampleStyle


class Process(NamedTuple):
    """One entry of a legend: its title, colour, kind, and the samples that it sums up."""

    title: str
    colour: str
    kind: Literal["signal", "background"]
    samples: tuple[str, ...]


def processes(styles: Mapping[str, SampleStyle]) -> dict[str, Process]:
    """Return the processes in stacking order, by the name of their sample or group.

    Samples that share a ``group`` are one process, in the place of the first; so is one with
    the group as its title, whose colour they take, or else the first that one of
    them has.  Colours depend on all samples of the analysis, so
    that a process has the same in every figure.

    Parameters
    ----------
    styles
        All samples in stacking order, the first at the bottom.

    Raises
    ------
    ConfigurationError
        If signal and background share a group.
    """
    groups = {style.group for style in styles.values() if style.group is not None}
    members: dict[str, list[str]] = {}
    for name, style in styles.items():
        own = style.title if style.title in groups else name
        members.setdefault(str(style.group or own), []).append(name)
    result: dict[str, Process] = {}
    taken = 0
    for key, names in members.items():
        first = styles[names[0]]
        for name in names:
            if styles[name].kind != first.kind:
                raise ConfigurationError(
                    f"samples.yaml, group '{key}': '{names[0]}' is {first.kind}, '{name}' is "
                    f"{styles[name].kind}; signal and background cannot be drawn together"
                )
        leading = sorted(names, key=lambda name: styles[name].title != key)
        colour = next((styles[n].colour for n in leading if styles[n].colour is not None), None)
        if colour is None and first.kind == "signal" and not _has(result, SIGNAL):
            colour = SIGNAL
        elif colour is None:
            colour = shade(taken)
            taken += 1
        title = key if key in groups else first.title or verbatim(key)
        result[key] = Process(title, to_hex(colour), first.kind, tuple(names))
    return result


def summed(
    values: Mapping[str, Any], styles: Mapping[str, SampleStyle]
) -> dict[str, tuple[Process, Any]]:
    """Return the processes that hold any of some samples, with the sums of their values.

    Parameters
    ----------
    values
        Numbers or arrays by sample.
    """
    result = {}
    for key, process in processes(styles).items():
        present = [values[name] for name in process.samples if name in values]
        if present:
            result[key] = process, np.sum(present, axis=0)
    return result


def _has(found: Mapping[str, Process], colour: str) -> bool:
    return any(process.colour == colour for process in found.values())
