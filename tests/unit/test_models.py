"""The architectures: shapes, missing values, and what does not influence what."""

import pytest
import torch

from n2mu.errors import ConfigurationError
from n2mu.models.registry import ARCHITECTURES, build

CATEGORIES = [3, 5]
SMALL: dict[str, dict[str, object]] = {
    "mlp": {"layers": 2, "width": 16},
    "ft_transformer": {"blocks": 2, "width": 16},
}


def inputs(events: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    categorical = torch.stack([torch.randint(n, (events,)) for n in CATEGORIES], dim=1)
    return torch.randn(events, 4), categorical


@pytest.fixture(params=sorted(ARCHITECTURES))
def model(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(1)
    return build(request.param, 4, CATEGORIES, 3, SMALL[request.param]).eval()


def test_every_architecture_of_the_registry_is_tested() -> None:
    assert set(SMALL) == set(ARCHITECTURES)


def test_events_do_not_influence_each_other(model: torch.nn.Module) -> None:
    continuous, categorical = inputs(6)
    together = model(continuous, categorical)
    assert together.shape == (6, 3)
    alone = torch.cat(
        [model(c[None], k[None]) for c, k in zip(continuous, categorical, strict=True)]
    )
    assert torch.allclose(together, alone, atol=1e-6)


def test_every_feature_and_every_class_of_it_matters(model: torch.nn.Module) -> None:
    continuous, categorical = inputs(1)
    reference = model(continuous, categorical)
    for i in range(4):
        moved = continuous.clone()
        moved[0, i] += 1
        assert not torch.allclose(model(moved, categorical), reference, atol=1e-5)
    for j, n in enumerate(CATEGORIES):
        outputs = []
        for k in range(n):
            moved = categorical.clone()
            moved[0, j] = k
            outputs.append(model(continuous, moved))
        for a in range(n):
            assert all(not torch.allclose(outputs[a], outputs[b], atol=1e-5) for b in range(a))


def test_a_missing_value_is_the_learnable_number_of_its_feature(model: torch.nn.Module) -> None:
    continuous, categorical = inputs(5)
    value = next(p for name, p in model.named_parameters() if name.endswith("missing.value"))
    assert value.shape == (4,)
    with torch.no_grad():
        value.copy_(torch.tensor([0.1, 0.2, 0.3, 0.4]))
    filled = continuous.clone()
    filled[1:3, 2] = 0.3
    missing = continuous.clone()
    missing[1:3, 2] = torch.nan
    output = model(missing, categorical)
    assert torch.equal(output, model(filled, categorical))
    output.square().sum().backward()
    assert value.grad is not None
    assert (value.grad != 0).tolist() == [False, False, True, False]
    assert all(
        p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in model.parameters()
    )


def test_dropout_acts_in_training_only(model: torch.nn.Module) -> None:
    continuous, categorical = inputs(5)
    assert torch.equal(model(continuous, categorical), model(continuous, categorical))
    model.train()
    assert not torch.equal(model(continuous, categorical), model(continuous, categorical))


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@pytest.mark.parametrize(("n_continuous", "categories"), [(0, [3]), (2, [])])
def test_one_kind_of_feature_suffices(
    architecture: str, n_continuous: int, categories: list[int]
) -> None:
    model = build(architecture, n_continuous, categories, 2, SMALL[architecture])
    categorical = torch.zeros(7, len(categories), dtype=torch.int64)
    logits = model(torch.zeros(7, n_continuous), categorical)
    assert logits.shape == (7, 2)
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_the_same_seed_gives_the_same_weights(architecture: str) -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        states.append(build(architecture, 2, [3], 2, SMALL[architecture]).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_width_that_the_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="multiple of its heads, got 10 and 4"):
        build("ft_transformer", 2, [], 2, {"width": 10})
