"""The evaluation job: which events of skims and scores are compared, with what weight."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_templates import (
    Columns,
    Tables,
    hand_scores,
    hand_skim,
    identifiers,
    save_folds,
)

from n2mu.data.folds import fold_of
from n2mu.errors import AlignmentError, ConfigurationError, ProductError, TrainingError
from n2mu.evaluation.settings import EvaluateSettings
from n2mu.evaluation.stage import run_evaluate
from n2mu.products import read_json, write_json
from n2mu.scoring.stage import predict
from n2mu.statistics.auc import weighted_auc
from n2mu.training.checkpoint import load

CLASSES = ["ttH", "ttW", "tt"]
LUMINOSITY = 30.0
FOLDS = 3
SAMPLES = {
    # class: (data set, cross-section, truth selection)
    "ttH": ("ttH.a", 0.5, "1"),
    "ttW": ("ttV.a", 2.0, "truth == 1"),
    "tt": ("tt.a", 8.0, "1"),
}
SUMS = {"ttH.a": {"nominal": 400.0}, "ttV.a": {"nominal": 200.0}, "tt.a": {"nominal": 900.0}}


def made_events(seed: int, size: int, label: int) -> Columns:
    random = np.random.default_rng(seed)
    return {
        **identifiers(1000 * seed, size),
        "n2mu_weight": random.uniform(-0.5, 2.0, size),
        "n": random.integers(1, 8, size),
        "truth": random.integers(0, 2, size),
        "x": random.normal(label, 1.0, size).astype(np.float32),
        "y": random.normal(1.0, 0.2, size),
    }


def settings(**changes: Any) -> EvaluateSettings:
    base = {
        "model": "toy_a",
        "folds": FOLDS,
        "region": "SR",
        "selection": "n >= 4",
        "classes": CLASSES,
        "all_classes": CLASSES,
        "signal_class": "ttH",
        "options": {"bootstrap": 10, "importance_events": 100, "integration_steps": 8},
        "samples": [
            {
                "data_set": data_set,
                "training_class": label,
                "selection": truth,
                "luminosity": LUMINOSITY,
                "cross_section": cross_section,
            }
            for label, (data_set, cross_section, truth) in SAMPLES.items()
        ],
    }
    return EvaluateSettings.model_validate({**base, **changes})


def chunks() -> dict[str, Tables]:
    return {
        "c0": {
            "ttH.a": {"nominal": made_events(1, 200, 0), "JES_up": made_events(2, 200, 0)},
            "tt.a": {"nominal": made_events(3, 300, 2), "training": made_events(4, 200, 2)},
        },
        "c1": {
            "ttV.a": {"nominal": made_events(5, 250, 1)},
            "tt.a": {"nominal": made_events(6, 100, 2)},
        },
    }


def trained(path: Path, model: str) -> tuple[list[Path], list[Path]]:
    """Write models and histories of all folds."""
    samples = [
        {**sample.model_dump(), "sample": sample.training_class} for sample in settings().samples
    ]
    told = {"model": model, "classes": CLASSES, "signal_class": "ttH", "samples": samples}
    models = save_folds(path / model, FOLDS, **told)
    histories = []
    for fold in range(FOLDS):
        histories.append(path / model / f"history{fold}.json")
        content = {
            "model": model,
            "training_events": {name: {"hash_up_to": 1.0} for name in CLASSES},
            "weighting": {
                "scheme": "class_weighted_event",
                "factors": {name: 1.0 + k for k, name in enumerate(CLASSES)},
                "region_scales": None,
            },
        }
        write_json(histories[-1], content)
    return models, histories


def score(tables: dict[str, Tables], models: list[Path]) -> None:
    """Add the scores of models to events, each by the model of its fold."""
    folds = [load(path, "cpu") for path in models]
    for chunk in tables.values():
        for kinds in chunk.values():
            for table in kinds.values():
                probabilities = predict(folds, table, fold_of(table["n2mu_event"], FOLDS))
                for k, name in enumerate(CLASSES):
                    table[f"{folds[0].name}_{name}"] = probabilities[:, k]


def run(
    path: Path,
    tables: dict[str, Tables],
    spoil: Callable[[dict[str, Tables]], None] = lambda tables: None,
    **changes: Any,
) -> dict[str, Any]:
    told = settings(**changes)
    models, histories = trained(path, "toy_a")
    score(tables, models)
    spoil(tables)
    skims, scores = [], []
    for name, chunk in tables.items():
        skims.append(hand_skim(path / "skim" / name, chunk, SUMS))
        scores.append(hand_scores(path / "scores" / name, chunk))
    output = path / "toy_a.json"
    run_evaluate(told, skims, scores, models, histories, output, "cpu")
    result: dict[str, Any] = read_json(output)
    return result


def plain(tables: dict[str, Tables], model: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores [events, classes], labels and weights, collected by hand."""
    scores, labels, weights = [], [], []
    for k, (data_set, cross_section, _) in enumerate(SAMPLES.values()):
        files = sum(data_set in chunk for chunk in tables.values())
        for chunk in tables.values():
            if data_set not in chunk:
                continue
            table = chunk[data_set]["nominal"]
            chosen = table["n"] >= 4
            if data_set == "ttV.a":
                chosen &= table["truth"] == 1
            norm = LUMINOSITY * cross_section / (files * SUMS[data_set]["nominal"])
            scores.append(np.stack([table[f"{model}_{c}"][chosen] for c in CLASSES], axis=1))
            labels.append(np.full(chosen.sum(), k))
            weights.append(norm * table["n2mu_weight"][chosen])
    return np.concatenate(scores), np.concatenate(labels), np.concatenate(weights)


