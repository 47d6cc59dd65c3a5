"""The residual network for tables."""

from torch import Tensor, nn

from n2mu.models.dropout import Dropout
from n2mu.models.flat import Embeddings, FlatFeatures, FlatNetwork
from n2mu.models.tokens import Missing


class ResNetBlock(nn.Module):
    """``x + Dropout(Linear(LayerNorm(GELU(x))))``: thesis eq. 2.43.

    Shape
    -----
    [events, width] -> [events, width].
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.GELU(), nn.LayerNorm(width), nn.Linear(width, width), Dropout(dropout)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors after the block."""
        branch: Tensor = self.branch(x)
        return x + branch


class ResNet(FlatNetwork):
    """A linear layer, residual blocks, and ``Linear(LayerNorm(GELU(x)))``.

    Thesis eqs. 2.42-2.44, with 8 blocks of width 64 its section 2.3.4.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    blocks
        Number of residual blocks.
    width
        Width of the blocks.
    dropout
        Share of the outputs of each block set to zero in training.
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
    >>> model = ResNet(3, [4], 5, blocks=2, width=8)
    >>> model(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        blocks: int = 8,
        width: int = 64,
        dropout: float = 0.2,
        embeddings: Embeddings = "none",
        embedding_width: int = 64,
        missing: Missing = "learnable",
    ) -> None:
        super().__init__(
            FlatFeatures(n_continuous, categories, embeddings, embedding_width, missing)
        )
        self.layers = nn.Sequential(
            nn.Linear(self.features.size, width),
            *(ResNetBlock(width, dropout) for _ in range(blocks)),
            nn.GELU(),
            nn.LayerNorm(width),
            nn.Linear(width, n_classes),
        )
