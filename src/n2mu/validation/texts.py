"""What figures show of a configuration: whether there are such glyphs and colours."""

from collections.abc import Iterator
from typing import Any

from n2mu.config.base import Model
from n2mu.config.configuration import Configuration
from n2mu.config.main import Labels

_SHOWN = frozenset({"title", "axis", "unit", "group", "colour"})
_PARTS = ("samples", "regions", "features", "systematics", "models", "fits")


def refused_texts(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield key and reason of every text and colour that figures would refuse."""
    from matplotlib.colors import is_color_like

    from n2mu.plots.style import house_style
    from n2mu.plots.typesetting import refusal

    with house_style():
        for key, value in _shown(configuration):
            if key.endswith(".colour"):
                if not is_color_like(value):
                    hint = "use a name such as 'steelblue' or '#4682b4'"
                    yield key, f"'{value}' is no colour; {hint}"
            elif reason := refusal(value):
                yield key, f"'{value}': {reason}"


def _shown(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield key and value of what figures show."""
    yield from _within(configuration.main.labels, "labels.")
    for part in _PARTS:
        yield from _within(getattr(configuration, part), f"{part}.yaml: ")
    for name, study in configuration.studies.items():
        yield from _within(study, f"studies/{name}.yaml: ")


def _within(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Model):
        shown = _SHOWN if not isinstance(value, Labels) else type(value).model_fields.keys()
        for name in type(value).model_fields:
            child = getattr(value, name)
            if name in shown and isinstance(child, str):
                yield f"{key}{name}", child
            else:
                yield from _within(child, f"{key}{name}.")
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _within(child, f"{key}{name}.")
