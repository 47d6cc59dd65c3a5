"""Studies of random subsampling: who sees which events, what is measured, what stands beside it."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_studies import compare, folder, tables, told, write
from helpers_templates import hand_skim
from plots_products import overlapping, texts
from plots_products import settings as plot_settings
from test_training import classifier, run, settings, skim

from n2mu.commands.job import open_job
from n2mu.config.evaluation import Correlation, Evaluation
from n2mu.config.load import load
from n2mu.config.measures import Measure
from n2mu.data.folds import fold_of, training_folds, validation_fold
from n2mu.errors import ConfigurationError, ProductError, TrainingError
from n2mu.evaluation.measures import MEASURES, Judged
from n2mu.evaluation.study_sample import StudySample
from n2mu.plots.study import curves_figure, study_figure
from n2mu.plots.study_table import study_latex, study_markdown
from n2mu.skim.read import Skim
from n2mu.statistics.auc import weighted_auc
from n2mu.training.checkpoint import load as load_model
from n2mu.training.events import read_events

__all__ = ["folder"]
THIRDS = 3
TRIALS = {"seeds": None, "trials": 2}
CHOSEN: dict[str, Any] = {
    "trials": 2,
    "random": True,
    "folds": THIRDS,
    "measures": {
        "auc": {"kind": "auc", "selection": "y > -2", "scale": 100.0, "title": "AUC (%)"},
        "mean": {"kind": "mean_auc"},
        "significance": {"kind": "significance"},
        "shape": {"kind": "correlation", "correlation": "x"},
        "beyond": {"kind": "correlation_beyond_chance", "correlation": "x"},
        "epoch": {"kind": "best_epoch"},
    },
    "published": {"source": "J. Doe", "values": {"random": {"auc": 50.0}, "mlp": {"shape": -0.1}}},
    "options": {
        "bootstrap": 20,
        "significance": {"bins": 4},
        "correlations": {"x": {"observable": "y", "bins": 4, "low": -4, "high": 4}},
    },
}


def test_each_trial_is_one_model_with_folds_and_weights_of_its_own(folder: Path) -> None:
    write(folder, **TRIALS)
    made = load(folder / "config.yaml")
    assert made.studies["widths"].trainings("widths")["narrow"] == [
        "widths_narrow_trial1",
        "widths_narrow_trial2",
    ]
    assert made.studies["widths"].folds(5) == range(1)
    for trial in (1, 2):
        model = made.models.models[f"widths_narrow_trial{trial}"]
        assert (model.seed, model.fold_seed) == (trial, trial)
    assert open_job(str(folder / "config.yaml")).slices.study("widths").tested_folds == range(1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 2}, "each of the 'trials' has a seed of its own; leave out 'seeds'"),
        ({**TRIALS, "change": {"fold_seed": 2}}, "'fold_seed' belongs to the study as a whole"),
        (
            {"measures": {"m": {"kind": "correlation", "correlation": "HTT"}}},
            "measures.m: models.yaml has no evaluation.correlations.HTT; did you mean 'HT'?",
        ),
        ({"measures": {"m": {"kind": "correlation"}}}, "'correlation' belongs to the kinds"),
        (
            {"measures": {"m": {"kind": "significance", "selection": "HT > 3"}}},
            "'selection' belongs to auc and mean_auc, not to significance",
        ),
        (
            {"measures": {"m": {"kind": "auc", "selection": "mlp_small_ttH > 0.5"}}},
            r"measures.m: 'mlp_small_ttH' is a score of model 'mlp_small'",
        ),
        (
            {"published": {"source": "x", "values": {"narow": {"auc": 1}}}},
            r"published.values.narow: no such variant; did you mean 'narrow'\?",
        ),
        (
            {"published": {"source": "x", "values": {"narrow": {"acu": 1}}}},
            r"published.values.narrow.acu: is none of the 'measures'; did you mean 'auc'\?",
        ),
        ({"random": True, "variants": {"random": {}, "b": {}}}, "variants.random: is what"),
    ],
)
def test_a_mistake_is_refused_in_one_line(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    write(folder, **changes)
    with pytest.raises(ConfigurationError, match=message) as error:
        load(folder / "config.yaml")
    assert "widths.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_selection_of_a_measure_reaches_the_skim(folder: Path) -> None:
    write(folder, measures={"m": {"kind": "auc", "selection": "some_branch > 0"}})
    slices = open_job(str(folder / "config.yaml")).slices
    columns = [c for d in slices.skim(slices.chunks[0]).data_sets for c in d.columns]
    assert "some_branch" in columns


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Return the skim, the products of two trials of two models, and the study of them."""
    directory = tmp_path_factory.mktemp("trials")
    path = hand_skim(directory / "skim", tables(), {n: {"nominal": 1500.0} for n in tables()})
    made: dict[str, dict[str, list[Path]]] = {}
    for name, architecture in (("mlp", "mlp"), ("trees", "histogram_trees")):
        for trial in (1, 2):
            model = f"{name}_trial{trial}"
            chosen = classifier(
                architecture=architecture,
                parameters={"width": 8, "layers": 1} if name == "mlp" else {},
                seed=trial,
                fold_seed=trial,
                epochs=2,
                formulation="binary",
            )
            part = directory / model
            run(part, skim(), settings(model=model, fold=0, folds=THIRDS, classifier=chosen))
            made[model] = {p: [part / p] for p in ("model.pt", "history.json")}
    names = {name: [f"{name}_trial{t}" for t in (1, 2)] for name in ("mlp", "trees")}
    classes = {name: ["ttH", "background"] for name in names}
    return path, made, compare(told(names, classes=classes, **CHOSEN), path, made)


