"""The architectures by the name that ``models.yaml`` uses."""

import inspect
from collections.abc import Mapping
from typing import Any

from torch import nn

from n2mu.errors import ConfigurationError, nearest
from n2mu.models.ft_transformer import FTTransformer
from n2mu.models.mlp import MLP

ARCHITECTURES: dict[str, type[nn.Module]] = {"mlp": MLP, "ft_transformer": FTTransformer}


def build(
    architecture: str,
    n_continuous: int,
    categories: list[int],
    n_classes: int,
    parameters: Mapping[str, Any],
) -> nn.Module:
    """Return a model with fresh weights from torch's global generator.

    Parameters
    ----------
    categories
        Number of classes of each categorical feature, the one for missing included.
    parameters
        Keyword arguments of the architecture.

    Raises
    ------
    ConfigurationError
        If the architecture or one of its parameters is unknown.
    """
    if architecture not in ARCHITECTURES:
        raise ConfigurationError(
            f"no architecture '{architecture}'{nearest(architecture, ARCHITECTURES)}"
        )
    kind = ARCHITECTURES[architecture]
    known = [
        name
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    for name in parameters:
        if name not in known:
            raise ConfigurationError(
                f"architecture '{architecture}' has no parameter '{name}'{nearest(name, known)}"
            )
    return kind(n_continuous, categories, n_classes, **parameters)
