"""What a training makes small, as the validation measures it."""

import pytest
import torch
from test_training_options import network, told

from n2mu.losses.disco import distance_correlation
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


@pytest.mark.parametrize("weighting", ["event", "event_batch"])
def test_events_that_only_the_decorrelation_sees_do_not_dilute_the_classification(
    weighting: str,
) -> None:
    loss = {"decorrelation": {"observable": "mass", "strength": 3.0}}
    objective = Objective(told(**network(formulation="binary", loss=loss, weighting=weighting)))
    score = torch.linspace(0.1, 0.9, 90)
    is_signal = torch.arange(90) % 3 == 0
    in_scope = torch.arange(90) % 5 < 2
    mass = torch.cos(7 * score)
    background = torch.where(is_signal, 0.0, 1.0)
    batch = Batch(
        torch.empty(90, 0),
        torch.empty(90, 0, dtype=torch.int64),
        torch.where(is_signal, 0, 1),
        torch.where(in_scope, 1.0, 0.0),
        mass,
        background,
    )
    logits = torch.logit(score)[:, None]
    seen = torch.nn.functional.binary_cross_entropy(score[in_scope], is_signal[in_scope].float())
    term = distance_correlation(mass[~is_signal], score[~is_signal], background[~is_signal])
    expected = float(seen + 3.0 * term)
    assert float(objective.of_batch(logits, batch, 0)) == pytest.approx(expected, rel=1e-5)
