"""The losses that ``models.yaml`` may name, known without loading torch."""

LOSSES = ("cross_entropy", "extreme", "extreme_linear")
"""The names in the registry of losses."""
