"""Attention weights and what they gather."""

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from n2mu.models.dropout import dropout, is_fast


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, p: float) -> Tensor:
    """Return ``Dropout(softmax(Q K^T / sqrt(d))) V``: thesis eqs. 2.56-2.58.

    Parameters
    ----------
    query
        [events, heads, queries, d].
    key, value
        [events, heads, tokens, d].
    mask
        Which tokens answer, bool [events, 1, 1, tokens]; none: all.
    p
        Share of the weights that is set to zero.

    Returns
    -------
    Tensor
        [events, heads, queries, d].
    """
    if p == 0 or not is_fast(query):
        return scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=p)
    # PyTorch has no fused attention with dropout for a CPU, and its dropout is slow
    weights = (query * query.shape[3] ** -0.5) @ key.transpose(2, 3)
    if mask is not None:
        weights = weights.masked_fill(~mask, -torch.inf)
    return dropout(weights.softmax(3), p) @ value
