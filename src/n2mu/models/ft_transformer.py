"""The Feature Tokenizer + Transformer."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from n2mu.data.objects import Collection
from n2mu.errors import ConfigurationError
from n2mu.models.attention import attention
from n2mu.models.dropout import Dropout, dropout
from n2mu.models.layout import Layout, objects_of
from n2mu.models.tokens import FeatureTokens, Missing

EVERY, CLASS_TOKEN = slice(None), slice(0, 1)
"""Which tokens ask."""


class SelfAttention(nn.Module):
    """Multi-head self-attention, thesis eqs. 2.53-2.58.

    The scores are divided by the square root of the width of one head, as the
    text of the thesis says; its eq. 2.56 has the width of the model there.
    Dropout acts on the attention weights.

    Shape
    -----
    [events, tokens, width] -> [events, queries, width]; some tokens ask, all
    answer.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:
        return torch.unflatten(x, 2, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, queries: slice, mask: Tensor | None) -> Tensor:
        """Return the attended tokens; the mask [events, 1, 1, tokens] says which answer."""
        if queries == CLASS_TOKEN:
            return self._of_class_token(x, mask)
        width = x.shape[2]
        if queries == EVERY:
            query, key, value = torch.split(self.projection(x), width, dim=2)
        else:
            weight, bias = self.projection.weight, self.projection.bias
            query = linear(x[:, queries], weight[:width], bias[:width])
            key, value = torch.split(linear(x, weight[width:], bias[width:]), width, dim=2)
        attended = attention(
            self._split(query),
            self._split(key),
            self._split(value),
            mask,
            self.dropout if self.training else 0.0,
        )
        output: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return output

    def _of_class_token(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return the attended class token [events, 1, width].

        With one query ``q`` the products with matrices move to where there is one
        vector per head instead of one per token: ``q (K x) = (q K) x``, and the
        weighted sum of ``V x + b`` is ``V`` times that of ``x``, plus ``b`` times the
        sum of the weights.  The bias of the keys adds the same to all scores.
        """
        width = x.shape[2]
        heads = (self.heads, -1)
        of_query, of_key, of_value = torch.split(self.projection.weight, width)
        bias_of_query, _, bias_of_value = torch.split(self.projection.bias, width)
        query = torch.unflatten(linear(x[:, 0], of_query, bias_of_query), 1, heads)
        query = query * query.shape[2] ** -0.5
        asked = torch.einsum("ehd,hdw->ehw", query, torch.unflatten(of_key, 0, heads))
        scores = asked @ x.transpose(1, 2)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -torch.inf)
        weights = scores.softmax(2)
        if self.training:
            weights = dropout(weights, self.dropout)
        values = torch.unflatten(of_value, 0, heads)
        attended = torch.einsum("ehw,hdw->ehd", weights @ x, values).flatten(1)
        share = weights.sum(2).repeat_interleave(width // self.heads, 1)
        output: Tensor = self.output(attended + share * bias_of_value)
        return output[:, None]


class Block(nn.Module):
    """Attention and feed-forward, each normalised before and added: thesis eqs. 2.60-2.61.

    Shape
    -----
    [events, tokens, width] -> [events, queries, width].
    """

    def __init__(
        self, width: int, heads: int, feed_forward: int, dropout: float, attention_dropout: float
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, attention_dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, feed_forward),
            nn.GELU(),
            nn.Linear(feed_forward, width),
            Dropout(dropout),
        )

    def forward(self, x: Tensor, queries: slice, mask: Tensor | None) -> Tensor:
        """Return the tokens that ask after the block."""
        x = x[:, queries] + self.attention(self.attention_norm(x), queries, mask)
        transformed: Tensor = self.feed_forward(x)
        return x + transformed


class FTTransformer(nn.Module):
    """Feature tokens, transformer blocks, and a linear head on the class token.

    Thesis section 2.3.5, eq. 2.59; Y. Gorishniy, I. Rubachev, V. Khrulkov, A.
    Babenko, "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021.
    The last block computes only the class token, the one that the head reads.
    Each object of a collection is a token; those that an event does not have
    are asked nothing.  Where objects are told apart, the head reads their tokens.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    blocks
        Number of transformer blocks.
    width
        Width of a token; a multiple of ``heads``.
    heads
        Number of attention heads.
    feed_forward
        Hidden width of the feed-forward layers, in widths of a token.
    dropout
        Share of outputs of the feed-forward layers set to zero in training.
    attention_dropout
        Share of attention weights set to zero in training; none: as of the
        feed-forward layers.  Attention is fastest without.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.
    collections
        The object collections, the last columns of the continuous ones.
    labelled
        Index of the collection whose objects are told apart; none: events are.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> logits [events, n_classes], or [events, objects,
    n_classes].

    Examples
    --------
    >>> model = FTTransformer(3, [4], 5, blocks=2, width=8)
    >>> model(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)).shape
    torch.Size([2, 5])
    """

    per_object = True

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        blocks: int = 5,
        width: int = 256,
        heads: int = 4,
        feed_forward: int = 4,
        dropout: float = 0.2,
        attention_dropout: float | None = None,
        missing: Missing = "learnable",
        collections: Sequence[Collection] = (),
        labelled: int | None = None,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ConfigurationError(
                f"the width of an FT-Transformer must be a multiple of its heads, got {width} "
                f"and {heads}"
            )
        self.collections = list(collections)
        self.labelled = labelled
        self.n_single = self.collections[0].start if self.collections else n_continuous
        self.tokens = FeatureTokens(self.n_single, categories, width, missing)
        self.objects = nn.ModuleList(nn.Linear(c.branches, width) for c in self.collections)
        of_weights = dropout if attention_dropout is None else attention_dropout
        self.blocks = nn.ModuleList(
            Block(width, heads, feed_forward * width, dropout, of_weights) for _ in range(blocks)
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, n_classes))

    @staticmethod
    def resolve(parameters: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
        """Return the parameters with the collections and which of them has labels."""
        return {
            **parameters,
            "collections": layout.collections,
            "labelled": layout.labelled,
        }

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits."""
        x = self.tokens(continuous[:, : self.n_single], categorical)
        mask, asking = None, CLASS_TOKEN
        if self.collections:
            tokens, present = [x], [torch.ones_like(x[:, :, 0], dtype=torch.bool)]
            end = x.shape[1]
            for k, (collection, embed) in enumerate(
                zip(self.collections, self.objects, strict=True)
            ):
                values, there = objects_of(continuous, collection)
                tokens.append(embed(values))
                present.append(there)
                end += collection.objects
                if k == self.labelled:
                    asking = slice(end - collection.objects, end)
            x = torch.cat(tokens, dim=1)
            mask = torch.cat(present, dim=1)[:, None, None]
        for block in self.blocks[:-1]:
            x = block(x, EVERY, mask)
        logits: Tensor = self.head(self.blocks[-1](x, asking, mask))
        return logits[:, 0] if self.labelled is None else logits
