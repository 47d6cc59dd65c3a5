"""What a model is worth: areas, decisions and significance with their errors."""

import json

import numpy as np
import pytest

from n2mu.config.evaluation import Significance
from n2mu.evaluation.decisions import decisions
from n2mu.evaluation.discrimination import discrimination
from n2mu.evaluation.sensitivity import sensitivity
from n2mu.statistics.auc import weighted_auc
from n2mu.statistics.significance import asimov_significance, threshold_scan

CLASSES = ["ttH", "ttW", "tt"]
Sample = tuple[np.ndarray, np.ndarray, np.ndarray]


def scores(events: int) -> Sample:
    random = np.random.default_rng(1)
    label = random.integers(0, 3, events)
    logits = random.normal(0, 1, (events, 3)) + 1.5 * np.eye(3)[label]
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weight = np.where(random.random(events) < 0.2, -0.5, 1.0)
    return probability.astype(np.float32), label, weight


def test_each_class_is_judged_against_all_others() -> None:
    probability, label, weight = scores(3000)
    result = json.loads(json.dumps(discrimination(probability, label, weight, CLASSES, 20)))
    areas = []
    for k, name in enumerate(CLASSES):
        areas.append(weighted_auc(probability[:, k], label == k, weight))
        assert result["auc"][name]["value"] == pytest.approx(areas[-1], rel=1e-12)
        assert result["events"][name]["raw"] == (label == k).sum()
        assert result["events"][name]["weighted"] == pytest.approx(weight[label == k].sum())
    assert result["mean_auc"]["value"] == pytest.approx(np.mean(areas))


def test_a_thinned_curve_keeps_its_ends_and_its_area() -> None:
    result = discrimination(*scores(20000), CLASSES, 10)
    for name, curve in result["roc"].items():
        x, y = curve["fpr"], curve["tpr"]
        assert 100 < len(x) == len(y) <= 200
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, pytest.approx(1), pytest.approx(1))
        assert np.trapezoid(y, x) == pytest.approx(result["auc"][name]["value"], abs=1e-3)


def test_a_class_without_events_has_no_auc_and_says_why() -> None:
    probability, label, weight = scores(300)
    keep = label != 2
    result = discrimination(probability[keep], label[keep], weight[keep], CLASSES, 10)
    assert result["auc"]["tt"] == {"value": None, "error": None}
    assert "tt as signal: signal has the sum of weights 0" in result["roc"]["tt"]["reason"]
    assert result["mean_auc"]["without"] == ["tt"]
    areas = [result["auc"][name]["value"] for name in ("ttH", "ttW")]
    assert result["mean_auc"]["value"] == pytest.approx(np.mean(areas))


def test_the_error_of_the_area_is_how_much_it_varies_between_samples() -> None:
    random = np.random.default_rng(5)
    areas, errors = [], []
    for _ in range(40):
        label = random.integers(0, 2, 400)
        score = random.normal(size=400) + label
        probability = np.stack([score, -score], axis=1)
        weight = random.normal(1.0, 0.5, 400)
        found = discrimination(probability, 1 - label, weight, ["a", "b"], 50)["auc"]["a"]
        areas.append(found["value"])
        errors.append(found["error"])
    assert np.mean(errors) == pytest.approx(np.std(areas, ddof=1), rel=0.3)


def test_signed_weights_enter_the_confusion_matrix_with_their_sign() -> None:
    probability = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])
    label = np.array([0, 0, 0, 1, 1])
    weight = np.array([3.0, -1.0, 2.0, 0.5, 1.5])
    result = decisions(probability, label, weight, ["s", "b"], 0, 10)
    # equal probabilities are the first class
    assert result["confusion"]["weighted"] == [[2.0, 2.0], [2.0, 0.0]]
    assert result["confusion"]["by_true"] == [[0.5, 0.5], [1.0, 0.0]]
    assert result["confusion"]["by_predicted"] == [[0.5, 1.0], [0.5, 0.0]]
    assert result["accuracy"]["value"] == pytest.approx(2 / 6)
    assert result["precision"]["s"]["value"] == result["recall"]["s"]["value"] == 0.5
    assert result["f1"]["b"]["value"] == 0.0
    assert result["weighted"]["recall"]["value"] == pytest.approx(result["accuracy"]["value"])


def test_a_share_of_nothing_does_not_exist() -> None:
    probability = np.tile([0.9, 0.1], (4, 1))
    result = decisions(probability, np.array([0, 0, 1, 1]), np.ones(4), ["s", "b"], 0, 10)
    assert result["precision"]["b"]["value"] is None
    assert result["macro"]["precision"]["value"] is None
    assert (result["recall"]["b"]["value"], result["f1"]["b"]["value"]) == (0.0, 0.0)


def test_backgrounds_taken_for_each_other_are_right_as_background() -> None:
    probability, label, weight = scores(2000)
    result = decisions(probability, label, weight, CLASSES, 0, 10)
    together = np.argmax(probability, axis=1) == 0
    right = weight[together == (label == 0)].sum() / weight.sum()
    assert result["binary"]["accuracy"]["value"] == pytest.approx(right)
    assert result["binary"]["recall"]["signal"] == pytest.approx(result["recall"]["ttH"])


def test_no_fold_chooses_its_own_threshold() -> None:
    probability, label, weight = scores(3000)
    score, signal, fold = probability[:, 0], label == 0, np.arange(3000) % 3
    found = sensitivity(score, signal, weight, fold, Significance(), None, 20)["asimov"]
    s = b = 0.0
    for k in range(3):
        others = threshold_scan(score[fold != k], signal[fold != k], weight[fold != k])
        enough = np.where(others["effective_background"] >= 10, others["asimov"], -1)
        passing = (fold == k) & (score >= others["threshold"][np.nanargmax(enough)])
        s, b = s + weight[passing & signal].sum(), b + weight[passing & ~signal].sum()
    assert found["value"] == pytest.approx(float(asimov_significance(s, b)))
    assert found["value"] <= found["maximum"] * (1 + 1e-12)
    assert found["error"] > 0


def test_a_handful_of_background_events_promises_nothing() -> None:
    score = np.concatenate([np.full(50, 0.9), [0.9], np.full(200, 0.1)])
    signal = np.arange(251) < 50
    found = sensitivity(score, signal, np.ones(251), np.arange(251) % 5, Significance(), None, 10)
    # above 0.9 there is one event of background alone
    assert found["asimov"]["threshold"] is None
    assert found["scan"]["effective_background"] == [1.0]
