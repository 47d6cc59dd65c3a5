"""The architectures by the name that ``models.yaml`` uses."""

import inspect
from collections.abc import Mapping
from typing import Any

from torch import nn

from n2mu.config.architectures import FROM_DATA
from n2mu.errors import ConfigurationError, nearest
from n2mu.models.event_classifier import EventClassifierTransformer
from n2mu.models.feed_forward import DeepFeedForward, FeedForward
from n2mu.models.ft_transformer import FTTransformer
from n2mu.models.histogram_trees import HistogramTrees
from n2mu.models.layout import Layout
from n2mu.models.mlp import MLP
from n2mu.models.resnet import ResNet
from n2mu.models.staged import StagedNetwork
from n2mu.models.tabm import TabM
from n2mu.models.xgboost_trees import XGBoostTrees

ARCHITECTURES: dict[str, type[nn.Module]] = {
    "mlp": MLP,
    "staged": StagedNetwork,
    "resnet": ResNet,
    "ft_transformer": FTTransformer,
    "event_classifier_transformer": EventClassifierTransformer,
    "feed_forward": FeedForward,
    "deep_feed_forward": DeepFeedForward,
    "tabm": TabM,
    "xgboost": XGBoostTrees,
    "histogram_trees": HistogramTrees,
}


def parameters_of(architecture: str) -> list[str]:
    """Return what ``models.yaml`` may set under ``parameters`` of an architecture."""
    return [
        name
        for name, parameter in inspect.signature(ARCHITECTURES[architecture]).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name not in FROM_DATA
    ]


def build(architecture: str, layout: Layout, parameters: Mapping[str, Any]) -> nn.Module:
    """Return a model with fresh weights from torch's global generator.

    Parameters
    ----------
    layout
        The inputs and the outputs.
    parameters
        Keyword arguments of the architecture.

    Raises
    ------
    ConfigurationError
        If the architecture or one of its parameters is unknown or of no use.
    """
    if architecture not in ARCHITECTURES:
        raise ConfigurationError(
            f"no architecture '{architecture}'{nearest(architecture, ARCHITECTURES)}"
        )
    kind = ARCHITECTURES[architecture]
    if layout.labelled is not None and not getattr(kind, "per_object", False):
        raise ConfigurationError(f"architecture '{architecture}' has no output per object")
    known = parameters_of(architecture)
    for name in parameters:
        if name not in known:
            raise ConfigurationError(
                f"architecture '{architecture}' has no parameter '{name}'{nearest(name, known)}"
            )
    resolve = getattr(kind, "resolve", lambda parameters, layout: parameters)
    categories = list(layout.categorical.values())
    try:
        return kind(
            len(layout.continuous), categories, layout.outputs, **resolve(parameters, layout)
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigurationError(
            f"architecture '{architecture}' cannot be made with {dict(parameters)}: {error}"
        ) from None
