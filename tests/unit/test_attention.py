"""Dropout and attention, against what they are by definition."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from n2mu.models.attention import attention
from n2mu.models.dropout import Dropout, draw, dropout, kept, scale


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_leaves_the_mean_and_is_its_own_gradient(p: float) -> None:
    torch.manual_seed(1)
    x = torch.ones(1003, 101, requires_grad=True)
    y = Dropout(p)(x)
    values = torch.unique(y.detach())
    assert values.tolist() == pytest.approx([0.0, 1 / (1 - p)], rel=1e-4)
    size = x.numel()
    # five standard deviations of a binomial share
    assert (y == 0).double().mean() == pytest.approx(p, abs=5 * (p * (1 - p) / size) ** 0.5)
    neighbours = ((y[:, 1:] == 0) & (y[:, :-1] == 0)).double().mean()
    assert neighbours == pytest.approx(p * p, abs=7 * (p * p / size) ** 0.5)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())
    assert not torch.equal(Dropout(p)(x), y)
    assert torch.equal(Dropout(p).eval()(x), x)
    assert dropout(x, 0.0) is x


@pytest.mark.parametrize("masked", [False, True])
def test_attention_with_dropout_is_attention_on_average(masked: bool) -> None:
    torch.manual_seed(1)
    query, key, value = torch.randn(3, 5, 2, 7, 4, dtype=torch.float64).unbind()
    mask = torch.rand(5, 1, 1, 7) < 0.7 if masked else None
    if mask is not None:
        mask[..., 0] = True
    expected = attention(query, key, value, mask, 0.0)
    # a share that rounds to none
    assert torch.allclose(attention(query, key, value, mask, 1e-9), expected)
    found = torch.stack([attention(query, key, value, mask, 0.3) for _ in range(4000)])
    error = found.std(0) / 4000**0.5
    assert bool(((found.mean(0) - expected).abs() < 6 * error).all())


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("queries", [5, 1])
def test_attention_with_dropout_in_blocks_is_that_of_all_events_at_once(
    monkeypatch: pytest.MonkeyPatch, masked: bool, queries: int
) -> None:
    heads, tokens, d, p = 2, 5, 3, 0.3
    size = 3  # events of a block; the last has fewer
    monkeypatch.setattr("n2mu.models.attention._WEIGHTS_AT_ONCE", size * heads * queries * tokens)
    torch.manual_seed(1)
    # as the projection of tokens gives them, heads behind tokens in memory
    inputs = [
        torch.randn(8, n, heads, d, dtype=torch.float64).transpose(1, 2).requires_grad_()
        for n in (queries, tokens, tokens)
    ]
    mask = torch.rand(8, 1, 1, tokens) < 0.6 if masked else None
    if mask is not None:
        mask[..., 0] = True
    torch.manual_seed(2)
    query, key, value = inputs
    found = attention(query, key, value, mask, p)
    torch.manual_seed(2)
    shape = (heads, queries, tokens)
    left = torch.cat(
        [
            kept(draw(n * heads * queries * tokens), p, torch.float64).view(n, *shape)
            for n in (3, 3, 2)
        ]
    )
    scores = query @ key.transpose(2, 3) / d**0.5
    weights = (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).softmax(3)
    expected = (weights * left * scale(p)) @ value
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-13)
    above = torch.randn_like(found)
    ours = torch.autograd.grad(found, inputs, above)
    theirs = torch.autograd.grad(expected, inputs, above)
    for mine, yours in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, yours, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_attention_without_dropout_is_flash_attention(masked: bool) -> None:
    torch.manual_seed(1)
    query, key, value = torch.randn(3, 4, 2, 6, 8).unbind()
    mask = torch.rand(4, 1, 1, 6) < 0.7 if masked else None
    if mask is not None:
        mask[..., 0] = True
    with sdpa_kernel(SDPBackend.MATH):
        expected = attention(query, key, value, mask, 0.0)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # fails where it cannot be that
        assert torch.allclose(attention(query, key, value, mask, 0.0), expected, atol=1e-6)


def test_attention_with_dropout_in_half_precision_is_that_of_float32() -> None:
    torch.manual_seed(1)
    inputs = [x.bfloat16() for x in torch.randn(3, 4, 2, 6, 8).unbind()]
    torch.manual_seed(2)
    with torch.autocast("cpu", torch.bfloat16):
        found = attention(inputs[0], inputs[1], inputs[2], None, 0.3)
    torch.manual_seed(2)
    query, key, value = (x.float() for x in inputs)
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, attention(query, key, value, None, 0.3).bfloat16())
