"""Small models of all architectures."""

from typing import Any

import numpy as np
import torch

from n2mu.models.layout import Layout
from n2mu.models.registry import ARCHITECTURES, build
from n2mu.models.trees import BoostedTrees

CATEGORIES = [3, 5]


SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"layers": 2, "width": 16},
    "staged": {"layers": 2, "width": 16},
    "resnet": {"blocks": 2, "width": 16},
    "ft_transformer": {"blocks": 2, "width": 16},
    "event_classifier_transformer": {"missing": "learnable"},
    "feed_forward": {"missing": "learnable"},
    "deep_feed_forward": {"missing": "learnable"},
    "tabm": {"members": 3, "layers": 2, "width": 16},
    "xgboost": {"depth": 3},
    "histogram_trees": {"leaves": 8},
}


NETWORKS = sorted(a for a, kind in ARCHITECTURES.items() if not issubclass(kind, BoostedTrees))


TREES = sorted(set(ARCHITECTURES) - set(NETWORKS))


def layout(n_continuous: int, categories: list[int], outputs: int) -> Layout:
    return Layout(
        continuous=[f"x{i}" for i in range(n_continuous)],
        categorical={f"c{j}": n for j, n in enumerate(categories)},
        classes=[f"k{k}" for k in range(max(2, outputs))],
        signal=0,
        outputs=outputs,
    )


def make(architecture: str, n_continuous: int, categories: list[int], outputs: int) -> Any:
    return build(architecture, layout(n_continuous, categories, outputs), SMALL[architecture])


def inputs(events: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    categorical = torch.stack([torch.randint(n, (events,)) for n in CATEGORIES], dim=1)
    return torch.randn(events, 4), categorical


def grown(architecture: str, outputs: int, rounds: int = 20) -> Any:
    """Trees that learned from every feature, with missing values."""
    model = make(architecture, 4, CATEGORIES, outputs)
    continuous, categorical = inputs(3000)
    total = (continuous.sum(1) + 2 * categorical[:, 0] + categorical[:, 1]).numpy()
    label = np.searchsorted(np.quantile(total, [0.3, 0.6]), total) % max(2, outputs)
    weight = np.random.default_rng(1).exponential(size=label.size)
    continuous[torch.rand(continuous.shape) < 0.2] = torch.nan
    columns = model.columns(continuous, categorical).numpy()
    model.plant(model.grow(columns, label, weight, rounds=rounds, learning_rate=0.2, seed=1))
    return model.eval()
