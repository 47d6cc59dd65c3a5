"""The multi-layer perceptron."""

from torch import nn

from n2mu.models.dropout import Dropout
from n2mu.models.flat import Embeddings, FlatFeatures, FlatNetwork
from n2mu.models.tokens import Missing


class MLP(FlatNetwork):
    """Equal layers of ``Dropout(GELU(Linear(x)))`` and a linear output.

    Thesis eqs. 2.38-2.41.  As it comes, categorical features enter as one-hot
    vectors (eq. 2.45), missing continuous values as learnable numbers (eq. 2.52).

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
    embeddings, embedding_width
        How features enter, see :class:`n2mu.models.flat.FlatFeatures`.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.

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
        embeddings: Embeddings = "none",
        embedding_width: int = 8,
        missing: Missing = "learnable",
    ) -> None:
        super().__init__(
            FlatFeatures(n_continuous, categories, embeddings, embedding_width, missing)
        )
        modules: list[nn.Module] = []
        inputs = self.features.size
        for _ in range(layers):
            modules += [nn.Linear(inputs, width), nn.GELU(), Dropout(dropout)]
            inputs = width
        self.layers = nn.Sequential(*modules, nn.Linear(inputs, n_classes))
