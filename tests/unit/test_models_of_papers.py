"""What single architectures are by their papers."""

from typing import Any

import numpy as np
import pytest
import torch
from helpers_models import CATEGORIES, SMALL, TREES, grown, inputs, layout, make

from n2mu.data.objects import Collection
from n2mu.errors import ConfigurationError, TrainingError
from n2mu.models.layout import Layout
from n2mu.models.registry import build
from n2mu.models.tabm import TabM, mean_of_members


@pytest.mark.parametrize(
    ("architecture", "inputs", "count"),
    [
        ("event_classifier_transformer", 12, 5521),
        ("event_classifier_transformer", 15, 5785),
        ("deep_feed_forward", 12, 8425),
        ("deep_feed_forward", 15, 13096),
        ("feed_forward", 12, 12 * 48 + 48 + 48 + 1),
    ],
)
def test_the_parameters_are_as_many_as_in_the_paper(
    architecture: str, inputs: int, count: int
) -> None:
    model = build(architecture, layout(inputs, [], 1), {})
    assert sum(parameter.numel() for parameter in model.parameters()) == count


@pytest.mark.parametrize("architecture", ["mlp", "resnet", "tabm"])
@pytest.mark.parametrize("embeddings", ["categorical", "all", "periodic"])
def test_embeddings_replace_numbers_and_classes(architecture: str, embeddings: str) -> None:
    parameters = {**SMALL[architecture], "embeddings": embeddings, "embedding_width": 6}
    model: Any = build(architecture, layout(4, CATEGORIES, 3), parameters)
    sizes = {"categorical": 4 + 2 * 6, "all": 6 * 6, "periodic": 4 * 6 + 8}
    assert model.features.size == sizes[embeddings]
    continuous, categorical = inputs(5)
    continuous[0, 0] = torch.nan
    assert model.features(continuous, categorical).shape == (5, sizes[embeddings])
    model(continuous, categorical).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_the_resnet_is_that_of_the_thesis() -> None:
    model = build("resnet", layout(10, [3], 5), {})
    inputs, width, blocks = 13, 64, 8
    block = 2 * width + width * width + width
    expected = 10 + inputs * width + width + blocks * block + 2 * width + width * 5 + 5
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


def test_a_stage_sees_its_own_features_alone() -> None:
    stages = {"k1": ["x0", "c*"], "k2": ["x*"]}
    model: Any = build("staged", layout(4, CATEGORIES, 3), {**SMALL["staged"], "stages": stages})
    model.eval()
    continuous, categorical = inputs(1)
    reference = model(continuous, categorical)
    assert reference[0, 0] == 0
    continuous[0, 2] += 1
    assert (model(continuous, categorical) != reference).tolist() == [[False, False, True]]
    categorical[0, 0] = (categorical[0, 0] + 1) % 3
    assert (model(continuous, categorical) != reference).tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({"k1": ["*"]}, "background 'k2' has none"),
        ({"k0": ["*"], "k1": ["*"], "k2": ["*"]}, "'k0' is no background class"),
        ({"k1": ["z"], "k2": ["*"]}, "stages.k1: unknown feature 'z'"),
    ],
)
def test_stages_that_are_not_those_of_the_backgrounds_are_refused(
    stages: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build("staged", layout(4, CATEGORIES, 3), {"stages": stages})


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_score_of_tabm_is_the_mean_probability_of_its_members(outputs: int) -> None:
    torch.manual_seed(1)
    model = TabM(4, CATEGORIES, outputs, members=5, layers=2, width=16, dropout=0.0)
    members = model(*inputs(7))
    assert members.shape == (7, 5, outputs)
    assert members.std(1).min() > 0
    score = mean_of_members(members)
    assert torch.equal(score, model.eval()(*inputs(7)))
    if outputs == 1:
        assert torch.allclose(score.sigmoid(), members.sigmoid().mean(1))
    else:
        assert torch.allclose(score.softmax(1), members.softmax(2).mean(1))


@pytest.mark.parametrize("architecture", TREES)
@pytest.mark.parametrize("outputs", [1, 3])
def test_trees_are_rebuilt_from_their_state_alone(architecture: str, outputs: int) -> None:
    model = grown(architecture, outputs)
    continuous, categorical = inputs(100)
    fresh = make(architecture, 4, CATEGORIES, outputs)
    fresh.load_state_dict(model.state_dict())
    assert torch.equal(fresh(continuous, categorical), model(continuous, categorical))
    rounds = [model.after_round(i, continuous, categorical) for i in range(20)]
    total = model.baseline + torch.stack(rounds).sum(0)
    assert torch.allclose(total, model(continuous, categorical), atol=1e-9)
    model.prune(7)
    total = model.baseline + torch.stack(rounds[:7]).sum(0)
    assert torch.allclose(total, model(continuous, categorical), atol=1e-9)


def test_xgboost_refuses_negative_weights_in_one_line() -> None:
    model = make("xgboost", 1, [], 1)
    with pytest.raises(TrainingError, match="no negative weights, 1 of 2 are"):
        model.grow(
            np.zeros((2, 1), np.float32),
            np.array([0, 1]),
            np.array([1.0, -1.0]),
            rounds=1,
            learning_rate=0.1,
            seed=1,
        )


def with_objects(objects: int) -> Any:
    torch.manual_seed(1)
    told = Layout(
        continuous=[f"x{i}" for i in range(2 + 3 * objects)],
        categorical={"c": 3},
        classes=["a", "b"],
        signal=0,
        outputs=2,
        collections=[Collection("jets", 2, objects, 3)],
    )
    return build("ft_transformer", told, SMALL["ft_transformer"]).eval()


def test_objects_have_no_order_and_those_not_there_do_not_matter() -> None:
    model, longer = with_objects(4), with_objects(9)
    longer.load_state_dict(model.state_dict())
    torch.manual_seed(2)
    single, jets = torch.randn(5, 2), torch.randn(5, 4, 3)
    jets[:, 3] = torch.nan
    jets[0, 1:] = torch.nan
    categorical = torch.zeros(5, 1, dtype=torch.int64)

    def score(network: Any, objects: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = network(torch.cat([single, objects.flatten(1)], 1), categorical)
        return logits

    reference = score(model, jets)
    assert bool(torch.isfinite(reference).all())
    assert torch.allclose(score(model, jets[:, [2, 3, 0, 1]]), reference, atol=1e-6)
    more = torch.cat([jets, torch.full((5, 5, 3), torch.nan)], 1)
    assert torch.allclose(score(longer, more), reference, atol=1e-6)
    moved = jets.clone()
    moved[1, 2, 0] += 1
    changed = (score(model, moved) - reference).abs().amax(1) > 1e-5
    assert changed.tolist() == [False, True, False, False, False]


@pytest.mark.parametrize(("set_to", "is_random"), [(None, False), (0.0, False), (0.3, True)])
def test_attention_may_have_a_dropout_of_its_own(set_to: float | None, is_random: bool) -> None:
    options = {**SMALL["ft_transformer"], "dropout": 0.0, "attention_dropout": set_to}
    model = build("ft_transformer", layout(4, CATEGORIES, 3), options).train()
    continuous, categorical = inputs(9)
    again = [model(continuous, categorical) for _ in range(2)]
    assert torch.equal(*again) != is_random
