"""The losses, against closed forms, dense sums and finite differences."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from n2mu.losses.binary_cross_entropy import binary_cross_entropy, signal_logit
from n2mu.losses.cross_entropy import cross_entropy
from n2mu.losses.disco import distance_correlation
from n2mu.losses.extreme import LIMIT, extreme
from n2mu.losses.pairwise import pairwise

SIGNAL = torch.tensor([True, False])


def double(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def dense(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """The definition of the distance correlation, with all pairs at once."""
    p = weight / weight.sum()
    centred = []
    for v in (x, y):
        distance = (v[:, None] - v).abs()
        rows = distance @ p
        centred.append(distance - rows[:, None] - rows + p @ rows)
    a, b = centred
    pairs = p[:, None] * p
    norm = torch.sqrt((pairs * a * a).sum() * (pairs * b * b).sum())
    return (pairs * a * b).sum() / norm


def test_the_losses_are_their_closed_forms_of_the_probability() -> None:
    z = torch.linspace(-6.5, 6.5, 27, dtype=torch.float64)
    p = z.sigmoid()
    signal = torch.ones(27, dtype=torch.bool)
    assert torch.allclose(binary_cross_entropy(z, signal), -p.log())
    assert torch.allclose(binary_cross_entropy(z, ~signal), -(1 - p).log())
    # eq. 4 of the paper
    assert torch.allclose(extreme(z, signal), -(-1 / p - (1 - p).log() + p.log()))
    assert torch.allclose(extreme(z, ~signal), -(1 / (p - 1) + (1 - p).log() - p.log()))
    logits = torch.stack([z, torch.zeros_like(z), -z], dim=1)
    label = torch.arange(27) % 3
    probability = logits.softmax(1)[torch.arange(27), label]
    assert torch.allclose(cross_entropy(logits, label), -probability.log())


def of_the_paper(z: Tensor, is_signal: Tensor) -> Tensor:
    """Eq. 4 of the paper, with the probability clamped as it says."""
    p = z.sigmoid().clamp(0.001, 0.999)
    signal = -(-1 / p - (1 - p).log() + p.log())
    return torch.where(is_signal, signal, -(1 / (p - 1) + (1 - p).log() - p.log()))


@pytest.mark.parametrize("linear_tail", [False, True])
def test_the_gradient_of_the_extreme_loss_is_that_of_finite_differences(linear_tail: bool) -> None:
    # on both sides of the clamp, whose place has no derivative
    z = double(-9.0, -7.0, -6.8, -3.0, -0.1, 0.0, 0.4, 2.0, 6.8, 7.0, 9.0).requires_grad_()
    step = 1e-5
    for value in (True, False):
        truth = torch.full_like(z, value, dtype=torch.bool)
        loss = extreme(z, truth, linear_tail=linear_tail)
        slope = torch.autograd.grad(loss.sum(), z)[0]
        above, below = (extreme(z + d, truth, linear_tail=linear_tail) for d in (step, -step))
        assert torch.allclose(slope, (above - below) / (2 * step), rtol=1e-7, atol=1e-9)
        right = z if value else -z
        expected = torch.where(right.abs() < LIMIT, -torch.exp(-right) - 1, 0.0)
        if linear_tail:
            expected[right < -LIMIT] = -math.exp(LIMIT) - 1
        else:
            above, below = (of_the_paper(z + d, truth) for d in (step, -step))
            assert torch.allclose(slope, (above - below) / (2 * step), rtol=1e-7, atol=1e-8)
        assert torch.allclose(slope, expected if value else -expected, rtol=1e-12)


@pytest.mark.parametrize("share", [0.03, 0.4, 0.9])
@pytest.mark.parametrize("linear_tail", [False, True])
def test_the_extreme_loss_is_smallest_at_the_probability_of_signal(
    share: float, linear_tail: bool
) -> None:
    z = torch.linspace(-9, 9, 18001, dtype=torch.float64)
    both = [
        extreme(z, torch.full_like(z, value, dtype=torch.bool), linear_tail=linear_tail)
        for value in (1, 0)
    ]
    expected = share * both[0] + (1 - share) * both[1]
    assert z[expected.argmin()].sigmoid() == pytest.approx(share, abs=1e-3)


def test_the_linear_tail_goes_on_where_the_paper_has_no_gradient() -> None:
    z = double(-8.0, 8.0, 8.0, -8.0).requires_grad_()
    signal = torch.tensor([True, False, True, False])
    assert torch.autograd.grad(extreme(z, signal).sum(), z)[0].tolist() == [0.0] * 4
    loss = extreme(z, signal, linear_tail=True)
    slope = math.exp(LIMIT) + 1
    assert torch.allclose(
        torch.autograd.grad(loss.sum(), z, retain_graph=True)[0], double(-slope, slope, 0.0, 0.0)
    )
    at_limit = 1 + math.exp(LIMIT) + LIMIT
    assert torch.allclose(loss[0], double(at_limit + slope * (8.0 - LIMIT))[0])
    inside = torch.linspace(-LIMIT, LIMIT, 50, dtype=torch.float64)
    yes = torch.ones(50, dtype=torch.bool)
    assert torch.equal(extreme(inside, yes), extreme(inside, yes, linear_tail=True))


def test_the_logit_of_signal_forgets_which_background_it_is() -> None:
    torch.manual_seed(1)
    logits = torch.randn(20, 4, dtype=torch.float64)
    assert torch.allclose(signal_logit(logits, 2).sigmoid(), logits.softmax(1)[:, 2])
    assert torch.equal(signal_logit(logits[:, :1], 0), logits[:, 0])
    swapped = logits[:, [1, 3, 2, 0]]
    assert torch.allclose(signal_logit(logits, 2), signal_logit(swapped, 2))


def test_a_stage_learns_from_its_own_two_classes() -> None:
    torch.manual_seed(1)
    logits = torch.randn(9, 3, dtype=torch.float64).requires_grad_()
    label = torch.arange(9) % 3
    losses = pairwise(logits, label, signal=1)
    for loss, z, k in zip(losses, logits.detach(), label.tolist(), strict=True):
        stages = {0: z[1] - z[0], 2: z[1] - z[2]}
        if k == 1:
            expected = sum(-torch.sigmoid(stage).log() for stage in stages.values())
        else:
            expected = -torch.sigmoid(-stages[k]).log()
        assert torch.allclose(loss, torch.as_tensor(expected))
    torch.autograd.backward(losses.sum())
    assert logits.grad is not None
    assert bool((logits.grad[label == 0][:, 2] == 0).all())
    assert bool((logits.grad[label == 2][:, 0] == 0).all())


@pytest.mark.parametrize("events", [3, 4, 255, 256, 700])
def test_distance_correlation_in_blocks_is_that_of_all_pairs(events: int) -> None:
    torch.manual_seed(events)
    x = 100 + 20 * torch.randn(events, dtype=torch.float64)
    y = (torch.randn(events, dtype=torch.float64) + 0.02 * x).requires_grad_()
    weight = torch.rand(events, dtype=torch.float64)
    weight[::5] = 0.0
    results = []
    for function in (dense, distance_correlation):
        value = function(x, y, weight)
        results.append((value.detach(), torch.autograd.grad(value, y)[0]))
    (expected, slope), (ours, own_slope) = results
    assert torch.allclose(ours, expected, rtol=1e-10, atol=1e-12)
    assert torch.allclose(
        own_slope, slope, rtol=1e-10, atol=1e-12 + 1e-10 * float(slope.abs().max())
    )


def test_the_gradient_of_distance_correlation_is_that_of_finite_differences() -> None:
    torch.manual_seed(3)
    x, weight = torch.randn(40, dtype=torch.float64), torch.rand(40, dtype=torch.float64)
    y = (torch.randn(40, dtype=torch.float64) + x).requires_grad_()
    check: Any = torch.autograd.gradcheck
    assert check(lambda v: distance_correlation(x, v, weight), (y,), eps=1e-7, atol=1e-6)


@pytest.mark.parametrize("events", [40, 200])
def test_the_gradient_of_distance_correlation_is_the_slope_of_its_definition(events: int) -> None:
    torch.manual_seed(events)
    x, weight = torch.randn(events, dtype=torch.float64), torch.rand(events, dtype=torch.float64)
    y = torch.randn(events, dtype=torch.float64) + x
    at = y.clone().requires_grad_()
    slope = torch.autograd.grad(distance_correlation(x, at, weight), at)[0]
    for i in range(0, events, 13):
        # so small that no event passes another, where the slope jumps
        step = torch.zeros_like(x)
        others = torch.cat([y[:i], y[i + 1 :]])
        step[i] = min(1e-5, 0.1 * float((others - y[i]).abs().min()))
        difference = dense(x, y + step, weight) - dense(x, y - step, weight)
        assert slope[i] == pytest.approx(float(difference / (2 * step[i])), rel=1e-5, abs=1e-8)


def test_the_distance_correlation_of_two_yes_or_no_quantities_is_phi_squared() -> None:
    torch.manual_seed(2)
    x, y = (torch.randint(2, (300,)).double() for _ in range(2))
    y[:100] = x[:100]
    weight = torch.rand(300, dtype=torch.float64)
    p = weight / weight.sum()
    mean_x, mean_y, both = (p * x).sum(), (p * y).sum(), (p * x * y).sum()
    phi = (both - mean_x * mean_y) ** 2
    phi /= mean_x * (1 - mean_x) * mean_y * (1 - mean_y)
    found = distance_correlation(3 * x - 7, 0.01 * y, weight)
    assert float(found) == pytest.approx(float(phi), rel=1e-10)


def test_equal_scores_pull_at_nothing() -> None:
    x, y = torch.arange(6.0), torch.tensor([1.0, 1.0, 2.0, 2.0, 3.0, 3.0], requires_grad=True)
    weight = torch.ones(6)
    value = distance_correlation(x, y, weight)
    torch.autograd.backward(value)
    assert y.grad is not None
    expected = torch.autograd.grad(dense(x, y, weight), y)[0]
    assert torch.allclose(y.grad, expected, atol=1e-6)


def test_distance_correlation_knows_its_limits() -> None:
    torch.manual_seed(1)
    x = torch.randn(500, dtype=torch.float64)
    weight = torch.rand(500, dtype=torch.float64)
    assert distance_correlation(x, 5 - 3 * x, weight) == pytest.approx(1.0)
    independent = distance_correlation(x, torch.randn(500, dtype=torch.float64), weight)
    assert 0 < independent < 0.03
    for constant in (x, torch.zeros_like(x)):
        y = torch.full_like(x, 0.1).requires_grad_()
        value = distance_correlation(constant, y, weight)
        torch.autograd.backward(value)
        assert value == 0
        assert y.grad is not None
        assert bool((y.grad == 0).all())
    assert distance_correlation(x[:0], x[:0], weight[:0]) == 0


def test_weights_count_as_repeated_events() -> None:
    torch.manual_seed(1)
    x, y = torch.randn(30, dtype=torch.float64), torch.randn(30, dtype=torch.float64)
    times = torch.arange(30) % 3
    first, second = (v.repeat_interleave(times) for v in (x, y))
    ones = torch.ones(int(times.sum()), dtype=torch.float64)
    assert torch.allclose(
        distance_correlation(x, y, times.double()), distance_correlation(first, second, ones)
    )
