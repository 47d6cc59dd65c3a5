"""The architectures that ``models.yaml`` may name, known without loading torch."""

ARCHITECTURES: dict[str, tuple[str, ...]] = {
    "mlp": ("layers", "width", "dropout"),
    "ft_transformer": ("blocks", "width", "heads", "feed_forward", "dropout"),
}
"""The parameters of each architecture in the registry of models."""
