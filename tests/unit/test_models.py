"""What all architectures have in common: shapes, missing values, what influences what."""

from typing import Any

import numpy as np
import pytest
import torch
from helpers_models import CATEGORIES, NETWORKS, SMALL, TREES, grown, inputs, layout, make

from n2mu.errors import ConfigurationError
from n2mu.models.dropout import Dropout
from n2mu.models.histogram_trees import HistogramTrees
from n2mu.models.registry import ARCHITECTURES, build


@pytest.fixture(params=sorted(ARCHITECTURES))
def any_model(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(1)
    if request.param in TREES:
        return grown(request.param, 3)
    return make(request.param, 4, CATEGORIES, 3).eval()


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(1)
    return make(request.param, 4, CATEGORIES, 3).eval()


def test_every_architecture_of_the_registry_is_tested() -> None:
    assert set(SMALL) == set(ARCHITECTURES)


def test_events_do_not_influence_each_other(any_model: Any) -> None:
    continuous, categorical = inputs(6)
    continuous[2, 1] = torch.nan
    together = any_model(continuous, categorical)
    assert together.shape == (6, 3)
    alone = torch.cat(
        [any_model(c[None], k[None]) for c, k in zip(continuous, categorical, strict=True)]
    )
    assert torch.allclose(together, alone, atol=1e-6)


def test_every_feature_and_every_class_of_it_matters(network: Any) -> None:
    continuous, categorical = inputs(1)
    reference = network(continuous, categorical)
    for i in range(4):
        moved = continuous.clone()
        moved[0, i] += 1
        assert not torch.allclose(network(moved, categorical), reference, atol=1e-5)
    for j, n in enumerate(CATEGORIES):
        outputs = []
        for k in range(n):
            moved = categorical.clone()
            moved[0, j] = k
            outputs.append(network(continuous, moved))
        for a in range(n):
            assert all(not torch.allclose(outputs[a], outputs[b], atol=1e-5) for b in range(a))


def test_a_missing_value_is_the_learnable_number_of_its_feature(network: Any) -> None:
    continuous, categorical = inputs(5)
    values = [p for name, p in network.named_parameters() if name.endswith("missing.value")]
    with torch.no_grad():
        for value in values:
            assert value.shape == (4,)
            value.copy_(torch.tensor([0.1, 0.2, 0.3, 0.4]))
    filled = continuous.clone()
    filled[1:3, 2] = 0.3
    missing = continuous.clone()
    missing[1:3, 2] = torch.nan
    output = network(missing, categorical)
    assert torch.equal(output, network(filled, categorical))
    output.square().sum().backward()
    for value in values:
        assert value.grad is not None
        assert (value.grad != 0).tolist() == [False, False, True, False]
    assert all(
        p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in network.parameters()
    )


@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_missing_value_may_be_zero(architecture: str) -> None:
    parameters = {**SMALL[architecture], "missing": "zero"}
    model: Any = build(architecture, layout(4, CATEGORIES, 3), parameters).eval()
    continuous, categorical = inputs(5)
    missing, filled = continuous.clone(), continuous.clone()
    missing[1:3, 2], filled[1:3, 2] = torch.nan, 0.0
    assert torch.equal(model(missing, categorical), model(filled, categorical))
    assert not any(name.endswith("missing.value") for name in model.state_dict())


def test_dropout_acts_in_training_only(any_model: Any) -> None:
    continuous, categorical = inputs(5)
    output = any_model(continuous, categorical)
    assert torch.equal(output, any_model(continuous, categorical))
    any_model.train()
    first, second = (any_model(continuous, categorical) for _ in range(2))
    random = any(isinstance(m, Dropout) and m.p > 0 for m in any_model.modules())
    assert torch.equal(first, second) != random


@pytest.mark.parametrize("architecture", NETWORKS)
@pytest.mark.parametrize(("n_continuous", "categories"), [(0, [3]), (2, [])])
def test_one_kind_of_feature_suffices(
    architecture: str, n_continuous: int, categories: list[int]
) -> None:
    model = make(architecture, n_continuous, categories, 2).eval()
    categorical = torch.zeros(7, len(categories), dtype=torch.int64)
    logits = model(torch.zeros(7, n_continuous), categorical)
    assert logits.shape == (7, 2)
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("architecture", NETWORKS)
def test_the_same_seed_gives_the_same_weights(architecture: str) -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        states.append(make(architecture, 2, [3], 2).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("architecture", ["ft_transformer", "event_classifier_transformer"])
def test_a_width_that_the_heads_do_not_divide_is_refused(architecture: str) -> None:
    with pytest.raises(ConfigurationError, match="multiple of its heads, got 10 and 4"):
        build(architecture, layout(2, [], 2), {"width": 10})


@pytest.mark.parametrize(
    ("architecture", "parameters", "message"),
    [
        ("mlp", {"width": "wide"}, "'mlp' cannot be made with {'width': 'wide'}"),
        ("resnet", {"width": -3}, "'resnet' cannot be made with"),
        ("resnet", {"embeddings": "yes"}, "embeddings is 'yes', expected none, categorical, all"),
    ],
)
def test_a_parameter_of_no_use_is_refused(
    architecture: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(architecture, layout(2, [3], 2), parameters)


def test_leaves_of_histogram_trees_may_need_a_share_of_the_events() -> None:
    columns = np.random.default_rng(1).normal(size=(2000, 3)).astype(np.float32)
    label = (columns.sum(axis=1) > 0).astype(np.int64)
    leaves = []
    for share in (0.0, 0.2):
        parameters = {"leaves": 31, "min_leaf_share": share}
        model = build("histogram_trees", layout(3, [], 1), parameters)
        assert isinstance(model, HistogramTrees)
        trees = model.grow(columns, label, np.ones(2000), rounds=1, learning_rate=0.1, seed=1)
        leaves.append(int((trees.left == np.arange(trees.left.size)).sum()))
    assert leaves[0] == 31
    assert 2 <= leaves[1] <= 5
    with pytest.raises(ConfigurationError, match=r"min_leaf_share is 0.6, expected 0 to 0.5"):
        build("histogram_trees", layout(3, [], 1), {"min_leaf_share": 0.6})
