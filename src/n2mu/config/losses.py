"""The losses that ``models.yaml`` may name, known without loading torch."""

from n2mu.registries import registered


def losses() -> tuple[str, ...]:
    """Return the names in the registry of losses."""
    return tuple(registered("n2mu.losses.registry", "LOSSES"))
