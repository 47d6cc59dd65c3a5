"""What a training can be asked for: formulations, losses, weightings, ways of choosing."""

import functools
import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from test_training import FOLD, FOLDS, Events, refuse, run, settings, skim, toy

from n2mu.config.models import Classifier
from n2mu.data.folds import fold_of, training_folds, validation_fold
from n2mu.errors import ConfigurationError, TrainingError
from n2mu.training.checkpoint import load
from n2mu.training.interruption import Interruption
from n2mu.training.stage import UNFINISHED, train_from


def three() -> Events:
    """Signal, and two backgrounds that differ in their features."""
    tables = {
        name: {"nominal": toy(i, shift, 1200), "training": toy(10 + i, shift, 600)}
        for i, (name, shift) in enumerate([("ttH.a", 1.0), ("tt.a", -1.0), ("VV.a", -0.3)])
    }
    random = np.random.default_rng(9)
    for kinds in tables.values():
        for table in kinds.values():
            table["mass"] = 125 + 20 * random.normal(size=table["x"].size)
            table["region"] = (random.random(table["x"].size) < 0.6).astype(float)
    return Events(tables)


def told(**changes: Any) -> Any:
    base = settings()
    other = base.samples[1].model_copy(
        update={"data_set": "VV.a", "sample": "VV", "training_class": "VV"}
    )
    made = Classifier.model_validate({**base.classifier.model_dump(), **changes})
    return settings(
        classes=["ttH", "tt", "VV"], samples=[*base.samples, other], classifier=made.model_dump()
    )


def network(**changes: Any) -> dict[str, Any]:
    return {"architecture": "mlp", "parameters": {"layers": 1, "width": 16}, **changes}