def test_no_tested_event_has_trained_or_chosen_a_model_and_trials_differ(trials: Any) -> None:
    path, made, _ = trials
    names = ["mlp_trial1", "mlp_trial2"]
    sample = StudySample(told({"mlp": names}), Skim([path]), {"x", "y", "charge"})
    event = np.concatenate([table["n2mu_event"] for table in sample.tables])
    seen = []
    for seed, name in enumerate(names, 1):
        model = load_model(made[name]["model.pt"][0], "cpu")
        rows, _ = sample.scores(made[name]["model.pt"], model.classes, THIRDS, seed)
        tested = set(event[rows])
        training, validation = (
            set(part.event) for part in read_events(skim(), model.settings, lambda events: events)
        )
        assert tested and training and validation
        # the skim of the training has other event numbers, so ask for their folds as well
        for events, folds in (
            (tested, {0}),
            (validation, {validation_fold(0, THIRDS)}),
            (training, set(training_folds(0, THIRDS))),
        ):
            assert set(fold_of(np.asarray(sorted(events)), THIRDS, seed)) == folds
        assert not tested & training
        assert not tested & validation
        assert not training & validation
        assert len(tested) == pytest.approx(len(set(event)) / 3, rel=0.1)
        seen.append(tested)
    assert len(seen[0] & seen[1]) == pytest.approx(len(seen[0]) / 3, rel=0.2)


def test_a_model_of_another_trial_is_refused(trials: Any) -> None:
    path, made, _ = trials
    names = {"one": ["mlp_trial2", "mlp_trial1"], "other": ["trees_trial1", "trees_trial2"]}
    classes = {name: ["ttH", "background"] for name in names}
    with pytest.raises(ProductError, match="with fold_seed 2, expected fold 0 of 3 with fold_seed"):
        compare(told(names, trials=2, folds=THIRDS, classes=classes), path, made)


def test_measures_are_means_over_the_trials_on_the_tested_third(trials: Any) -> None:
    _, made, result = trials
    areas = []
    for trial in (1, 2):
        scores, labels, weights = [], [], []
        for label, name in ((True, "ttH.a"), (False, "tt.a")):
            columns = tables()[name]["nominal"]
            chosen = (fold_of(columns["n2mu_event"], THIRDS, trial) == 0) & (columns["x"] > -3)
            chosen &= columns["y"] > -2
            own = {n: v[chosen] for n, v in columns.items()}
            model = load_model(made[f"mlp_trial{trial}"]["model.pt"][0], "cpu")
            scores.append(model.predict(own, chosen.sum())[:, 0])
            labels.append(np.full(chosen.sum(), label))
            weights.append(own["n2mu_weight"])
        areas.append(weighted_auc(*map(np.concatenate, (scores, labels, weights))))
    mlp = result["variants"][1]
    found = mlp["measures"]["auc"]
    assert found["value"] == pytest.approx(np.mean(areas), abs=1e-9)
    assert found["error_training"] == pytest.approx(abs(areas[0] - areas[1]) / 2)
    assert 0 < found["error_events"] < 0.03
    assert mlp["measures"]["mean"]["value"] is None
    assert mlp["measures"]["epoch"]["value"] in (1.0, 1.5, 2.0)
    assert mlp["measures"]["epoch"]["error_events"] is None


