"""Classes of models: what they are called, and their colours."""

from collections.abc import Sequence

from n2mu.plots.colours import SIGNAL, shade
from n2mu.plots.names import verbatim
from n2mu.plots.processes import Process, processes
from n2mu.plots.settings import PlotSettings


def class_title(name: str, settings: PlotSettings) -> str:
    """Return the title of the process that a class is, else of the sample of its name."""
    process = _process_of(settings).get(name)
    if process is not None:
        return process.title
    sample = settings.samples.get(name)
    return (sample and sample.title) or verbatim(name)


def class_colours(names: Sequence[str], settings: PlotSettings) -> dict[str, str]:
    """Return the colour of each class: that of the process that it is, else one of no process.

    Parameters
    ----------
    names
        Classes of a model, the signal first or not.
    """
    known = _process_of(settings)
    taken = {process.colour for process in processes(settings.samples).values()}
    result: dict[str, str] = {}
    tried = 0
    for name in names:
        colour = known[name].colour if name in known else None
        if colour is None and name in _signals(settings) and SIGNAL not in taken:
            colour = SIGNAL
        while colour is None:
            candidate = shade(tried)
            tried += 1
            colour = None if candidate in taken else candidate
        result[name] = colour
        taken.add(colour)
    return result


def _process_of(settings: PlotSettings) -> dict[str, Process]:
    """Return the process of each class whose samples are of one, which has no other class."""
    found: dict[str, set[str]] = {}
    classes: dict[str, set[str]] = {}
    known = processes(settings.samples)
    for key, process in known.items():
        for sample in process.samples:
            name = settings.samples[sample].training_class
            if name is not None:
                found.setdefault(name, set()).add(key)
                classes.setdefault(key, set()).add(name)
    return {
        name: known[next(iter(keys))]
        for name, keys in found.items()
        if len(keys) == 1 and all(len(classes[key]) == 1 for key in keys)
    }


def _signals(settings: PlotSettings) -> set[str | None]:
    """Return the classes of signals."""
    return {style.training_class for style in settings.samples.values() if style.kind == "signal"}