def test_areas_equal_those_of_the_events_collected_by_hand(tmp_path: Path) -> None:
    tables = chunks()
    result = run(tmp_path, tables)
    assert (result["model"], result["region"], result["signal_class"]) == ("toy_a", "SR", "ttH")
    scores, labels, weights = plain(tables, "toy_a")
    for k, label in enumerate(CLASSES):
        expected = weighted_auc(scores[:, k], labels == k, weights)
        assert result["auc"][label]["value"] == pytest.approx(expected, rel=1e-9)
        events = result["events"][label]
        assert events["raw"] == (labels == k).sum()
        assert events["weighted"] == pytest.approx(weights[labels == k].sum())


def test_only_nominal_events_of_the_preselection_are_compared(tmp_path: Path) -> None:
    tables = chunks()
    first = run(tmp_path / "a", tables)
    del tables["c0"]["ttH.a"]["JES_up"], tables["c0"]["tt.a"]["training"]
    assert run(tmp_path / "b", tables) == first


def test_a_rerun_gives_the_same_content(tmp_path: Path) -> None:
    assert run(tmp_path / "a", chunks()) == run(tmp_path / "b", chunks())


def test_samples_that_share_events_are_refused(tmp_path: Path) -> None:
    samples = [sample.model_dump() for sample in settings().samples]
    samples.append({**samples[1], "training_class": "tt", "selection": "truth >= 1"})
    tables = chunks()
    table = tables["c1"]["ttV.a"]["nominal"]
    shared = int(((table["truth"] == 1) & (table["n"] >= 4)).sum())
    with pytest.raises(ConfigurationError) as error:
        run(tmp_path, tables, samples=samples)
    assert f"{shared} events of ttV.a are of several samples" in str(error.value)
    assert "\n" not in str(error.value)


def test_samples_may_share_a_data_set_without_overlap(tmp_path: Path) -> None:
    samples = [sample.model_dump() for sample in settings().samples]
    samples.append({**samples[1], "training_class": "tt", "selection": "truth == 0"})
    tables = chunks()
    classes = run(tmp_path, tables, samples=samples)["events"]
    table = tables["c1"]["ttV.a"]["nominal"]
    inside, truth = table["n"] >= 4, table["truth"]
    alone = run(tmp_path / "alone", tables)["events"]
    assert classes["ttW"]["raw"] == (inside & (truth == 1)).sum()
    more = classes["tt"]["raw"] - alone["tt"]["raw"]
    assert more == (inside & (truth == 0)).sum()


def test_a_region_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="no event of any class is in region 'SR'"):
        run(tmp_path, chunks(), selection="n > 100")


def test_a_class_without_events_has_no_area_but_a_reason(tmp_path: Path) -> None:
    tables = chunks()
    tables["c1"]["ttV.a"]["nominal"]["truth"][:] = 0
    result = run(tmp_path, tables)
    assert result["auc"]["ttW"] == {"value": None, "error": None}
    assert "ttW as signal" in result["roc"]["ttW"]["reason"]
    assert result["mean_auc"]["without"] == ["ttW"]