TREES: dict[str, dict[str, Any]] = {
    "xgboost": {"architecture": "xgboost", "parameters": {"depth": 3}},
    "histogram_trees": {"architecture": "histogram_trees", "parameters": {"leaves": 6}},
}
CASES: dict[str, dict[str, Any]] = {
    "binary": network(formulation="binary"),
    "two_phase": network(formulation="two_phase", first_phase_epochs=2),
    "extreme": network(formulation="binary", loss={"kind": "extreme"}),
    "extreme_linear": network(formulation="binary", loss={"kind": "extreme_linear"}),
    "disco": network(loss={"decorrelation": {"observable": "mass", "strength": 1.0}}),
    "scopes": network(
        formulation="binary",
        loss={
            "selection": "abs(mass - 125) < 20",
            "decorrelation": {
                "observable": "mass",
                "strength": 5.0,
                "selection": "abs(mass - 125) < 40",
            },
        },
    ),
    "tabm_disco": {
        "architecture": "tabm",
        "parameters": {"members": 3, "layers": 1, "width": 16},
        "loss": {"decorrelation": {"observable": "mass", "strength": 1.0}},
    },
    "staged": {
        "architecture": "staged",
        "parameters": {
            "layers": 1,
            "width": 16,
            "stages": {"tt": ["x", "y"], "VV": ["*"]},
        },
    },
    "resnet": {"architecture": "resnet", "parameters": {"blocks": 2, "width": 16}},
    "event classifier": {"architecture": "event_classifier_transformer", "parameters": {}},
    "bfloat16": network(precision="bfloat16"),
    "float16": network(precision="float16"),
    "transformer in bfloat16": {
        "architecture": "ft_transformer",
        "parameters": {"blocks": 1, "width": 8, "dropout": 0.1},
        "precision": "bfloat16",
    },
    "cosine": network(schedule={"kind": "cosine", "warmup_epochs": 1}),
    "auc": network(best_epoch="auc"),
    "significance": network(best_epoch="significance", significance={"mass": "mass", "bins": 4}),
    "event_batch": network(weighting="event_batch"),
    "none": network(weighting="none"),
    "drop": network(negative_weights="drop"),
    "region": network(training_set="region"),
    **{name: {**tree, "learning_rate": 0.3, "epochs": 10} for name, tree in TREES.items()},
    **{
        f"{name} binary": {**tree, "learning_rate": 0.3, "epochs": 10, "formulation": "binary"}
        for name, tree in TREES.items()
    },
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_every_option_trains_a_model_that_separates(tmp_path: Path, case: str) -> None:
    asked = told(**CASES[case])
    first, history = run(tmp_path / "a", three(), asked)
    again, same = run(tmp_path / "b", three(), asked)
    assert first == again
    assert history == same
    model = load(tmp_path / "a" / "model.pt", "cpu")
    binary = asked.classifier.formulation == "binary"
    assert model.classes == (["ttH", "background"] if binary else ["ttH", "tt", "VV"])
    scores = [model.predict(toy(seed, shift), 1500) for seed, shift in ((40, 1.0), (50, -1.0))]
    for score in scores:
        assert score.dtype == np.float32
        assert np.allclose(score.sum(axis=1), 1.0, atol=1e-5)
    signal_score = np.concatenate([score[:, 0] for score in scores])
    from n2mu.statistics.auc import weighted_auc

    truth = np.repeat([True, False], 1500)
    assert weighted_auc(signal_score, truth, np.ones(3000)) > 0.93
    best = history["epochs"][history["best_epoch"]]
    assert set(best["class_auc"]) == set(model.classes)
    assert best["significance"] > 0


def test_two_outputs_of_a_binary_model_are_one_parameter_vector_less(tmp_path: Path) -> None:
    _, multi = run(tmp_path / "multi", three(), told(**network()))
    _, binary = run(tmp_path / "binary", three(), told(**network(formulation="binary")))
    assert multi["parameters"] - binary["parameters"] == 2 * (16 + 1)


def correlation_with_mass(path: Path, events: Events) -> float:
    """The distance correlation of score and mass of background."""
    from n2mu.losses.disco import distance_correlation

    table = events.tables["tt.a"]["nominal"]
    score = load(path, "cpu").predict(table, table["x"].size)[:, 0]
    mass = torch.from_numpy(table["mass"])
    return float(distance_correlation(mass, torch.from_numpy(score).double(), torch.ones(1200)))


def test_a_validation_loss_over_a_negative_sum_of_weights_is_refused(tmp_path: Path) -> None:
    events = three()
    for kinds in events.tables.values():
        table = kinds["nominal"]
        # the loss of an epoch would be the better the worse it is
        validates = fold_of(table["n2mu_event"], FOLDS) == validation_fold(FOLD, FOLDS)
        table["n2mu_weight"] = np.where(validates, -1.0, 1.0)
    asked = told(**network(negative_weights="keep"))
    refuse(tmp_path, events, asked, r"validation events sum to -\d.*set negative_weights: absolute")


def test_the_decorrelation_takes_the_mass_out_of_the_score(tmp_path: Path) -> None:
    found = {}
    for strength in (None, 20.0):
        events = three()
        for kinds in events.tables.values():
            for table in kinds.values():
                # a feature from which the mass can be read
                table["x"] = table["x"] + 0.03 * (table["mass"] - 125)
        term = None if strength is None else {"observable": "mass", "strength": strength}
        asked = told(**network(epochs=15, loss={"decorrelation": term}, best_epoch="auc"))
        path = tmp_path / str(strength)
        run(path, events, asked)
        found[strength] = correlation_with_mass(path / "model.pt", events)
    assert found[20.0] < 0.25 * found[None]


def test_each_term_sees_its_own_events(tmp_path: Path) -> None:
    _, before = run(tmp_path / "a", three(), told(**CASES["scopes"]))
    raw = {k: v["raw"] for k, v in before["training_events"].items()}
    for name, width in (("ttH", 20), ("tt", 40)):
        count = 0
        for table in three().tables[f"{name}.a"].values():
            used = np.isin(fold_of(table["n2mu_event"], FOLDS), training_folds(FOLD, FOLDS))
            count += int((used & (np.abs(table["mass"] - 125) < width)).sum())
        assert raw[name] == count
    events = three()
    for kinds in events.tables.values():
        for table in kinds.values():
            outside = np.abs(table["mass"] - 125) >= 40
            table["x"][outside] = 50.0
    _, after = run(tmp_path / "b", events, told(**CASES["scopes"]))
    assert [e["train_loss"] for e in after["epochs"]] == [e["train_loss"] for e in before["epochs"]]


def test_the_extended_set_is_scaled_to_the_region_where_totals_matter(tmp_path: Path) -> None:
    asked = told(**network(weighting="event"))
    _, history = run(tmp_path / "a", three(), asked)
    scales = history["weighting"]["region_scales"]
    counts = {"ttH": 0.0, "tt": 0.0, "VV": 0.0}
    for name in counts:
        weights = []
        for table in three().tables[f"{name}.a"].values():
            used = np.isin(fold_of(table["n2mu_event"], FOLDS), training_folds(FOLD, FOLDS))
            weights.append((table["n2mu_weight"][used], table["region"][used] > 0))
        weight, inside = (np.concatenate(part) for part in zip(*weights, strict=True))
        assert scales[name] == pytest.approx(weight[inside].sum() / weight.sum())
    named = told(**network(weighting="event", unscaled_classes=["tt"]))
    _, history = run(tmp_path / "b", three(), named)
    assert history["weighting"]["region_scales"]["tt"] == 1.0
    assert history["weighting"]["unscaled_classes"] == ["tt"]
    events = three()
    for table in events.tables["tt.a"].values():
        table["region"][8:] = 0.0
    (tmp_path / "c").mkdir()
    refuse(tmp_path / "c", events, asked, "model 'toy' fold 2: class 'tt' has .* too few to scale")
    _, history = run(tmp_path / "d", events, told(**network()))
    assert history["weighting"]["region_scales"] is None
    binary = told(**network(formulation="binary"))
    (tmp_path / "e").mkdir()
    refuse(tmp_path / "e", events, binary, "class 'tt' has .* too few to scale")
    _, history = run(tmp_path / "f", three(), binary)
    assert history["weighting"]["region_scales"] == pytest.approx(scales)


def test_a_background_without_events_is_said_where_others_stand_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events = three()
    for table in events.tables["tt.a"].values():
        table["region"][:] = 0.0
    binary = told(**network(formulation="binary", training_set="region"))
    _, history = run(tmp_path / "a", events, binary)
    assert history["training_events"]["tt"]["raw"] == 0
    assert "class 'tt' has no training events; the others stand for the" in caplog.text
    both = told(**network(training_set="region"))
    (tmp_path / "b").mkdir()
    refuse(tmp_path / "b", events, both, "class 'tt' has no training events; give it")


def test_a_fraction_of_the_training_set_is_used(tmp_path: Path) -> None:
    _, whole = run(tmp_path / "a", three(), told(**network()))
    _, part = run(tmp_path / "b", three(), told(**network(fraction=0.1)))
    for name in ("ttH", "tt", "VV"):
        expected = whole["training_events"][name]["raw"] * 0.1
        assert part["training_events"][name]["raw"] == pytest.approx(expected, abs=2)
    assert part["validation_events"] == whole["validation_events"]


def test_the_policy_for_negative_weights_is_in_the_history(tmp_path: Path) -> None:
    found = {}
    for policy in ("absolute", "drop", "keep"):
        _, history = run(tmp_path / policy, three(), told(**network(negative_weights=policy)))
        found[policy] = history["training_events"]["tt"]
        assert history["negative_weights"] == policy
    kept = found["keep"]
    assert kept["in_training"] == pytest.approx(kept["weighted"])
    absolute = found["absolute"]
    negative = absolute["negative_share"] * absolute["in_training"]
    assert absolute["in_training"] == pytest.approx(kept["weighted"] + 2 * negative)
    assert found["drop"]["weighted"] == pytest.approx(kept["weighted"] + negative)
    assert found["drop"]["raw"] < kept["raw"]


def test_training_ends_when_its_patience_does(tmp_path: Path) -> None:
    asked = told(**network(epochs=40, learning_rate=0.3, patience=2))
    _, history = run(tmp_path, three(), asked)
    assert len(history["epochs"]) == history["best_epoch"] + 3 < 40


def test_validation_may_be_rarer_than_epochs(tmp_path: Path) -> None:
    _, history = run(tmp_path, three(), told(**network(epochs=5, validate_every=2)))
    losses = [epoch["validation_loss"] for epoch in history["epochs"]]
    assert [loss is not None for loss in losses] == [False, True, False, True, True]
    assert history["best_epoch"] in (1, 3, 4)


def test_validation_may_become_rarer_and_the_last_epoch_is_always_validated() -> None:
    later = {"after": 50, "every": 10}
    model = told(**network(epochs=75, validate_every=5, validate_later=later)).classifier
    expected = [*range(5, 51, 5), 60, 70, 75]
    assert [epoch for epoch in range(1, 76) if model.validates(epoch)] == expected


def test_of_trees_only_validated_rounds_may_be_the_last(tmp_path: Path) -> None:
    asked = told(**TREES["xgboost"], epochs=6, validate_every=6, learning_rate=3.0)
    _, history = run(tmp_path, three(), asked)
    assert [e["auc"] is not None for e in history["epochs"]] == [False] * 5 + [True]
    assert history["best_epoch"] == 5


@pytest.mark.parametrize("choice", ["auc", "significance"])
def test_the_best_epoch_has_the_largest_figure_of_merit(tmp_path: Path, choice: str) -> None:
    asked = told(**network(epochs=6, learning_rate=0.1, best_epoch=choice))
    _, history = run(tmp_path, three(), asked)
    values = [epoch[choice] for epoch in history["epochs"]]
    assert history["best_epoch"] == int(np.argmax(values))


def test_a_best_epoch_that_cannot_be_chosen_is_refused(tmp_path: Path) -> None:
    events = three()
    for table in events.tables["ttH.a"].values():
        table["n2mu_weight"] = -np.abs(table["n2mu_weight"])
    refuse(tmp_path, events, told(**network(best_epoch="auc")), "no epoch has a auc, .*best_epoch")


class StopAfter(Interruption):
    """Tells to stop after a number of steps, as a signal between two steps would."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    @property
    def reason(self) -> str | None:
        self.steps -= 1
        return "SIGTERM" if self.steps == 0 else None


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("steps", [[1], [7], [17, 5], [17, 17, 1]])
def test_a_stopped_training_goes_on_to_the_same_bytes(
    tmp_path: Path, steps: list[int], precision: str
) -> None:
    options = network(
        parameters={"layers": 1, "width": 16, "dropout": 0.3},
        schedule={"kind": "cosine"},
        patience=3,
        precision=precision,
    )
    expected = run(tmp_path / "whole", three(), told(**options))
    directory = tmp_path / "parts"
    products = (directory / "model.pt", directory / "history.json")
    for number in steps:
        with pytest.raises(TrainingError, match=r"stopped by SIGTERM after step .* it goes on"):
            train_from(told(**options), three(), *products, "cpu", StopAfter(number))
        assert [path.name for path in directory.iterdir()] == [UNFINISHED]
    assert run(directory, three(), told(**options)) == expected
    assert not (directory / UNFINISHED).exists()


def test_the_state_of_another_training_is_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    products = (tmp_path / "model.pt", tmp_path / "history.json")
    for settings_changed, events in ((True, three()), (False, skim())):
        with pytest.raises(TrainingError, match="stopped"):
            train_from(told(**network()), three(), *products, "cpu", StopAfter(7))
        other = told(**network(seed=5)) if settings_changed else settings()
        expected = run(tmp_path / "fresh", events, other)
        assert run(tmp_path, events, other) == expected
        assert "is of another training" in caplog.text
        caplog.clear()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_stops_a_training(tmp_path: Path, number: signal.Signals) -> None:
    products = (tmp_path / "model.pt", tmp_path / "history.json")
    before = signal.getsignal(number)
    timer = threading.Timer(1.0, os.kill, [os.getpid(), number])
    timer.start()
    with pytest.raises(TrainingError, match=f"stopped by {number.name}"):
        train_from(told(**network(epochs=100_000)), three(), *products, "cpu")
    timer.join()
    assert signal.getsignal(number) == before
    assert (tmp_path / UNFINISHED).exists()


def test_a_limit_of_time_stops_a_training(tmp_path: Path) -> None:
    products = (tmp_path / "model.pt", tmp_path / "history.json")
    with pytest.raises(TrainingError, match="stopped by the limit of time"):
        train_from(told(**network()), three(), *products, "cpu", Interruption(1e-9))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"formulation": "two_phase"}, "'first_phase_epochs' belongs to formulation two_phase"),
        ({"formulation": "two_phase", "first_phase_epochs": 4}, "expected fewer than the 4 epochs"),
        ({"loss": {"kind": "extreme"}}, "set formulation: binary or two_phase"),
        ({"architecture": "xgboost", "parameters": {}, "precision": "bfloat16"}, "'precision'"),
        ({"architecture": "xgboost", "parameters": {}, "weighting": "event_batch"}, "no batches"),
        ({"architecture": "staged", "formulation": "binary"}, "this 'formulation'"),
        ({"schedule": {"warmup_epochs": 9}}, "warmup_epochs is 9"),
        ({"significance": {"quantiles": [0.9, 0.1]}}, "quantiles must increase"),
        (
            {
                "negative_weights": "keep",
                "loss": {"decorrelation": {"observable": "mass", "strength": 1}},
            },
            "weights that are not negative",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((ValidationError, ConfigurationError), match=message):
        told(**changes)


def test_a_mass_that_is_no_number_is_refused(tmp_path: Path) -> None:
    events = three()
    events.tables["tt.a"]["nominal"]["mass"][:] = np.nan
    message = r"data set tt\.a: the observable 'mass' is NaN or infinite in"
    refuse(tmp_path, events, told(**CASES["disco"]), message)


def test_histories_are_complete_json(tmp_path: Path) -> None:
    run(tmp_path, three(), told(**network()))
    content = json.loads((tmp_path / "history.json").read_text())
    speeds = content["timing"]["events_per_second_of_epoch"]
    assert min(speeds) <= content["timing"]["events_per_second"] <= max(speeds)
    assert len(content["epochs"]) == len(speeds) == 4


# torch imports its own deprecated decorators when it compiles
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_compiled_model_learns_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = network(parameters={"layers": 1, "width": 16, "dropout": 0.0})
    _, expected = run(tmp_path / "a", three(), told(**plain))
    # traced and differentiated, without the C++ compiler, which takes a minute
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))
    _, compiled = run(tmp_path / "b", three(), told(**plain, compile=True))
    for first, second in zip(expected["epochs"], compiled["epochs"], strict=True):
        assert first["train_loss"] == pytest.approx(second["train_loss"], rel=1e-5)
