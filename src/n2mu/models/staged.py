"""The staged network: one binary network per background, combined into one classifier."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from n2mu.config.names import matching
from n2mu.errors import ConfigurationError, nearest
from n2mu.models.layout import Layout
from n2mu.models.mlp import MLP
from n2mu.models.tokens import Missing

Columns = tuple[Sequence[int], Sequence[int]]
"""The continuous and the categorical features of one stage, by index."""


class StagedNetwork(nn.Module):
    """Binary networks that tell the signal from one background each.

    Thesis section 2.3.1.  With classes of equal weight, the output of a stage
    is ``ln p_signal / p_background``, so the logits of all classes are zero for
    the signal and minus the output of the stage for its background; their
    softmax holds every pairwise ratio.  The loss
    :func:`n2mu.losses.pairwise.pairwise` trains each stage on events of its two
    classes alone.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of classes, the signal included.
    stages
        Features of each background in the order of the classes; none: all.
        In the configuration: lists of names by class, ``*`` at the end matches several.
    signal
        Index of the signal class.
    layers, width, dropout
        Of each stage, an MLP.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes].

    Examples
    --------
    >>> model = StagedNetwork(3, [4], 5, width=8)
    >>> model(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)).shape
    torch.Size([2, 5])
    """

    loss = "pairwise"

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        stages: Sequence[Columns] | None = None,
        signal: int = 0,
        layers: int = 3,
        width: int = 64,
        dropout: float = 0.2,
        missing: Missing = "learnable",
    ) -> None:
        super().__init__()
        if n_classes < 2:
            raise ConfigurationError(
                "a staged network has one stage per background and is trained on all classes; "
                "set formulation: multi_class"
            )
        everything: Columns = (range(n_continuous), range(len(categories)))
        chosen = list(stages) if stages is not None else [everything] * (n_classes - 1)
        self.backgrounds = [k for k in range(n_classes) if k != signal]
        self.n_classes = n_classes
        self.columns = [(list(numbers), list(classes)) for numbers, classes in chosen]
        self.stages = nn.ModuleList(
            MLP(
                len(numbers),
                [categories[j] for j in classes],
                1,
                layers=layers,
                width=width,
                dropout=dropout,
                missing=missing,
            )
            for numbers, classes in self.columns
        )

    @staticmethod
    def resolve(parameters: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
        """Return the parameters with the stages by index and the index of the signal.

        Raises
        ------
        ConfigurationError
            If the stages are not those of the backgrounds, or name an unknown feature.
        """
        resolved = {**parameters, "signal": layout.signal}
        named = parameters.get("stages")
        if named is None:
            return resolved
        backgrounds = [c for k, c in enumerate(layout.classes) if k != layout.signal]
        for name in named:
            if name not in backgrounds:
                raise ConfigurationError(
                    f"stages: '{name}' is no background class{nearest(name, backgrounds)}"
                )
        features = [*layout.continuous, *layout.categorical]
        stages = []
        for background in backgrounds:
            if background not in named:
                raise ConfigurationError(
                    f"stages: background '{background}' has none; name its features, or '*' for all"
                )
            found = matching(named[background], features, f"stages.{background}", "feature")
            stages.append(
                (
                    [i for i, name in enumerate(layout.continuous) if name in found],
                    [j for j, name in enumerate(layout.categorical) if name in found],
                )
            )
        return {**resolved, "stages": stages}

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits; that of the signal is zero."""
        outputs = [continuous.new_zeros(continuous.shape[0])] * self.n_classes
        for k, stage, (numbers, classes) in zip(
            self.backgrounds, self.stages, self.columns, strict=True
        ):
            outputs[k] = -stage(continuous[:, numbers], categorical[:, classes])[:, 0]
        return torch.stack(outputs, dim=1)
