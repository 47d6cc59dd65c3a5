"""The architectures that ``models.yaml`` may name, known without loading torch."""

ARCHITECTURES: dict[str, tuple[str, ...]] = {
    "mlp": ("layers", "width", "dropout", "embeddings", "embedding_width", "missing"),
    "staged": ("stages", "layers", "width", "dropout", "missing"),
    "resnet": ("blocks", "width", "dropout", "embeddings", "embedding_width", "missing"),
    "ft_transformer": (
        "blocks",
        "width",
        "heads",
        "feed_forward",
        "dropout",
        "attention_dropout",
        "missing",
    ),
    "event_classifier_transformer": (
        "width",
        "heads",
        "hidden",
        "feed_forward",
        "dropout",
        "missing",
    ),
    "feed_forward": ("missing",),
    "deep_feed_forward": ("dropout", "missing"),
    "tabm": ("members", "layers", "width", "dropout", "embeddings", "embedding_width", "missing"),
    "xgboost": (
        "depth",
        "min_child_weight",
        "l2",
        "min_split_gain",
        "subsample",
        "feature_fraction",
        "bins",
    ),
    "histogram_trees": ("leaves", "depth", "min_leaf_events", "l2", "feature_fraction", "bins"),
}
"""The parameters of each architecture in the registry of models."""

PER_OBJECT = ("ft_transformer",)
"""The architectures that have an output for each object of a collection."""

TREES = ("xgboost", "histogram_trees")
"""The architectures that are grown and not trained by gradients."""
