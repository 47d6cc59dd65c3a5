"""ROC curves and AUC of several classes."""

import json

import numpy as np
import pytest

from n2mu.errors import TrainingError
from n2mu.evaluation.scores import evaluate_scores
from n2mu.statistics.auc import weighted_auc

CLASSES = ["ttH", "ttW", "tt"]


def scores(events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    label = random.integers(0, 3, events)
    logits = random.normal(0, 1, (events, 3)) + 1.5 * np.eye(3)[label]
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weight = np.where(random.random(events) < 0.2, -0.5, 1.0)
    return probability.astype(np.float32), label, weight


def test_each_class_is_judged_against_all_others() -> None:
    probability, label, weight = scores(3000)
    result = json.loads(json.dumps(evaluate_scores(probability, label, weight, CLASSES)))
    areas = []
    for k, name in enumerate(CLASSES):
        entry = result["classes"][name]
        areas.append(weighted_auc(probability[:, k], label == k, weight))
        assert entry["auc"] == areas[-1]
        assert entry["events"]["raw"] == (label == k).sum()
        assert entry["events"]["weighted"] == pytest.approx(weight[label == k].sum())
    assert result["mean_auc"] == pytest.approx(np.mean(areas))


def test_a_thinned_curve_keeps_its_ends_and_its_area() -> None:
    probability, label, weight = scores(20000)
    for entry in evaluate_scores(probability, label, weight, CLASSES)["classes"].values():
        x, y = entry["fpr"], entry["tpr"]
        assert 100 < len(x) == len(y) <= 200
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, pytest.approx(1), pytest.approx(1))
        assert np.trapezoid(y, x) == pytest.approx(entry["auc"], abs=1e-3)


def test_a_class_without_events_has_no_auc_and_says_why() -> None:
    probability, label, weight = scores(300)
    keep = label != 2
    result = evaluate_scores(probability[keep], label[keep], weight[keep], CLASSES)
    assert result["classes"]["tt"]["auc"] is None
    assert "tt as signal: signal has the sum of weights 0" in result["classes"]["tt"]["reason"]
    assert result["mean_auc"] is None


def test_a_score_that_is_nan_is_refused() -> None:
    probability, label, weight = scores(10)
    probability[3, 1] = np.nan
    with pytest.raises(TrainingError, match="class 'ttW' is NaN or infinite for 1 of 10 events"):
        evaluate_scores(probability, label, weight, CLASSES)
