"""The models and metrics against reference implementations."""

from typing import Any

import numpy as np
import pytest
import rtdl_num_embeddings
import tabm
import torch
from rtdl_revisiting_models import FTTransformer as Reference
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from torch import nn

from n2mu.models.flat import PeriodicEmbeddings
from n2mu.models.ft_transformer import FTTransformer
from n2mu.models.histogram_trees import HistogramTrees
from n2mu.models.tabm import TabM
from n2mu.models.xgboost_trees import XGBoostTrees
from n2mu.statistics.auc import weighted_auc

CATEGORIES = [3, 5]
WIDTH = 16


def reference(blocks: int) -> Any:
    """Return the authors' FT-Transformer with the options of ours.

    Theirs skips the first attention norm, has ReLU after the last norm and
    offers no GELU; all three are exchanged here.
    """
    model = Reference(
        n_cont_features=4,
        cat_cardinalities=CATEGORIES,
        d_out=3,
        n_blocks=blocks,
        d_block=WIDTH,
        attention_n_heads=4,
        attention_dropout=0.0,
        ffn_d_hidden_multiplier=4.0,
        ffn_dropout=0.0,
        ffn_activation="ReLU",
        residual_dropout=0.0,
    )
    model.backbone.blocks[0]["attention_normalization"] = nn.LayerNorm(WIDTH)
    for block in model.backbone.blocks:
        block["ffn"].activation = nn.GELU()
    model.backbone.output.activation = nn.Identity()
    return model


def corresponding(ours: FTTransformer, theirs: Any) -> dict[str, tuple[Any, list[Any]]]:
    """Return each parameter of ours with those of theirs that together are the same."""
    tokens, cat = ours.tokens, theirs.cat_embeddings
    pairs: dict[str, tuple[Any, list[Any]]] = {
        "class token": (tokens.class_token, [theirs.cls_embedding.weight]),
        "weight": (tokens.weight, [theirs.cont_embeddings.weight]),
        "bias": (tokens.bias, [theirs.cont_embeddings.bias, cat.bias]),
        "lookup": (tokens.lookup, [e.weight for e in cat.embeddings]),
    }

    def layer(name: str, mine: nn.Module, *yours: nn.Module) -> None:
        for kind in ("weight", "bias"):
            values = [getattr(module, kind) for module in yours]
            pairs[f"{name}.{kind}"] = (getattr(mine, kind), values)

    for i, (mine, yours) in enumerate(zip(ours.blocks, theirs.backbone.blocks, strict=True)):
        assert isinstance(mine, nn.Module)
        block: Any = mine
        attention = yours["attention"]
        layer(f"{i}.norm", block.attention_norm, yours["attention_normalization"])
        layer(
            f"{i}.projection",
            block.attention.projection,
            attention.W_q,
            attention.W_k,
            attention.W_v,
        )
        layer(f"{i}.output", block.attention.output, attention.W_out)
        layer(f"{i}.ffn norm", block.feed_forward[0], yours["ffn_normalization"])
        layer(f"{i}.ffn in", block.feed_forward[1], yours["ffn"].linear1)
        layer(f"{i}.ffn out", block.feed_forward[3], yours["ffn"].linear2)
    layer("head norm", ours.head[0], theirs.backbone.output.normalization)
    layer("head", ours.head[1], theirs.backbone.output.linear)
    return pairs


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_ft_transformer_is_that_of_its_authors(blocks: int) -> None:
    torch.manual_seed(1)
    ours = FTTransformer(4, CATEGORIES, 3, blocks=blocks, width=WIDTH).double().eval()
    theirs = reference(blocks).double()
    with torch.no_grad():
        # the norms and biases too, which start at one and zero
        for parameter in theirs.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        pairs = corresponding(ours, theirs)
        for mine, yours in pairs.values():
            mine.copy_(torch.cat(yours))
    copied = 4 + 12 * blocks + 4
    assert len(pairs) == copied
    assert len(list(ours.parameters())) == copied + 1  # and the missing values

    continuous = torch.randn(9, 4, dtype=torch.float64)
    categorical = torch.stack([torch.randint(n, (9,)) for n in CATEGORIES], dim=1)
    output, expected = (model(continuous, categorical) for model in (ours, theirs))
    assert torch.allclose(output, expected, rtol=1e-10, atol=1e-12)
    labels = torch.arange(9) % 3
    torch.autograd.backward(
        [nn.functional.cross_entropy(output, labels), nn.functional.cross_entropy(expected, labels)]
    )
    for name, (mine, yours) in pairs.items():
        gradient = torch.cat([parameter.grad for parameter in yours])
        assert torch.allclose(mine.grad, gradient, rtol=1e-8, atol=1e-12), name


def test_the_parameters_of_the_full_model_are_counted() -> None:
    n_continuous, categories, classes, blocks, d = 60, [3] * 10 + [4] * 5, 5, 5, 256
    model = FTTransformer(n_continuous, categories, classes, blocks=blocks, width=d)
    tokens = d + n_continuous * (2 * d + 1) + sum(categories) * d + len(categories) * d
    attention = 2 * d + (3 * d * d + 3 * d) + (d * d + d)
    feed_forward = 2 * d + (4 * d * d + 4 * d) + (4 * d * d + d)
    head = 2 * d + d * classes + classes
    expected = tokens + blocks * (attention + feed_forward) + head
    assert sum(parameter.numel() for parameter in model.parameters()) == expected
    # the matrices of the blocks alone
    matrices = [p for n, p in model.blocks.named_parameters() if p.ndim == 2]
    assert sum(p.numel() for p in matrices) == blocks * 12 * d * d == 3_932_160


