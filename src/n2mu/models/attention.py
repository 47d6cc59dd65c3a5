"""Attention weights and what they gather."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import scaled_dot_product_attention

from n2mu.models.dropout import draw, is_fast, kept, scale

_WEIGHTS_AT_ONCE = 1 << 17
"""Attention weights that exist at a time, half a megabyte: what a core has close by."""


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
    function: Any = _AttentionWithDropout.apply
    with torch.autocast("cpu", enabled=False):
        dtype = torch.promote_types(query.dtype, torch.float32)
        found: Tensor = function(query.to(dtype), key.to(dtype), value.to(dtype), mask, p)
    return found.to(query.dtype)


class _AttentionWithDropout(torch.autograd.Function):
    """A few events at a time, so that their weights never leave the cache.

    PyTorch has no such attention with dropout for a CPU.  The weights are not kept
    but computed again for the gradient; what dropout drew is kept.
    """

    @staticmethod
    def forward(
        context: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, p: float
    ) -> Tensor:
        # the scale of the scores and that of dropout once for all events
        q = (query * query.shape[3] ** -0.5).flatten(0, 1)
        k, v = key.flatten(0, 1), (value * scale(p)).flatten(0, 1)
        result = torch.empty_like(q)
        norms = q.new_empty((*q.shape[:2], 1))
        draws = []
        for rows, there in _blocks(query, key, mask):
            scores = _scores(q[rows], k[rows], there)
            highest = scores.amax(2, keepdim=True)
            # not yet divided by their sum, which is less work for the result
            weights = scores.sub_(highest).exp_()
            total = weights.sum(2, keepdim=True)
            torch.add(highest, total.log(), out=norms[rows])
            draws.append(draw(weights.numel()).view(weights.shape))
            weights.mul_(kept(draws[-1], p, weights.dtype))
            torch.bmm(weights, v[rows], out=result[rows]).div_(total)
        context.save_for_backward(q, k, v, norms, query, key, mask)
        context.draws, context.p = draws, p
        return result.view(query.shape)

    @staticmethod
    @once_differentiable
    def backward(context: Any, above: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        q, k, v, norms, query, key, mask = context.saved_tensors
        upper = above.flatten(0, 1)
        slopes = [torch.empty_like(x) for x in (q, k, v)]
        for (rows, there), draws in zip(_blocks(query, key, mask), context.draws, strict=True):
            weights = _scores(q[rows], k[rows], there).sub_(norms[rows]).exp_()
            left = kept(draws, context.p, weights.dtype)
            slope = torch.bmm(upper[rows], v[rows].mT).mul_(left)
            # of the softmax: w (s - sum w s)
            slope = torch._softmax_backward_data(slope, weights, 2, weights.dtype)
            torch.bmm(slope, k[rows], out=slopes[0][rows])
            torch.bmm(slope.mT, q[rows], out=slopes[1][rows])
            torch.bmm(weights.mul_(left).mT, upper[rows], out=slopes[2][rows])
        slopes[0].mul_(query.shape[3] ** -0.5)
        slopes[2].mul_(scale(context.p))
        of_query, of_key, of_value = slopes
        return (
            of_query.view(query.shape),
            of_key.view(key.shape),
            of_value.view(key.shape),
            None,
            None,
        )


def _scores(query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
    """Return attention scores [events x heads, queries, tokens]."""
    scores = torch.bmm(query, key.mT)
    if mask is not None:
        scores.masked_fill_(~mask, -torch.inf)
    return scores


def _blocks(
    query: Tensor, key: Tensor, mask: Tensor | None
) -> Iterator[tuple[slice, Tensor | None]]:
    """Yield the rows of events x heads of a few events, and which of their tokens answer."""
    events, heads, queries, _ = query.shape
    tokens = key.shape[2]
    size = max(1, _WEIGHTS_AT_ONCE // (heads * queries * tokens))
    for start in range(0, events, size):
        there = None
        if mask is not None:
            there = mask[start : start + size].expand(-1, heads, -1, -1).flatten(0, 1)
        yield slice(start * heads, (start + size) * heads), there