def test_scores_of_another_skim_are_refused(tmp_path: Path) -> None:
    models, histories = trained(tmp_path, "toy_a")
    tables, others = chunks(), chunks()
    score(tables, models)
    score(others, models)
    others["c1"]["tt.a"]["nominal"]["n2mu_event"][40] += 1
    skims = [hand_skim(tmp_path / "skim" / n, c, SUMS) for n, c in tables.items()]
    scores = [hand_scores(tmp_path / "scores" / n, c) for n, c in others.items()]
    output = tmp_path / "evaluation.json"
    with pytest.raises(AlignmentError, match="row 40 has n2mu_event 6041"):
        run_evaluate(settings(), skims, scores, models, histories, output, "cpu")
    assert not output.exists()


def test_scores_of_another_training_are_refused(tmp_path: Path) -> None:
    def spoil(tables: dict[str, Tables]) -> None:
        tables["c1"]["tt.a"]["nominal"]["toy_a_ttH"][:] *= 0.9

    with pytest.raises(ProductError, match=r"'toy_a': \d+ of 100 events have other scores on disk"):
        run(tmp_path, chunks(), spoil)


def test_folds_of_another_model_are_refused(tmp_path: Path) -> None:
    models, histories = trained(tmp_path, "toy_b")
    with pytest.raises(ProductError, match="is fold 0 of 3 of model 'toy_b', expected"):
        run_evaluate(settings(), [], [], models, histories, tmp_path / "x.json", "cpu")


def test_a_model_that_was_not_scored_is_refused(tmp_path: Path) -> None:
    def spoil(tables: dict[str, Tables]) -> None:
        for chunk in tables.values():
            for kinds in chunk.values():
                for table in kinds.values():
                    table["toy_b_ttH"] = table.pop("toy_a_ttH")

    with pytest.raises(ProductError, match="no column 'toy_a_ttH'; did you mean 'toy_"):
        run(tmp_path, chunks(), spoil)


def test_what_is_not_known_of_the_training_is_asked_for(tmp_path: Path) -> None:
    models, histories = trained(tmp_path, "toy_a")
    content = read_json(histories[1])
    del content["training_events"]["tt"]["hash_up_to"]
    write_json(histories[1], content)
    tables = chunks()
    score(tables, models)
    skims = [hand_skim(tmp_path / "skim" / n, c, SUMS) for n, c in tables.items()]
    scores = [hand_scores(tmp_path / "scores" / n, c) for n, c in tables.items()]
    with pytest.raises(ProductError, match="fold 1: does not say which events were taken"):
        run_evaluate(settings(), skims, scores, models, histories, tmp_path / "x.json", "cpu")


def test_a_quantity_that_is_not_finite_is_named(tmp_path: Path) -> None:
    def without(path: Path, selection: str) -> dict[str, Any]:
        tables = chunks()
        table = tables["c0"]["tt.a"]["nominal"]
        # missing for the model, but not for a quantity
        table["y"][table["n"] == 5] = np.nan
        mass = {"observable": "y", "bins": 2, "low": 0, "high": 2, "selection": selection}
        options = {"bootstrap": 10, "importance_events": 20}
        return run(
            path, tables, options={**options, "correlations": {"m": {**mass, "score_bins": 2}}}
        )

    with pytest.raises(TrainingError, match=r"'y' is NaN or infinite in .*narrow its"):
        without(tmp_path / "a", "1")
    assert without(tmp_path / "b", "n != 5")["correlations"]["m"]["value"] > 0


def test_a_score_that_is_nan_is_refused(tmp_path: Path) -> None:
    def spoil(tables: dict[str, Tables]) -> None:
        table = tables["c1"]["tt.a"]["nominal"]
        table["toy_a_ttW"][np.flatnonzero(table["n"] >= 4)[3]] = np.nan

    with pytest.raises(TrainingError, match="'toy_a_ttW' is NaN or infinite for 1 of"):
        run(tmp_path, chunks(), spoil)


def test_observed_events_judge_no_model(tmp_path: Path) -> None:
    tables = chunks()
    skim = hand_skim(tmp_path / "skim/c0", tables["c0"], SUMS)
    metadata = read_json(skim / "metadata.json")
    metadata["data_sets"]["tt.a"]["data"] = True
    write_json(skim / "metadata.json", metadata)
    models, histories = trained(tmp_path, "toy_a")
    samples = [s for s in settings().samples if s.data_set != "ttV.a"]
    with pytest.raises(ConfigurationError, match=r"'tt\.a' holds observed events"):
        told = settings(samples=samples)
        run_evaluate(told, [skim], [], models, histories, tmp_path / "toy_a.json", "cpu")
