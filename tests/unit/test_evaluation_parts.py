"""Train against test, calibration, correlation with a quantity, and importance of features."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers_templates import save_folds, training
from scipy.stats import kstest

from n2mu.config.evaluation import Correlation
from n2mu.config.features import Feature
from n2mu.data.folds import fold_of, splitmix64
from n2mu.errors import ProductError
from n2mu.evaluation.calibration import calibration, mixture
from n2mu.evaluation.correlation import correlation
from n2mu.evaluation.events import ScoredEvents
from n2mu.evaluation.importance import attributions, permutation
from n2mu.evaluation.overtraining import train_against_test, trained_on
from n2mu.evaluation.sample import draw
from n2mu.models.histogram_trees import HistogramTrees
from n2mu.scoring.stage import predict
from n2mu.statistics.two_samples import merged_bins, two_sample_chi2
from n2mu.training.checkpoint import TrainedModel, load

FOLDS = 3
CLASSES = ["sig", "bkg"]


def test_the_chi2_of_two_samples_of_one_distribution_is_that_of_its_degrees_of_freedom() -> None:
    random = np.random.default_rng(1)
    edges = np.linspace(-2.5, 2.5, 9)
    p_values = []
    for _ in range(150):
        sums = []
        for size in (4000, 1500):
            values, weights = random.normal(size=size), random.choice([-0.5, 1.0, 2.0], size)
            sums += [np.histogram(values, edges, weights=weights**n)[0] for n in (1, 2)]
        found = two_sample_chi2(*sums)
        assert found is not None and found.ndf == 7
        from scipy.special import chdtrc

        p_values.append(chdtrc(found.ndf, found.chi2))
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_histograms_without_a_shape_have_no_chi2() -> None:
    empty, full = np.zeros(3), np.ones(3)
    assert two_sample_chi2(empty, empty, full, full) is None
    one = np.array([2.0, 0.0, 0.0])
    assert two_sample_chi2(one, one, 3 * one, one) is None
    # bins without events count for nothing
    both = np.array([2.0, 0.0, 3.0])
    found = two_sample_chi2(both, both, 2 * both, both)
    assert found is not None and (found.chi2, found.ndf) == (0.0, 1)


def test_bins_are_merged_until_each_holds_enough_everywhere() -> None:
    first = np.array([4.0, 8.0, 1.0, 20.0, 3.0, 2.0])
    second = np.full(6, 30.0)
    starts = merged_bins([(first, first), (second, second)], 10)
    assert starts.tolist() == [0, 2]
    assert merged_bins([(np.ones(4), np.ones(4))], 10).tolist() == [0]


def history(**changes: Any) -> dict[str, Any]:
    told = {"scheme": "class_weighted_event", "factors": {"sig": 2.0, "bkg": 0.5}}
    return {
        "model": "toy",
        "training_events": {name: {"hash_up_to": 1.0} for name in CLASSES},
        "weighting": {**told, "region_scales": None},
    } | changes


def events(size: int, seed: int = 2) -> ScoredEvents:
    """Return events of two classes without features, whose score is right."""
    random = np.random.default_rng(seed)
    probability = random.random(size)
    label = (random.random(size) > probability).astype(np.int64)
    number = np.arange(size)
    return ScoredEvents(
        np.stack([probability, 1 - probability], axis=1).astype(np.float32),
        label,
        label,
        random.choice([-0.5, 1.0, 1.5], size),
        number,
        fold_of(number, FOLDS).astype(np.int64),
        {},
    )


def modelled(path: Path, size: int) -> tuple[ScoredEvents, list[TrainedModel]]:
    """Return events with the features of three models, and their scores."""
    random = np.random.default_rng(4)
    columns = {"x": random.normal(size=size), "y": random.normal(size=size)}
    columns["y"][::7] = np.nan
    models = [load(p, "cpu") for p in save_folds(path, FOLDS)]
    plain = events(size)
    scores = predict(models, columns, plain.fold.astype(np.int8))
    label = (random.random(size) > scores[:, 0]).astype(np.int64)
    changed = {**vars(plain), "probabilities": scores, "label": label, "class_label": label}
    return ScoredEvents(**{**changed, "columns": columns}), models


def test_training_events_are_those_whose_hash_was_taken() -> None:
    found = events(3000)
    rank = splitmix64(found.event.astype(np.uint64)) / 2.0**64
    told = history(training_events={"sig": {"hash_up_to": 0.4}, "bkg": {"hash_up_to": 1.0}})
    taken = trained_on(found, told, 0, FOLDS, CLASSES)
    # fold 0 is scored, fold 1 chooses the best epoch
    assert set(found.fold[taken]) == {2}
    assert rank[taken & (found.label == 0)].max() <= 0.4
    assert taken.sum() == ((found.fold == 2) & ((found.label == 1) | (rank <= 0.4))).sum()
    with pytest.raises(ProductError, match="fold 2: does not say which events were taken"):
        trained_on(found, history(training_events={"sig": {}, "bkg": {}}), 2, FOLDS, CLASSES)


def test_a_model_that_knows_its_training_events_is_found_out(tmp_path: Path) -> None:
    found, models = modelled(tmp_path, 3000)
    told = (models, [history()] * FOLDS, CLASSES, CLASSES, 0)
    honest = train_against_test(found, *told)
    assert all(own["p_value"] > 0.01 for own in honest["classes"].values())
    for name, label in (("sig", 0), ("bkg", 1)):
        own = honest["classes"][name]
        weight = found.weight[found.label == label].sum()
        assert sum(own["test"]["sumw"]) == pytest.approx(weight)
        # each event once, however many models it trained
        assert sum(own["train"]["sumw"]) == pytest.approx(weight)
    # as if the scores of unseen events were worse
    found.probabilities[:, 0] *= 0.9
    spoilt = train_against_test(found, *told)
    assert spoilt["classes"]["sig"]["p_value"] < 1e-3


@pytest.mark.parametrize(
    ("options", "could_train"),
    [
        ({"loss": {"selection": "x > 0"}}, lambda found: found.columns["x"] > 0),
        ({"negative_weights": "drop"}, lambda found: found.weight >= 0),
        (
            {
                "loss": {
                    "selection": "x > 1",
                    "decorrelation": {"observable": "x", "strength": 1, "selection": "x > 0"},
                }
            },
            lambda found: found.columns["x"] > np.where(found.label == 0, 1, 0),
        ),
    ],
)
def test_only_events_that_can_train_are_compared_as_training_and_unseen_events(
    tmp_path: Path, options: dict[str, Any], could_train: Any
) -> None:
    found, _ = modelled(tmp_path / "plain", 3000)
    base = training(0, FOLDS).classifier.model_dump()
    paths = save_folds(tmp_path, FOLDS, classifier={**base, **options})
    models = [load(path, "cpu") for path in paths]
    compared = train_against_test(found, models, [history()] * FOLDS, CLASSES, CLASSES, 0)
    for name, label in (("sig", 0), ("bkg", 1)):
        own = compared["classes"][name]
        weight = found.weight[(found.label == label) & could_train(found)].sum()
        assert sum(own["train"]["sumw"]) == pytest.approx(weight)
        assert sum(own["test"]["sumw"]) == pytest.approx(weight)


def test_events_outside_the_training_selection_trained_no_model(tmp_path: Path) -> None:
    found, _ = modelled(tmp_path / "plain", 3000)
    models = [
        load(path, "cpu") for path in save_folds(tmp_path, FOLDS, training_selection="x > 0.5")
    ]
    compared = train_against_test(found, models, [history()] * FOLDS, CLASSES, CLASSES, 0)
    inside = (found.columns["x"] > 0.5) & (found.label == 0)
    sums = compared["classes"]["sig"]["train"]["sumw"]
    assert sum(sums) == pytest.approx(found.weight[inside].sum())


def test_probabilities_that_are_right_lie_on_the_diagonal() -> None:
    found = events(40000)
    result = calibration(found.probabilities, found.label, found.weight, CLASSES, 50)
    for curve in (result["classes"]["sig"], result["confidence"]):
        parts = (curve[key] for key in ("predicted", "observed", "error"))
        pulls = [(o - p) / e for p, o, e in zip(*parts, strict=True) if p is not None]
        assert np.abs(pulls).max() < 3.5
        assert curve["expected_error"]["value"] < 0.02
    # a probability of one half that is true in a quarter of the cases is wrong by a quarter
    half = np.full((8, 2), 0.5)
    label = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    wrong = calibration(half, label, np.ones(8), CLASSES, 10)["classes"]["sig"]
    assert wrong["observed"][5] == 0.25
    assert wrong["expected_error"]["value"] == pytest.approx(0.25)
    assert wrong["observed"][0] is None and wrong["effective"][0] == 0


def test_classes_are_mixed_as_in_the_training() -> None:
    found = events(3000)
    every = np.ones(3000, np.bool_)
    weighted = mixture(found, [history()] * FOLDS, CLASSES, every)
    np.testing.assert_allclose(weighted, found.weight * np.array([2.0, 0.5])[found.label])
    scaled = history(weighting={**history()["weighting"], "region_scales": {"sig": 3, "bkg": 1}})
    assert mixture(found, [scaled] * FOLDS, CLASSES, every)[
        found.label == 0
    ].sum() == pytest.approx(3 * weighted[found.label == 0].sum())
    # where events count one each, a class counts as many as there are
    raw = history(weighting={**history()["weighting"], "scheme": "class_raw"})
    for label, factor in ((0, 2.0), (1, 0.5)):
        total = mixture(found, [raw] * FOLDS, CLASSES, every)[found.label == label].sum()
        assert total == pytest.approx(factor * (found.label == label).sum())
    binary = {"scheme": "event", "factors": {"sig": 1.0, "background": 1.0}, "region_scales": None}
    told = [history(weighting=binary)] * FOLDS
    np.testing.assert_array_equal(mixture(found, told, CLASSES, every), found.weight)
    with pytest.raises(ProductError, match="no weight of class 'bkg'"):
        mixture(
            found, [history(weighting={**binary, "factors": {"sig": 1.0}})] * FOLDS, CLASSES, every
        )


@pytest.mark.parametrize("scheme", ["class_weighted_event", "class_weighted"])
def test_events_that_the_classification_did_not_see_say_nothing_of_its_mixture(scheme: str) -> None:
    whole = events(3000)
    seen = whole.event % 3 > 0
    told = [history(weighting={**history()["weighting"], "scheme": scheme})] * FOLDS
    keys = ("probabilities", "label", "class_label", "weight", "event", "fold")
    alone = replace(whole, **{key: getattr(whole, key)[seen] for key in keys})
    mixed = mixture(whole, told, CLASSES, seen)
    np.testing.assert_array_equal(mixed[~seen], 0.0)
    np.testing.assert_allclose(
        mixed[seen], mixture(alone, told, CLASSES, np.ones(seen.sum(), bool))
    )


MASS = Correlation(observable="m", bins=2, low=0.0, high=2.0, score_bins=2)


def test_the_correlation_is_the_scatter_of_normalised_yields() -> None:
    # signal halves at 0.5; background below it: 3 of 4 in the first bin, above it: 1 of 4
    score = np.array([0.2, 0.7, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9])
    mass = np.array([1.0, 1.0, 0.5, 0.5, 0.5, 1.5, 0.5, 1.5, 1.5, 1.5, 7.0])
    signal = np.arange(11) < 2
    found = correlation(score, mass, signal, np.ones(11), MASS, 20)
    assert found["shapes"] == [[0.75, 0.25], [0.25, 0.75]]
    # the standard deviation of 3/4 and 1/4
    assert found["value"] == pytest.approx(0.25)
    assert found["edges"] == [0.0, 1.0, 2.0]


def test_independent_quantities_correlate_as_much_as_few_events_do() -> None:
    random = np.random.default_rng(8)
    score, mass = random.random(4000), 2 * random.random(4000)
    signal = random.random(4000) < 0.3
    weights = random.choice([-0.3, 1.0], 4000)
    found = correlation(score, mass, signal, weights, MASS, 50)
    assert abs(found["value"] - found["independent"]) < 3 * found["error"]
    assert 0 < found["independent"] < 0.05
    sculpted = correlation(score, score + mass / 2, signal, weights, MASS, 50)
    assert sculpted["value"] > 0.2


def test_bins_without_background_have_no_correlation_but_a_reason() -> None:
    score, signal = np.array([0.1, 0.9, 0.95]), np.array([True, True, False])
    found = correlation(score, np.ones(3), signal, np.ones(3), MASS, 10)
    assert found["value"] is None and "no positive sum of weights" in found["reason"]
    without = correlation(score, np.ones(3), np.zeros(3, np.bool_), np.ones(3), MASS, 10)
    assert "the signal has no positive" in without["reason"]


def test_a_sample_stands_for_the_same_expected_events() -> None:
    random = np.random.default_rng(5)
    found = events(5000)
    found = ScoredEvents(**{**vars(found), "weight": random.lognormal(0, 1, 5000) - 0.5})
    features = {"x": Feature()}
    models: Any = [type("Model", (), {"features": features})]
    columns = {"x": random.normal(size=5000)}
    sample = draw(ScoredEvents(**{**vars(found), "columns": columns}), 0, models, 1000)
    assert len(set(np.abs(sample.weight))) == 1
    assert sample.weight.sum() == pytest.approx(found.weight.sum(), rel=0.05)
    total = found.weight[found.label == 0].sum()
    assert sample.weight[sample.is_signal].sum() == pytest.approx(total, rel=0.1)
    everything = draw(ScoredEvents(**{**vars(found), "columns": columns}), 0, models, 5000)
    np.testing.assert_array_equal(everything.weight, found.weight)


def blind_to_z(models: list[TrainedModel]) -> None:
    for model in models:
        features = {n: p for n, p in model.network.named_parameters() if n.endswith("weight")}
        first = next(p for p in features.values() if p.dim() == 2 and p.shape[1] == 2)
        with torch.no_grad():
            first[:, 1] = 0.0


def test_a_feature_that_the_model_does_not_read_has_no_importance(tmp_path: Path) -> None:
    found, models = modelled(tmp_path, 400)
    blind_to_z(models)
    sample = draw(found, 0, models, 200)
    shuffled = {f["name"]: f for f in permutation(sample, 20)["features"]}
    gradients = attributions(sample, 16)
    attributed = {f["name"]: f for f in gradients["features"]}
    assert shuffled["z"]["value"] == shuffled["z"]["error"] == 0.0
    assert attributed["z"]["value"] == 0.0
    assert attributed["x"]["value"] > 0 and shuffled["x"]["error"] > 0
    assert gradients["completeness"] < 1e-5


def test_what_stands_for_a_missing_value_belongs_to_its_feature(tmp_path: Path) -> None:
    found, models = modelled(tmp_path, 300)
    for model in models:
        model.network.get_parameter("features.missing.value").data[1] = 3.0
    gradients = attributions(draw(found, 0, models, 300), 64)
    assert gradients["completeness"] < 1e-3
    attributed = {f["name"]: f["value"] for f in gradients["features"]}
    assert attributed["z"] > 0


def test_trees_have_no_gradient_to_integrate(tmp_path: Path) -> None:
    found, models = modelled(tmp_path, 60)
    sample = draw(found, 0, models, 60)
    grown = [replace(model, network=HistogramTrees(2, [], 2)) for model in models]
    result = attributions(replace(sample, folds=grown), 8)
    assert result == {"features": None, "reason": "trees have no gradient"}
