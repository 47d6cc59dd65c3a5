"""What a training makes small, as the validation measures it."""

import pytest
import torch
from test_training_options import network, told

from n2mu.training.batch import Batch
from n2mu.training.objective import Objective


def test_events_of_the_validation_in_the_order_of_their_samples_have_the_whole_decorrelation() -> (
    None
):
    loss = {"decorrelation": {"observable": "mass", "strength": 2.0}}
    objective = Objective(told(**network(formulation="binary", loss=loss, batch_size=50)))
    score = torch.linspace(0.1, 0.9, 200)
    is_signal = torch.arange(200) < 100
    batch = Batch(
        torch.empty(200, 0),
        torch.empty(200, 0, dtype=torch.int64),
        torch.where(is_signal, 0, 1),
        torch.ones(200),
        score,
        torch.where(is_signal, 0.0, 1.0),
    )
    logits = torch.logit(score)[:, None]
    without = Objective(told(**network(formulation="binary"))).of_events(
        logits, Batch(batch.continuous, batch.categorical, batch.label, batch.weight)
    )
    # a score that is the mass itself has the distance correlation one in every batch that has
    # background, and batches of training, which are mixed, all have
    assert objective.of_events(logits, batch) - without == pytest.approx(2.0)
