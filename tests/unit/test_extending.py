"""A model and a loss that are added train; a treatment that is added acts."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from test_training import run
from test_training_options import network, three, told
from torch import Tensor, nn

from n2mu.config.architectures import architectures
from n2mu.config.kinds.registry import KINDS
from n2mu.config.learning import Loss
from n2mu.config.losses import losses
from n2mu.config.models import Classifier
from n2mu.config.treatments import Combination, Smoothing, Symmetrisation
from n2mu.losses.registry import LOSSES
from n2mu.models.registry import ARCHITECTURES
from n2mu.templates.symmetrise import FloatArray, Sides
from n2mu.templates.treatments import COMBINATIONS, SMOOTHINGS, SYMMETRISATIONS, symmetrise


class Linear(nn.Module):
    """Logistic regression: what a new file in ``models/`` would hold."""

    def __init__(
        self, continuous: int, categories: list[int], outputs: int, *, bias: bool = True
    ) -> None:
        super().__init__()
        self.categories = categories
        self.linear = nn.Linear(continuous + sum(categories), outputs, bias=bias)

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        columns = [
            nn.functional.one_hot(categorical[:, i], size) for i, size in enumerate(self.categories)
        ]
        values = torch.nan_to_num(continuous)
        logits: Tensor = self.linear(torch.cat([values, *columns], dim=1).to(values.dtype))
        return logits


def hinge(logit: Tensor, is_signal: Tensor) -> Tensor:
    """The loss of a support vector machine: what a new file in ``losses/`` would hold."""
    return (1 - torch.where(is_signal, logit, -logit)).clamp(min=0)


def test_a_model_is_a_class_and_its_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ARCHITECTURES, "linear", Linear)
    _, history = run(tmp_path, three(), told(architecture="linear", parameters={"bias": False}))
    assert history["epochs"][history["best_epoch"]]["auc"] > 0.8


def test_a_loss_is_a_function_and_its_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LOSSES, "hinge", hinge)
    monkeypatch.setattr("n2mu.config.learning.losses", lambda: ("hinge",))
    asked = told(**network(formulation="binary", loss={"kind": "hinge"}))
    _, history = run(tmp_path, three(), asked)
    assert history["epochs"][history["best_epoch"]]["auc"] > 0.8


def test_the_names_that_the_configuration_reads_are_those_of_the_registries() -> None:
    assert losses() == tuple(LOSSES)
    assert list(architectures()) == list(ARCHITECTURES)
    with pytest.raises(ValueError, match="unknown loss 'extrem'; did you mean 'extreme'"):
        Loss(kind="extrem")
    assert Classifier.model_fields["loss"].default.kind in LOSSES


def test_a_treatment_of_a_systematic_is_a_function_and_an_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def from_below(nominal: FloatArray, up: FloatArray, down: FloatArray) -> Sides:
        return 2 * nominal - down, down

    monkeypatch.setitem(SYMMETRISATIONS, "maximum", from_below)
    nominal, up, down = (np.array([value]) for value in (10.0, 11.0, 7.0))
    assert symmetrise("maximum", nominal, up, down)[0] == pytest.approx([13.0])


def test_the_treatments_that_the_configuration_knows_are_those_of_the_dictionaries() -> None:
    assert get_args(Symmetrisation) == tuple(SYMMETRISATIONS)
    assert get_args(Combination) == tuple(COMBINATIONS)
    assert get_args(Smoothing) == ("none", *SMOOTHINGS)


def test_a_kind_of_systematic_is_called_as_its_entry() -> None:
    for name, kind in KINDS.items():
        assert get_args(kind.model_fields["kind"].annotation) == (name,)
