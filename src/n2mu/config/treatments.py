"""The treatments of templates that ``systematics.yaml`` may name, known without loading numpy."""

from typing import TYPE_CHECKING, Literal

from n2mu.registries import registered


def _named(dictionary: str) -> tuple[str, ...]:
    return tuple(registered("n2mu.templates.treatments", dictionary))


if TYPE_CHECKING:
    Symmetrisation = str
    Smoothing = str
    Combination = str
else:
    Symmetrisation = Literal[_named("SYMMETRISATIONS")]
    Smoothing = Literal[("none", *_named("SMOOTHINGS"))]
    Combination = Literal[_named("COMBINATIONS")]
