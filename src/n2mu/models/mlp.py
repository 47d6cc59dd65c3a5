"""The multi-layer perceptron."""

import torch
from torch import Tensor, nn

from n2mu.models.tokens import ClassOffsets, MissingValues


class MLP(nn.Module):
    """Equal layers of ``Dropout(GELU(Linear(x)))`` and a linear output.

    Thesis eqs. 2.38-2.41.  Categorical features enter as one-hot vectors (eq.
    2.45), missing continuous values as learnable numbers (eq. 2.52).

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    layers
        Number of hidden layers.
    width
        Their width.
    dropout
        Share of hidden values set to zero in training.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes].

    Examples
    --------
    >>> model = MLP(3, [4], 5, width=8)
    >>> model(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        layers: int = 3,
        width: int = 256,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.n_one_hot = sum(categories)
        self.missing = MissingValues(n_continuous)
        self.offsets = ClassOffsets(categories)
        modules: list[nn.Module] = []
        inputs = n_continuous + self.n_one_hot
        for _ in range(layers):
            modules += [nn.Linear(inputs, width), nn.GELU(), nn.Dropout(dropout)]
            inputs = width
        self.layers = nn.Sequential(*modules, nn.Linear(inputs, n_classes))

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits."""
        one_hot = continuous.new_zeros(continuous.shape[0], self.n_one_hot)
        one_hot.scatter_(1, self.offsets(categorical), 1.0)
        logits: Tensor = self.layers(torch.cat([self.missing(continuous), one_hot], dim=1))
        return logits
