"""The architectures: shapes, missing values, and what does not influence what."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from n2mu.data.objects import Collection
from n2mu.errors import ConfigurationError, TrainingError
from n2mu.models.attention import attention
from n2mu.models.dropout import Dropout, draw, dropout, kept, scale
from n2mu.models.layout import Layout
from n2mu.models.registry import ARCHITECTURES, build
from n2mu.models.tabm import TabM, mean_of_members
from n2mu.models.trees import BoostedTrees

CATEGORIES = [3, 5]
SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"layers": 2, "width": 16},
    "staged": {"layers": 2, "width": 16},
    "resnet": {"blocks": 2, "width": 16},
    "ft_transformer": {"blocks": 2, "width": 16},
    "event_classifier_transformer": {"missing": "learnable"},
    "feed_forward": {"missing": "learnable"},
    "deep_feed_forward": {"missing": "learnable"},
    "tabm": {"members": 3, "layers": 2, "width": 16},
    "xgboost": {"depth": 3},
    "histogram_trees": {"leaves": 8},
}
NETWORKS = sorted(a for a, kind in ARCHITECTURES.items() if not issubclass(kind, BoostedTrees))
TREES = sorted(set(ARCHITECTURES) - set(NETWORKS))


def layout(n_continuous: int, categories: list[int], outputs: int) -> Layout:
    return Layout(
        continuous=[f"x{i}" for i in range(n_continuous)],
        categorical={f"c{j}": n for j, n in enumerate(categories)},
        classes=[f"k{k}" for k in range(max(2, outputs))],
        signal=0,
        outputs=outputs,
    )


def make(architecture: str, n_continuous: int, categories: list[int], outputs: int) -> Any:
    return build(architecture, layout(n_continuous, categories, outputs), SMALL[architecture])


def inputs(events: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    categorical = torch.stack([torch.randint(n, (events,)) for n in CATEGORIES], dim=1)
    return torch.randn(events, 4), categorical


def grown(architecture: str, outputs: int, rounds: int = 20) -> Any:
    """Trees that learned from every feature, with missing values."""
    model = make(architecture, 4, CATEGORIES, outputs)
    continuous, categorical = inputs(3000)
    total = (continuous.sum(1) + 2 * categorical[:, 0] + categorical[:, 1]).numpy()
    label = np.searchsorted(np.quantile(total, [0.3, 0.6]), total) % max(2, outputs)
    weight = np.random.default_rng(1).exponential(size=label.size)
    continuous[torch.rand(continuous.shape) < 0.2] = torch.nan
    columns = model.columns(continuous, categorical).numpy()
    model.plant(model.grow(columns, label, weight, rounds=rounds, learning_rate=0.2, seed=1))
    return model.eval()


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


def test_leaves_of_histogram_trees_may_need_a_share_of_the_events() -> None:
    columns = np.random.default_rng(1).normal(size=(2000, 3)).astype(np.float32)
    label = (columns.sum(axis=1) > 0).astype(np.int64)
    leaves = []
    for share in (0.0, 0.2):
        parameters = {"leaves": 31, "min_leaf_share": share}
        model = build("histogram_trees", layout(3, [], 1), parameters)
        told = {"rounds": 1, "learning_rate": 0.1, "seed": 1}
        trees = model.grow(columns, label, np.ones(2000), **told)  # type: ignore[operator]
        leaves.append(int((trees.left == np.arange(trees.left.size)).sum()))
    assert leaves[0] == 31
    assert 2 <= leaves[1] <= 5
    with pytest.raises(ConfigurationError, match=r"min_leaf_share is 0.6, expected 0 to 0.5"):
        build("histogram_trees", layout(3, [], 1), {"min_leaf_share": 0.6})


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
