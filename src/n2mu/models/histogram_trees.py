"""Histogram-based gradient-boosted trees of scikit-learn."""

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ConfigurationError
from n2mu.models.trees import BoostedTrees, Trees


class HistogramTrees(BoostedTrees):
    """Trees grown by scikit-learn's ``HistGradientBoostingClassifier``.

    Grown trees become arrays, so scoring does not need scikit-learn.  Negative
    weights are accepted.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    leaves
        Largest number of leaves of a tree.
    depth
        Largest number of cuts from the root to a leaf; none: as many as fit.
    min_leaf_events
        Smallest number of events in a leaf.
    min_leaf_share
        Smallest share of the training events in a leaf, where it is more.
    l2
        Penalty of the squares of the values of the leaves.
    feature_fraction
        Share of the features that each cut sees.
    bins
        Number of bins per feature, at most 255.
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        leaves: int = 31,
        depth: int | None = None,
        min_leaf_events: int = 20,
        min_leaf_share: float = 0.0,
        l2: float = 0.0,
        feature_fraction: float = 1.0,
        bins: int = 255,
    ) -> None:
        super().__init__(n_continuous, categories, n_classes)
        if not 0 <= min_leaf_share <= 0.5:
            raise ConfigurationError(
                f"min_leaf_share is {min_leaf_share:g}, expected 0 to 0.5: beyond half of the "
                "events no cut leaves two leaves"
            )
        self.min_leaf_share = min_leaf_share
        self.options: dict[str, Any] = {
            "max_leaf_nodes": leaves,
            "max_depth": depth,
            "min_samples_leaf": min_leaf_events,
            "l2_regularization": l2,
            "max_features": feature_fraction,
            "max_bins": bins,
        }

    def grow(
        self,
        columns: NDArray[np.float32],
        label: NDArray[np.int64],
        weight: NDArray[np.float64],
        *,
        rounds: int,
        learning_rate: float,
        seed: int,
    ) -> Trees:
        """Return the grown trees; arguments as :meth:`BoostedTrees.grow`."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        share = ceil(self.min_leaf_share * len(label))
        forest = HistGradientBoostingClassifier(
            **self.options | {"min_samples_leaf": max(self.options["min_samples_leaf"], share)},
            max_iter=rounds,
            learning_rate=learning_rate,
            early_stopping=False,
            random_state=seed,
        )
        forest.fit(columns, label, sample_weight=weight)
        trees = trees_of(forest)
        if self.n_classes != 2:
            return trees
        # of two classes scikit-learn has the logit of the second alone
        baseline = np.append(0.0, trees.baseline)
        return replace(trees, output=trees.output + 1, baseline=baseline)


def trees_of(forest: Any) -> Trees:
    """Return the trees of a fitted ``HistGradientBoostingClassifier``."""
    nodes = []
    roots: list[int] = []
    outputs: list[int] = []
    rounds: list[int] = []
    size = 0
    # scikit-learn has no public way to the nodes; a test compares with its predictions
    for number, predictors in enumerate(forest._predictors):
        for output, predictor in enumerate(predictors):
            table = predictor.nodes.copy()
            own = np.arange(table.size)
            leaf = table["is_leaf"].astype(np.bool_)
            nodes.append(
                {
                    "feature": np.where(leaf, 0, table["feature_idx"]).astype(np.int64),
                    "threshold": np.where(leaf, 0.0, table["num_threshold"]).astype(np.float64),
                    "left": size + np.where(leaf, own, table["left"].astype(np.int64)),
                    "right": size + np.where(leaf, own, table["right"].astype(np.int64)),
                    "missing_left": table["missing_go_to_left"].astype(np.bool_),
                    "value": np.where(leaf, table["value"], 0.0).astype(np.float64),
                }
            )
            roots.append(size)
            outputs.append(output)
            rounds.append(number)
            size += table.size
    return Trees(
        **{name: np.concatenate([tree[name] for tree in nodes]) for name in nodes[0]},
        root=np.asarray(roots, np.int64),
        output=np.asarray(outputs, np.int64),
        round=np.asarray(rounds, np.int64),
        baseline=np.asarray(forest._baseline_prediction, np.float64).reshape(-1),
    )
