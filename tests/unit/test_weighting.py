"""Which training events are used, and what each counts in the loss."""

from typing import Any

import numpy as np
import pytest

from n2mu.config.learning import Schedule
from n2mu.config.models import Weighting
from n2mu.errors import TrainingError
from n2mu.training.schedule import learning_rate_factor
from n2mu.training.weighting import (
    event_weights,
    needs_region_scales,
    region_scales,
    without_sign,
)

LABEL = np.array([0, 0, 0, 1, 1])
WEIGHT = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
CLASSES = ["s", "b"]

# weights up to one factor, section 2.6 of the thesis: 3 and 2 raw events, 6 and 14 weighted
SCHEMES: dict[Weighting, Any] = {
    "none": [1, 1, 1, 1, 1],
    "event_batch": WEIGHT,
    "event": WEIGHT,
    "class_raw": [1 / 3, 1 / 3, 1 / 3, 1 / 2, 1 / 2],
    "class_weighted": [1 / 6, 1 / 6, 1 / 6, 1 / 14, 1 / 14],
    "class_raw_event": [1 / 3, 2 / 3, 3 / 3, 4 / 2, 10 / 2],
    "class_weighted_event": [1 / 6, 2 / 6, 3 / 6, 4 / 14, 10 / 14],
}


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_each_scheme_weights_as_the_thesis_says_with_mean_one(scheme: Weighting) -> None:
    weights = event_weights(scheme, LABEL, WEIGHT, CLASSES).of(LABEL, WEIGHT)
    expected = np.asarray(SCHEMES[scheme], float)
    assert weights == pytest.approx(expected / expected.mean())


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_region_scales_matter_where_the_weighted_totals_enter(scheme: Weighting) -> None:
    scales = np.array([0.5, 2.0])[LABEL]
    plain, scaled = (
        event_weights(scheme, LABEL, weight, CLASSES).of(LABEL, weight)
        for weight in (WEIGHT, WEIGHT * scales)
    )
    assert np.allclose(plain, scaled) != needs_region_scales(scheme, merged=False)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_region_scales_matter_within_a_target_that_is_made_of_several_classes(
    scheme: Weighting,
) -> None:
    scales = np.array([0.5, 2.0, 1.0, 3.0, 0.1])
    plain, scaled = (
        event_weights(scheme, LABEL, weight, CLASSES).of(LABEL, weight)
        for weight in (WEIGHT, WEIGHT * scales)
    )
    assert np.allclose(plain, scaled) != needs_region_scales(scheme, merged=True)


def test_events_without_weight_do_not_count() -> None:
    weight = np.append(WEIGHT, 0.0)
    label = np.append(LABEL, 1)
    for scheme in SCHEMES:
        weights = event_weights(scheme, label, weight, CLASSES).of(label, weight)
        assert weights[-1] == 0
        assert weights[:-1].mean() == pytest.approx(1.0)


def test_negative_weights_follow_the_policy() -> None:
    weight = np.array([1.0, -2.0])
    assert without_sign(weight, "absolute").tolist() == [1.0, 2.0]
    assert without_sign(weight, "drop").tolist() == [1.0, 0.0]
    assert without_sign(weight, "keep").tolist() == [1.0, -2.0]
    with pytest.raises(TrainingError, match=r"class 'b': the weights of its 2 .* sum to -1, "):
        event_weights("class_weighted_event", np.array([0, 1, 1]), np.array([1.0, 1, -2]), CLASSES)


def test_scales_give_each_class_the_total_of_the_region() -> None:
    random = np.random.default_rng(1)
    label = random.integers(0, 2, 5000)
    weight = np.where(random.random(5000) < 0.1, -1.0, 1.0) * random.exponential(size=5000)
    region = random.random(5000) < np.where(label == 0, 0.3, 0.05)
    scales = region_scales(label, weight, region, CLASSES, [])
    for k in range(2):
        inside = weight[(label == k) & region].sum()
        assert scales[k] * weight[label == k].sum() == pytest.approx(inside)


def test_a_class_with_too_few_events_in_the_region_is_refused_by_name() -> None:
    label = np.repeat([0, 1], 100)
    weight = np.ones(200)
    region = np.arange(200) < 109
    with pytest.raises(TrainingError, match=r"class 'b' has 9\.0 effective .*'unscaled_classes'"):
        region_scales(label, weight, region, CLASSES, [])
    assert region_scales(label, weight, region, CLASSES, ["b"]).tolist() == [1.0, 1.0]
    region[109] = True
    assert region_scales(label, weight, region, CLASSES, []).tolist() == [1.0, 0.1]


def test_schedules_rise_and_fall_as_asked() -> None:
    cosine = Schedule(kind="cosine", warmup_epochs=2, final=0.1)
    values = [learning_rate_factor(cosine, t, 10) for t in (0.5, 1, 2, 6, 10)]
    assert values == pytest.approx([0.25, 0.5, 1.0, 0.55, 0.1])
    exponential = Schedule(kind="exponential", final=0.01)
    values = [learning_rate_factor(exponential, t, 10) for t in (0, 5, 10)]
    assert values == pytest.approx([1.0, 0.1, 0.01])
    assert learning_rate_factor(Schedule(), 7, 10) == 1.0