@pytest.mark.parametrize("levels", [3, 1000])
def test_auc_equals_scikit_learn_for_positive_weights(levels: int) -> None:
    random = np.random.default_rng(4)
    is_signal = random.random(5000) < 0.3
    score = np.round(random.normal(is_signal, 1.0) * levels) / levels
    weight = random.exponential(size=5000)
    assert weighted_auc(score, is_signal, weight) == pytest.approx(
        roc_auc_score(is_signal, score, sample_weight=weight), abs=1e-12
    )


def tree_events(outputs: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
    """Features on and between cuts, some missing; labels and weights."""
    torch.manual_seed(2)
    # rounded, so that many values stand exactly at a cut
    continuous = (torch.randn(4000, 3) * 8).round() / 8
    categorical = torch.randint(4, (4000, 1))
    total = (continuous.sum(1) + categorical[:, 0]).numpy()
    label = np.searchsorted(np.quantile(total, [0.3, 0.6]), total) % max(2, outputs)
    continuous[torch.rand(continuous.shape) < 0.1] = torch.nan
    return continuous, categorical, label, np.random.default_rng(1).exponential(size=4000)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_trees_of_xgboost_give_its_predictions(outputs: int) -> None:
    import xgboost

    continuous, categorical, label, weight = tree_events(outputs)
    model = XGBoostTrees(3, [4], outputs, depth=5)
    columns = model.columns(continuous, categorical).numpy()
    model.plant(model.grow(columns, label, weight, rounds=30, learning_rate=0.3, seed=3))
    kind = {"objective": "binary:logistic"} if outputs == 1 else {"objective": "multi:softprob"}
    classes = {} if outputs == 1 else {"num_class": outputs}
    reference = xgboost.train(
        {**model.options, **kind, **classes, "eta": 0.3, "seed": 3, "base_score": 0.5},
        xgboost.DMatrix(columns, label, weight=weight),
        num_boost_round=30,
    )
    expected = reference.predict(xgboost.DMatrix(columns))
    logits = model(continuous, categorical)
    ours = logits.sigmoid()[:, 0] if outputs == 1 else logits.softmax(1)
    assert np.allclose(ours.numpy(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_trees_of_scikit_learn_give_its_predictions(outputs: int) -> None:
    continuous, categorical, label, weight = tree_events(outputs)
    weight[::7] *= -0.1
    model = HistogramTrees(3, [4], outputs, leaves=20)
    columns = model.columns(continuous, categorical).numpy()
    model.plant(model.grow(columns, label, weight, rounds=30, learning_rate=0.3, seed=3))
    reference = HistGradientBoostingClassifier(
        max_leaf_nodes=20, max_iter=30, learning_rate=0.3, early_stopping=False, random_state=3
    ).fit(columns, label, sample_weight=weight)
    expected = reference.decision_function(columns).reshape(columns.shape[0], -1)
    if outputs == 2:
        expected = np.append(np.zeros_like(expected), expected, axis=1)
    assert np.allclose(model(continuous, categorical).numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("classes", [1, 3])
def test_tabm_is_that_of_its_authors(classes: int) -> None:
    torch.manual_seed(1)
    ours = TabM(6, [], classes, members=4, layers=2, width=10, dropout=0.0, missing="zero")
    theirs = tabm.TabM(
        n_num_features=6,
        d_out=classes,
        k=4,
        n_blocks=2,
        d_block=10,
        dropout=0.0,
        start_scaling_init="random-signs",
    ).double()
    ours = ours.double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        blocks = [block[0] for block in theirs.backbone.blocks]
        for mine, yours in zip((ours.layers[0], ours.layers[3]), blocks, strict=True):
            for a, b in (("weight", "weight"), ("scale_in", "r"), ("scale_out", "s")):
                getattr(yours, b).copy_(getattr(mine, a))
            yours.bias.copy_(mine.bias)
        theirs.output.weight.copy_(ours.weight)
        theirs.output.bias.copy_(ours.bias)
    x = torch.randn(9, 6, dtype=torch.float64)
    none = torch.zeros(9, 0, dtype=torch.int64)
    assert torch.allclose(ours(x, none), theirs(x), rtol=1e-10, atol=1e-12)


def test_periodic_embeddings_are_those_of_their_authors() -> None:
    torch.manual_seed(1)
    ours = PeriodicEmbeddings(5, 7, frequencies=6, scale=0.3)
    theirs = rtdl_num_embeddings.PeriodicEmbeddings(
        5, 7, n_frequencies=6, frequency_init_scale=0.3, activation=True, lite=True
    )
    with torch.no_grad():
        theirs.periodic.weight.copy_(ours.frequency)
        theirs.linear.load_state_dict(ours.linear.state_dict())
    x = torch.randn(9, 5)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)