def test_a_third_of_the_events_stands_for_all_of_them(trials: Any) -> None:
    path, made, _ = trials
    whole = told({"mlp": ["mlp_trial1"]}, folds=THIRDS, trials=1, options=CHOSEN["options"])
    changed = whole.model_copy(update={"classes": {"mlp": ["ttH", "background"]}})
    third = compare(changed, path, made)["variants"][0]["measures"]["significance"]["value"]
    sample = StudySample(whole, Skim([path]), {"x", "y", "charge"})
    model = load_model(made["mlp_trial1"]["model.pt"][0], "cpu")
    tables_ = [{n: t[n] for n in model.columns} for t in sample.tables]
    scores = [model.predict(t, len(t["x"]))[:, 0] for t in tables_]
    from n2mu.statistics.significance import binned_significance

    all_events = binned_significance(np.concatenate(scores), sample.label == 0, sample.weight, 4)
    assert third == pytest.approx(all_events, rel=0.1)


def test_random_scores_come_first_and_know_nothing(trials: Any) -> None:
    first, mlp, _ = trials[2]["variants"]
    assert first["variant"] == "random"
    area = first["measures"]["auc"]
    assert abs(area["value"] - 0.5) < 4 * area["error_events"]
    assert first["measures"]["significance"]["value"] < mlp["measures"]["significance"]["value"]
    assert first["measures"]["epoch"]["value"] is None
    assert first["parameters"] is None


def test_the_table_has_the_chosen_measures_beside_the_published_numbers(trials: Any) -> None:
    result = trials[2]
    header, _, first, mlp, *_ = (
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in study_markdown(result).splitlines()[:5]
    )
    # two classes have no mean over classes
    assert header[2::2] == [
        "AUC (%)",
        "Expected significance",
        "Correlation",
        "Correlation beyond chance",
        "Best epoch",
    ]
    assert header[3] == "published"
    assert first[:2] == ["random", ""]
    assert first[3] == "50"
    assert mlp[7] == "\N{MINUS SIGN}0.1"
    assert mlp[2].count("±") == 2
    assert float(first[2].split(" ")[0]) == pytest.approx(50, abs=5)
    for text in (study_markdown(result), study_latex(result, plot_settings())):
        assert "2 trials of random subsampling" in text
        assert "Published: J. Doe." in text
    for figure in (study_figure(result, plot_settings()), curves_figure(result, plot_settings())):
        assert {"mlp", "trees"} <= set(texts(figure))
        assert overlapping(figure) == []


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [(10.0, 0.0, "10"), (10.0, None, "10"), (7.5, 0.0, "7.500"), (36.667, 3.333, "36.7 ± 3.3")],
)
def test_a_best_epoch_without_spread_is_a_whole_number(
    trials: Any, value: float, error: float | None, said: str
) -> None:
    result = copy.deepcopy(trials[2])
    found = {"value": value, "error_events": None, "error_training": error}
    result["variants"][1]["measures"]["epoch"] = found
    assert f" {said} " in study_markdown(result).splitlines()[3].split("|")
    assert "A best epoch has the second alone." in study_markdown(result)


def judged(size: int, slope: float, seed: int = 1) -> Judged:
    """Background whose score depends on a mass by a slope, with signal of any mass."""
    random = np.random.default_rng(seed)
    mass = random.uniform(0, 1, size)
    score = np.clip(random.uniform(0, 1, size) + slope * (mass - 0.5), 0, 1)
    options = Correlation(observable="m", bins=10, low=0, high=1)
    return Judged(
        scores=np.stack([score, 1 - score], axis=1),
        label=random.integers(0, 2, size),
        weight=np.ones(size),
        signal=0,
        quantities={"m": mass},
        passing={"1": np.ones(size, np.bool_)},
        best_epoch=np.nan,
        mu=np.nan,
        options=Evaluation(correlations={"m": options}),
    )


def beyond_chance(events: Judged) -> float:
    measure = Measure(kind="correlation_beyond_chance", correlation="m")
    return float(MEASURES[measure.kind](events, measure)(events.weight[None], False)[0])


def test_beyond_chance_few_events_give_the_correlation_of_many() -> None:
    plain = Measure(kind="correlation", correlation="m")
    many = judged(400_000, 0.1)
    truth = float(MEASURES["correlation"](many, plain)(many.weight[None], False)[0])
    few = [judged(16000, 0.1, seed) for seed in range(8)]
    raw = [float(MEASURES["correlation"](e, plain)(e.weight[None], False)[0]) for e in few]
    assert np.mean(raw) > 1.3 * truth
    for slope, expected in ((0.1, truth), (0.0, 0.0)):
        found = [beyond_chance(judged(16000, slope, seed)) for seed in range(8)]
        assert abs(np.mean(found) - expected) < 3 * np.std(found, ddof=1) / 8**0.5
        assert np.std(found) < 0.3 * truth


def test_a_quantity_that_is_not_finite_is_refused() -> None:
    events = judged(100, 0.0)
    events.quantities["m"][3] = np.nan
    with pytest.raises(TrainingError, match="'m' is NaN or infinite in 1 of 100 events"):
        beyond_chance(events)
