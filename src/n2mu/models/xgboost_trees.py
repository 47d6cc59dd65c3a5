"""Gradient-boosted trees of xgboost."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import TrainingError
from n2mu.models.trees import BoostedTrees, Trees


class XGBoostTrees(BoostedTrees):
    """Trees grown by xgboost with second-order gradients on histograms.

    T. Chen, C. Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.
    Grown trees become arrays, so scoring does not need xgboost.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    depth
        Largest number of cuts from the root to a leaf.
    min_child_weight
        Smallest sum of second derivatives in a leaf.
    l2
        Penalty of the squares of the values of the leaves.
    min_split_gain
        Smallest gain of a cut.
    subsample
        Share of the events that each round sees.
    feature_fraction
        Share of the features that each tree sees.
    bins
        Number of bins per feature.
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        depth: int = 3,
        min_child_weight: float = 1.0,
        l2: float = 1.0,
        min_split_gain: float = 0.0,
        subsample: float = 1.0,
        feature_fraction: float = 1.0,
        bins: int = 256,
    ) -> None:
        super().__init__(n_continuous, categories, n_classes)
        self.options = {
            "max_depth": depth,
            "min_child_weight": min_child_weight,
            "lambda": l2,
            "gamma": min_split_gain,
            "subsample": subsample,
            "colsample_bytree": feature_fraction,
            "max_bin": bins,
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
        """Return the grown trees; arguments as :meth:`BoostedTrees.grow`.

        Raises
        ------
        TrainingError
            If a weight is negative, which xgboost refuses.
        """
        if (weight < 0).any():
            raise TrainingError(
                f"xgboost takes no negative weights, {(weight < 0).sum()} of {weight.size} are; "
                "set negative_weights: absolute or drop"
            )
        import xgboost

        objective: dict[str, Any] = (
            {"objective": "binary:logistic", "base_score": 0.5}
            if self.n_classes == 1
            else {"objective": "multi:softprob", "num_class": self.n_classes, "base_score": 0.0}
        )
        booster = xgboost.train(
            {
                **self.options,
                **objective,
                "eta": learning_rate,
                "seed": seed,
                "tree_method": "hist",
                "verbosity": 0,
            },
            xgboost.DMatrix(columns, label, weight=weight),
            num_boost_round=rounds,
        )
        return trees_of(json.loads(bytes(booster.save_raw("json"))), self.n_classes)


def trees_of(model: dict[str, Any], n_classes: int) -> Trees:
    """Return the trees of a model in xgboost's JSON format.

    An event goes left where xgboost finds ``x < t`` in single precision, which
    is ``x <= t'`` with the number ``t'`` just below ``t``.
    """
    stored = model["learner"]["gradient_booster"]["model"]
    columns: dict[str, list[Any]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "missing_left", "value")
    }
    roots = []
    size = 0
    for tree in stored["trees"]:
        left = np.asarray(tree["left_children"], np.int64)
        right = np.asarray(tree["right_children"], np.int64)
        leaf = left < 0
        own = np.arange(left.size)
        cut = np.asarray(tree["split_conditions"], np.float32)
        columns["feature"].append(np.where(leaf, 0, np.asarray(tree["split_indices"], np.int64)))
        columns["threshold"].append(np.nextafter(cut, np.float32(-np.inf)).astype(np.float64))
        columns["left"].append(size + np.where(leaf, own, left))
        columns["right"].append(size + np.where(leaf, own, right))
        columns["missing_left"].append(np.asarray(tree["default_left"], np.bool_))
        columns["value"].append(np.where(leaf, cut, 0.0).astype(np.float64))
        roots.append(size)
        size += left.size
    number = np.arange(len(roots))
    return Trees(
        **{name: np.concatenate(parts) for name, parts in columns.items()},
        root=np.asarray(roots, np.int64),
        output=np.asarray(stored["tree_info"], np.int64),
        round=number // n_classes,
        baseline=np.zeros(n_classes),
    )
