"""The evaluation against reference implementations: scikit-learn and captum."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)
from torch import nn

from n2mu.data.objects import Collection
from n2mu.evaluation.gradients import integrated_gradients
from n2mu.models.ensemble import Ensemble
from n2mu.models.event_classifier import EventClassifierTransformer
from n2mu.models.ft_transformer import FTTransformer
from n2mu.models.mlp import MLP
from n2mu.models.relaxed import relax
from n2mu.models.resnet import ResNet
from n2mu.models.staged import StagedNetwork
from n2mu.models.tabm import TabM
from n2mu.statistics.auc import RankedScores
from n2mu.statistics.confusion import confusion_matrix as own_confusion_matrix
from n2mu.statistics.confusion import rates

CATEGORIES = [3, 5]


def sample(events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    label = random.integers(0, 4, events)
    probability = random.dirichlet(np.ones(4), events) + 0.5 * np.eye(4)[label]
    # some scores are equal
    return np.round(probability, 2), label, random.uniform(0.1, 3.0, events)


def test_areas_of_many_weights_equal_scikit_learns() -> None:
    probability, label, weight = sample(500)
    weights = np.random.default_rng(4).poisson(1.0, (5, 500)).astype(np.float64) * weight
    for k in range(4):
        areas = RankedScores(probability[:, k], label == k).auc(weights)
        for row, area in zip(weights, areas, strict=True):
            expected = roc_auc_score(label == k, probability[:, k], sample_weight=row)
            assert area == pytest.approx(expected, rel=1e-12)


def test_confusion_and_rates_equal_scikit_learns() -> None:
    probability, label, weight = sample(500)
    predicted = probability.argmax(axis=1)
    matrix = own_confusion_matrix(label, predicted, weight, 4)
    expected = confusion_matrix(label, predicted, sample_weight=weight)
    np.testing.assert_allclose(matrix, expected, rtol=1e-12)
    found = rates(matrix)
    assert found.accuracy == pytest.approx(accuracy_score(label, predicted, sample_weight=weight))
    each = precision_recall_fscore_support(label, predicted, sample_weight=weight)
    for own, theirs in zip((found.precision, found.recall, found.f1), each[:3], strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-12)
    for own, average in ((found.macro, "macro"), (found.weighted, "weighted")):
        means = precision_recall_fscore_support(
            label, predicted, sample_weight=weight, average=average
        )
        np.testing.assert_allclose(own, means[:3], rtol=1e-12)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: MLP(7, CATEGORIES, 3, layers=2, width=16),
    "resnet with embeddings": lambda: ResNet(7, CATEGORIES, 3, blocks=2, embeddings="all"),
    "tabm": lambda: TabM(7, CATEGORIES, 3, members=4, width=16, embeddings="periodic"),
    "ft_transformer": lambda: FTTransformer(7, CATEGORIES, 3, blocks=2, width=8),
    "ft_transformer with objects": lambda: FTTransformer(
        7, CATEGORIES, 3, blocks=2, width=8, collections=[Collection("jets", 1, 3, 2)]
    ),
    "event classifier": lambda: EventClassifierTransformer(7, CATEGORIES, 3, missing="learnable"),
    "staged": lambda: StagedNetwork(
        7, CATEGORIES, 3, width=8, stages=[([0, 2, 5], [1]), ([1, 6], [0, 1])]
    ),
    "ensemble": lambda: Ensemble([MLP(7, CATEGORIES, 3, width=8) for _ in range(2)]),
}


def events(objects: bool) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(5)
    continuous = torch.randn(12, 7, dtype=torch.float64)
    missing = torch.rand(12, 7) < 0.2
    if objects:
        # objects that are not there have no number at all
        gone = torch.arange(3) >= torch.randint(0, 4, (12, 1))
        missing[:, 1:] = gone.repeat_interleave(2, dim=1)
    continuous[missing] = torch.nan
    categorical = torch.stack([torch.randint(0, n, (12,)) for n in CATEGORIES], dim=1)
    return continuous, categorical


def made(name: str) -> nn.Module:
    torch.manual_seed(6)
    network = NETWORKS[name]().double().eval()
    for part in network.modules():
        # as if it had been learned
        if getattr(part, "learnable", False):
            nn.init.normal_(cast(torch.Tensor, part.value))
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_the_relaxed_form_of_an_event_has_its_score(name: str) -> None:
    network = made(name)
    continuous, categorical = events("objects" in name)
    with torch.no_grad():
        relaxed = network(*relax(continuous, categorical, CATEGORIES))
        torch.testing.assert_close(
            relaxed, network(continuous, categorical), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("name", NETWORKS)
def test_integrated_gradients_equal_captums_and_are_complete(name: str) -> None:
    network = made(name)
    inputs = relax(*events("objects" in name), CATEGORIES)

    def score(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        probabilities: torch.Tensor = network(x, y).softmax(1)
        return probabilities[:, 0]

    baselines: Any = tuple(part.mean(dim=0, keepdim=True).expand_as(part) for part in inputs)
    if "objects" in name:
        numbers = baselines[0].clone()
        numbers[:, 1:, 1] = inputs[0][:, 1:, 1]
        baselines = (numbers, baselines[1])
    own = integrated_gradients(score, inputs, baselines, 40)
    theirs = IntegratedGradients(score).attribute(
        inputs, baselines, n_steps=40, method="gausslegendre"
    )
    for mine, reference in zip(own, theirs, strict=True):
        # captum has its steps in single precision
        torch.testing.assert_close(mine, reference, rtol=1e-6, atol=1e-8)
    # kinks of ReLU take more points
    fine = integrated_gradients(score, inputs, baselines, 400)
    with torch.no_grad():
        moved = score(*inputs) - score(*baselines)
    total = fine[0].sum(dim=(1, 2)) + fine[1].sum(dim=(1, 2))
    torch.testing.assert_close(total, moved, rtol=1e-4, atol=2e-6)
