"""The event classifier transformer."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from n2mu.errors import ConfigurationError
from n2mu.models.attention import attention
from n2mu.models.dropout import Dropout
from n2mu.models.tokens import Lookups, Missing, MissingValues


class FeatureNetworks(nn.Module):
    """One small network per number: ``Linear(GELU(Linear(x)))``, all of them in one product.

    Shape
    -----
    [events, features] -> [events, features, width].
    """

    def __init__(self, features: int, hidden: int, width: int) -> None:
        super().__init__()
        self.weight_in = nn.Parameter(torch.empty(features, hidden))
        self.bias_in = nn.Parameter(torch.empty(features, hidden))
        self.weight_out = nn.Parameter(torch.empty(features, hidden, width))
        self.bias_out = nn.Parameter(torch.empty(features, width))
        for parameter, inputs in (
            (self.weight_in, 1),
            (self.bias_in, 1),
            (self.weight_out, hidden),
            (self.bias_out, hidden),
        ):
            nn.init.uniform_(parameter, -(inputs**-0.5), inputs**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens."""
        hidden = gelu(torch.addcmul(self.bias_in, x[:, :, None], self.weight_in))
        return torch.einsum("efh,fhw->efw", hidden, self.weight_out) + self.bias_out


class Attention(nn.Module):
    """Multi-head attention of queries to keys, with dropout on the attention weights.

    Shape
    -----
    query [events, queries, width], key [events, tokens, width]
    -> [events, queries, width].
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:
        return torch.unflatten(x, 2, (self.heads, -1)).transpose(1, 2)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Return what the queries found."""
        keys, values = torch.split(self.key_value(key), key.shape[2], dim=2)
        attended = attention(
            self._split(self.query(query)),
            self._split(keys),
            self._split(values),
            None,
            self.dropout if self.training else 0.0,
        )
        output: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return output


class EventClassifierTransformer(nn.Module):
    """A token per feature, one encoder block, one class-attention block, a linear output.

    Section 2 and figure 2 of the paper that proposes it for bump hunts: tokens
    from one network per feature; layer norm; self-attention, added, layer norm;
    feed-forward, added, layer norm; then a trainable class token asks all
    tokens and itself, added, layer norm.  What is added to is the output of the
    norm before.  A categorical feature, which the paper gives as a number, has
    one token per class here.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    width
        Width of a token; a multiple of ``heads``.
    heads
        Number of attention heads.
    hidden
        Hidden width of the network of a feature.
    feed_forward
        Hidden width of the feed-forward layers, in widths of a token.
    dropout
        Share of attention weights, and of what is added, set to zero in training.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes].

    Examples
    --------
    >>> sum(p.numel() for p in EventClassifierTransformer(12, [], 1).parameters())
    5521
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        width: int = 16,
        heads: int = 4,
        hidden: int = 4,
        feed_forward: int = 4,
        dropout: float = 0.1,
        missing: Missing = "zero",
    ) -> None:
        super().__init__()
        if width % heads:
            raise ConfigurationError(
                "the width of an event classifier transformer must be a multiple of its heads, "
                f"got {width} and {heads}"
            )
        self.missing = MissingValues(n_continuous, missing)
        self.numbers = FeatureNetworks(n_continuous, hidden, width)
        self.classes = Lookups(categories, width)
        self.token_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, dropout)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, feed_forward * width),
            nn.GELU(),
            nn.Linear(feed_forward * width, width),
        )
        self.feed_forward_norm = nn.LayerNorm(width)
        self.class_token = nn.Parameter(torch.empty(width))
        nn.init.uniform_(self.class_token, -(width**-0.5), width**-0.5)
        self.class_attention = Attention(width, heads, dropout)
        self.class_norm = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(width, n_classes)

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits."""
        numbers = self.numbers(self.missing(continuous))
        x = self.token_norm(torch.cat([numbers, self.classes(categorical)], dim=1))
        x = self.attention_norm(x + self.dropout(self.attention(x, x)))
        x = self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        token = self.class_token.expand(x.shape[0], 1, -1)
        found = self.class_attention(token, torch.cat([token, x], dim=1))
        logits: Tensor = self.head(self.class_norm(token + self.dropout(found))[:, 0])
        return logits
