"""Training one model of one fold: what it learns, what it never looks at, what it refuses."""

import copy
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from n2mu.config.features import Feature
from n2mu.config.models import Classifier
from n2mu.data.folds import fold_of, training_folds, validation_fold
from n2mu.errors import ConfigurationError, ProductError, TrainingError
from n2mu.models.ft_transformer import FTTransformer
from n2mu.skim.read import Skim
from n2mu.training.checkpoint import load
from n2mu.training.optimiser import AdamW
from n2mu.training.settings import TrainingSample, TrainSettings
from n2mu.training.stage import run_train, train_from

FOLDS = 5
FOLD = 2


class Events:
    """A skim held in memory: data set -> kind -> columns."""

    def __init__(self, tables: dict[str, dict[str, dict[str, np.ndarray]]]) -> None:
        self.tables = tables

    def table(self, data_set: str, kind: str, columns: Collection[str]) -> dict[str, np.ndarray]:
        table = self.tables[data_set].get(kind)
        return {name: np.empty(0) if table is None else table[name] for name in columns}

    def rows(self, data_set: str, kind: str) -> int:
        table = self.tables[data_set].get(kind)
        return 0 if table is None else len(table["n2mu_event"])

    def parts(
        self, data_set: str, kind: str, columns: Collection[str]
    ) -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, self.rows(data_set, kind), 400):
            table = self.tables[data_set][kind]
            yield {name: table[name][start : start + 400] for name in columns}

    def sum_of_weights(self, data_set: str) -> float:
        return 1000.0


def toy(seed: int, shift: float, size: int = 1500) -> dict[str, np.ndarray]:
    """Events whose features ``x`` and ``y`` lie around ``shift``."""
    random = np.random.default_rng(seed)
    return {
        "n2mu_event": random.permutation(100 * size)[:size],
        "n2mu_weight": np.where(random.random(size) < 0.1, -1.0, 1.0),
        "x": random.normal(shift, 1.0, size),
        "y": np.where(random.random(size) < 0.2, -99.0, random.normal(-shift, 1.0, size)),
        "charge": random.choice([-1, 1], size),
        "region": np.ones(size),
    }


def skim() -> Events:
    return Events(
        {
            "ttH.a": {"nominal": toy(1, 1.0), "training": toy(2, 1.0)},
            "tt.a": {"nominal": toy(3, -1.0)},
        }
    )


def settings(**changes: object) -> TrainSettings:
    base = {
        "model": "toy",
        "fold": FOLD,
        "folds": FOLDS,
        "classes": ["ttH", "tt"],
        "signal_class": "ttH",
        "classifier": Classifier(
            architecture="mlp",
            parameters={"layers": 1, "width": 16},
            validation_region="SR",
            epochs=4,
            batch_size=128,
            learning_rate=0.01,
        ),
        "features": {
            "x": Feature(),
            "y": Feature(missing=[-99.0]),
            "charge": Feature(kind="categorical", values=[-1, 1]),
        },
        "training_selection": "1",
        "validation_selection": "region",
        "samples": [
            TrainingSample(
                data_set=f"{name}.a",
                sample=name,
                training_class=name,
                selection="1",
                luminosity=10.0,
                cross_section=2.0,
            )
            for name in ("ttH", "tt")
        ],
    }
    return TrainSettings.model_validate({**base, **changes})


def classifier(**changes: object) -> Classifier:
    return settings().classifier.model_copy(update=changes)


def run(tmp_path: Path, events: Events, told: TrainSettings) -> tuple[bytes, dict[str, Any]]:
    train_from(told, events, tmp_path / "model.pt", tmp_path / "history.json", "cpu")
    history = json.loads((tmp_path / "history.json").read_text())
    del history["timing"]
    return (tmp_path / "model.pt").read_bytes(), history


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [("mlp", {"layers": 1, "width": 16}), ("ft_transformer", {"blocks": 1, "width": 8})],
)
def test_a_model_separates_what_can_be_separated(
    tmp_path: Path, architecture: str, parameters: dict[str, object]
) -> None:
    told = settings(classifier=classifier(architecture=architecture, parameters=parameters))
    _, history = run(tmp_path, skim(), told)
    model = load(tmp_path / "model.pt", "cpu")
    events = toy(4, 1.0)
    signal = model.predict(events, 1500)
    background = model.predict(toy(5, -1.0), 1500)
    assert model.columns == ["x", "y", "charge"]
    assert signal.dtype == np.float32
    assert np.allclose(signal.sum(axis=1), 1.0, atol=1e-6)
    assert (signal[:, 0] > 0.5).mean() > 0.85
    assert (background[:, 0] < 0.5).mean() > 0.85
    assert history["epochs"][history["best_epoch"]]["auc"] > 0.93


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    assert run(tmp_path / "a", skim(), settings()) == run(tmp_path / "b", skim(), settings())
    other, _ = run(tmp_path / "c", skim(), settings(classifier=classifier(seed=2)))
    assert other != (tmp_path / "a" / "model.pt").read_bytes()


def test_events_of_a_skim_train_the_same_model(tmp_path: Path) -> None:
    events = skim()
    half = {"ttH.a": 700, "tt.a": 200}
    for chunk, first in (("c0", True), ("c1", False)):
        metadata: dict[str, Any] = {"data_sets": {}}
        for name, tables in events.tables.items():
            # the sum of weights is that of the files of both chunks
            file = {"base": "b", "path": f"{name}.{chunk}.root", "sums": {"nominal": 500.0}}
            metadata["data_sets"][name] = {"files": [file], "rows": {}}
            for kind, table in tables.items():
                rows = slice(half[name]) if first else slice(half[name], None)
                path = tmp_path / chunk / name / f"{kind}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                metadata["data_sets"][name]["rows"][kind] = len(table["x"][rows])
                pq.write_table(pa.table({k: v[rows] for k, v in table.items()}), path)
        (tmp_path / chunk / "metadata.json").write_text(json.dumps(metadata))
    expected, _ = run(tmp_path / "memory", events, settings())
    output = tmp_path / "model.pt"
    chunks = [tmp_path / "c0", tmp_path / "c1"]
    run_train(settings(), chunks, output, tmp_path / "history.json", "cpu")
    assert output.read_bytes() == expected
    source, columns = Skim(chunks), ["n2mu_event", "x", "charge"]
    for name, kind, size in (("ttH.a", "training", 1500), ("tt.a", "training", 0)):
        parts = list(source.parts(name, kind, columns))
        assert source.rows(name, kind) == sum(len(part["x"]) for part in parts) == size
        whole = source.table(name, kind, columns)
        for column in columns if parts else []:
            assert np.array_equal(np.concatenate([p[column] for p in parts]), whole[column])
    with pytest.raises(ProductError, match=r"no skim of data set 'zz\.a'"):
        other = settings().samples[0].model_copy(update={"data_set": "zz.a"})
        run_train(settings(samples=[other]), chunks, output, tmp_path / "history.json", "cpu")


@pytest.mark.parametrize("fold_seed", [0, 3])
def test_the_scored_fold_enters_no_decision(tmp_path: Path, fold_seed: int) -> None:
    events = skim()
    told = settings(classifier=classifier(max_events=900, fold_seed=fold_seed))
    before = run(tmp_path / "a", events, told)
    # the scored events get absurd features and weights, and change their class
    signal, background = events.tables["ttH.a"]["nominal"], events.tables["tt.a"]["nominal"]
    moved = fold_of(signal["n2mu_event"], FOLDS, fold_seed) == FOLD
    assert moved.sum() > 200
    for name, value in (("x", 1e6), ("y", np.nan), ("charge", 17), ("n2mu_weight", -1e9)):
        background[name] = np.append(background[name], np.full(moved.sum(), value))
    for name in ("n2mu_event", "region"):
        background[name] = np.append(background[name], signal[name][moved])
    events.tables["ttH.a"]["nominal"] = {k: v[~moved] for k, v in signal.items()}
    assert run(tmp_path / "b", events, told) == before


@pytest.mark.parametrize("folds", ["training", "validation"])
def test_the_other_folds_do_enter(tmp_path: Path, folds: str) -> None:
    events = skim()
    _, before = run(tmp_path / "a", events, settings())
    table = events.tables["ttH.a"]["nominal"]
    chosen = {
        "training": training_folds(FOLD, FOLDS),
        "validation": (validation_fold(FOLD, FOLDS),),
    }[folds]
    table["x"] = np.where(np.isin(fold_of(table["n2mu_event"], FOLDS), chosen), 0.0, table["x"])
    _, after = run(tmp_path / "b", events, settings())
    first, second = before["epochs"][0], after["epochs"][0]
    assert (first["train_loss"] == second["train_loss"]) == (folds == "validation")
    assert first["validation_loss"] != second["validation_loss"]


def test_the_weights_of_the_best_epoch_are_kept(tmp_path: Path) -> None:
    # a rate this large makes some later epoch worse than an earlier one
    told = settings(classifier=classifier(epochs=8, learning_rate=0.3))
    _, history = run(tmp_path / "all", skim(), told)
    losses = [epoch["validation_loss"] for epoch in history["epochs"]]
    best = history["best_epoch"]
    assert best == int(np.argmin(losses)) < 7
    shorter = settings(classifier=classifier(epochs=best + 1, learning_rate=0.3))
    run(tmp_path / "best", skim(), shorter)
    kept = load(tmp_path / "all" / "model.pt", "cpu").network.state_dict()
    last = load(tmp_path / "best" / "model.pt", "cpu").network.state_dict()
    assert all(torch.equal(kept[name], last[name]) for name in last)


def test_validation_events_come_from_the_region_of_the_nominal_skim_only(tmp_path: Path) -> None:
    events = skim()
    for tables in events.tables.values():
        tables["nominal"]["region"][:500] = 0.0
    _, history = run(tmp_path, events, settings())
    for name in ("ttH", "tt"):
        table = events.tables[f"{name}.a"]["nominal"]
        fold = fold_of(table["n2mu_event"], FOLDS)
        inside = (fold == validation_fold(FOLD, FOLDS)) & (table["region"] > 0)
        assert history["validation_events"][name]["raw"] == inside.sum()
    extended = [
        np.isin(fold_of(table["n2mu_event"], FOLDS), training_folds(FOLD, FOLDS)).sum()
        for table in events.tables["ttH.a"].values()
    ]
    counts = history["training_events"]["ttH"]
    assert counts["raw"] == sum(extended)
    # 10 pb^-1 x 2 pb / 1000, one in ten of weight -1
    assert counts["weighted"] == pytest.approx(0.8 * 0.02 * counts["raw"], rel=0.1)
    assert counts["negative_share"] == pytest.approx(0.1, abs=0.03)


def test_the_cap_takes_the_classes_in_proportion(tmp_path: Path) -> None:
    _, full = run(tmp_path / "full", skim(), settings())
    _, capped = run(tmp_path / "capped", skim(), settings(classifier=classifier(max_events=600)))
    raw = {k: v["raw"] for k, v in full["training_events"].items()}
    share = 600 / sum(raw.values())
    for name, counts in capped["training_events"].items():
        assert counts["raw"] == int(raw[name] * share)
    assert capped["validation_events"] == full["validation_events"]


def test_weight_decay_acts_on_the_matrices_of_linear_layers_alone() -> None:
    model = FTTransformer(3, [3], 2, blocks=1, width=8)
    decayed, free = AdamW(model, classifier(weight_decay=0.1)).groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert {names[id(p)] for p in decayed.parameters} == {
        "blocks.0.attention.projection.weight",
        "blocks.0.attention.output.weight",
        "blocks.0.feed_forward.1.weight",
        "blocks.0.feed_forward.3.weight",
        "head.1.weight",
    }
    assert (decayed.weight_decay, free.weight_decay) == (0.1, 0.0)
    assert len(decayed.parameters) + len(free.parameters) == len(names)


def test_the_optimiser_is_that_of_pytorch() -> None:
    torch.manual_seed(1)
    ours = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.GELU(), torch.nn.Linear(4, 1))
    theirs = copy.deepcopy(ours)
    optimiser = AdamW(ours, classifier(weight_decay=0.1))
    reference = torch.optim.AdamW(
        [
            {"params": [theirs[0].weight, theirs[2].weight], "weight_decay": 0.1},
            {"params": [theirs[0].bias, theirs[2].bias], "weight_decay": 0.0},
        ],
        lr=0.02,
        fused=True,
    )
    for _ in range(5):
        x = torch.randn(6, 3)
        for model, one in ((ours, optimiser), (theirs, reference)):
            one.zero_grad()
            torch.autograd.backward(model(x).square().sum())
            one.step(*([0.02] if one is optimiser else []))
    for mine, yours in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, yours)


def refuse(tmp_path: Path, events: Events, told: TrainSettings, message: str) -> None:
    """Expect a one-line error and no product."""
    with pytest.raises(TrainingError, match=message) as caught:
        train_from(told, events, tmp_path / "model.pt", tmp_path / "history.json", "cpu")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_nan_in_a_feature_is_refused_by_name(tmp_path: Path) -> None:
    events = skim()
    events.tables["tt.a"]["nominal"]["x"][:] = np.nan
    refuse(tmp_path, events, settings(), r"data set tt\.a: feature 'x' is NaN or infinite in")


def test_a_weight_that_is_no_number_is_refused(tmp_path: Path) -> None:
    events = skim()
    events.tables["tt.a"]["nominal"]["n2mu_weight"][:] = np.nan
    refuse(tmp_path, events, settings(), r"data set tt\.a: the event weight is NaN or infinite in")
    events.tables["tt.a"]["nominal"]["n2mu_weight"][:] = 0.0
    refuse(tmp_path, events, settings(), "class 'tt': all of its .* events have weight zero")


def test_a_diverging_training_is_refused(tmp_path: Path) -> None:
    told = settings(classifier=classifier(learning_rate=1e30, epochs=3))
    refuse(tmp_path, skim(), told, r"model 'toy' fold 2: .* loss is .* in epoch \d of 3; .*1e\+30")


def test_a_class_without_training_events_is_refused_by_name(tmp_path: Path) -> None:
    told = settings(classes=["ttH", "tt", "VV"])
    refuse(tmp_path, skim(), told, "model 'toy' fold 2: class 'VV' has no training events")


def test_a_class_whose_skims_are_empty_is_told_so(tmp_path: Path) -> None:
    events = skim()
    for kind, table in events.tables["tt.a"].items():
        events.tables["tt.a"][kind] = {name: values[:0] for name, values in table.items()}
    message = r"class 'tt': the skims hold no event of its data sets \(tt\.a\), since"
    refuse(tmp_path, events, settings(), message)


def test_events_with_one_number_are_told_so(tmp_path: Path) -> None:
    events = skim()
    for tables in events.tables.values():
        for table in tables.values():
            table["n2mu_event"][:] = 7
    refuse(
        tmp_path, events, settings(), "events have only 1 different event number.* 'event' in inp"
    )


def test_an_empty_validation_fold_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path, skim(), settings(validation_selection="0"), "no event .* region 'SR'")


def test_an_event_of_two_samples_is_refused(tmp_path: Path) -> None:
    first = settings().samples[0]
    again = first.model_copy(update={"sample": "other", "training_class": "tt"})
    told = settings(samples=[*settings().samples, again])
    refuse(tmp_path, skim(), told, "samples 'ttH' and 'other' share")


@pytest.mark.parametrize("architecture", ["mlp", "ft_transformer", "histogram_trees"])
def test_models_learn_from_the_objects_of_a_collection(tmp_path: Path, architecture: str) -> None:
    def with_jets(table: dict[str, Any], seed: int, shift: float) -> dict[str, Any]:
        random = np.random.default_rng(seed)
        count = random.poisson(2, table["x"].size)
        pt = ak.unflatten(random.normal(shift, 1.0, count.sum()), count)
        return {**table, "jet_pt": pt, "jet_eta": pt * 0.1}

    events = skim()
    for seed, (name, shift) in enumerate([("ttH.a", 0.7), ("tt.a", -0.7)]):
        for kind, table in events.tables[name].items():
            events.tables[name][kind] = with_jets(table, seed, shift)
    jets = Feature(kind="collection", branches=["jet_pt", "jet_eta"], objects=3)
    parameters = {"histogram_trees": {}, "mlp": {"width": 16}, "ft_transformer": {"width": 8}}
    asked = classifier(
        architecture=architecture, parameters=parameters[architecture], learning_rate=0.02
    )
    _, history = run(tmp_path, events, settings(features={"jets": jets}, classifier=asked))
    # an event in seven has no jet at all
    assert history["epochs"][history["best_epoch"]]["auc"] > 0.8
    model = load(tmp_path / "model.pt", "cpu")
    assert model.columns == ["jet_pt", "jet_eta"]
    assert model.predict(with_jets(toy(8, 0.0), 5, 0.0), 1500).shape == (1500, 2)
    assert model.scaler.mean.tolist() == [*model.scaler.mean[:2]] * 3


def test_an_unknown_architecture_or_parameter_lists_the_known(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, object], str]] = [
        ({"architecture": "ftt"}, "no architecture 'ftt'; known are deep_feed_forward, event_"),
        ({"parameters": {"widht": 3}}, "'mlp' has no parameter 'widht'; did you mean 'width'"),
    ]
    for changes, message in cases:
        with pytest.raises(ConfigurationError, match=message):
            run(tmp_path, skim(), settings(classifier=classifier(**changes)))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with pytest.raises(ProductError, match="no such model"):
        load(path, "cpu")
    path.write_text("not a model")
    with pytest.raises(ProductError, match="not a model of n2mu"):
        load(path, "cpu")
    path.write_bytes(b"")
    with pytest.raises(ProductError, match="not a model of n2mu"):
        load(path, "cpu")
    torch.save({"format": "n2mu model 0"}, path)
    with pytest.raises(
        ProductError, match="expected the format 'n2mu model 1', got 'n2mu model 0'"
    ):
        load(path, "cpu")
    torch.save(torch.nn.Linear(1, 1), path)
    with pytest.raises(ProductError, match="not a model of n2mu"):
        load(path, "cpu")


def test_a_model_of_another_version_is_refused(tmp_path: Path) -> None:
    run(tmp_path, skim(), settings())
    path = tmp_path / "model.pt"
    content = torch.load(path, weights_only=True)
    for old, new, reason in [
        ('"seed"', '"sede"', "sede"),
        ('"mlp"', '"mlq"', "no architecture 'mlq'"),
        ('"width": 16', '"width": 17', "size mismatch"),
    ]:
        torch.save({**content, "settings": content["settings"].replace(old, new)}, path)
        with pytest.raises(ProductError, match=f"another version of n2mu .*{reason}") as caught:
            load(path, "cpu")
        assert "\n" not in str(caught.value)


def test_an_output_that_is_nan_names_the_model(tmp_path: Path) -> None:
    run(tmp_path, skim(), settings())
    model = load(tmp_path / "model.pt", "cpu")
    with torch.no_grad():
        next(model.network.parameters()).fill_(torch.nan)
    with pytest.raises(TrainingError, match="model 'toy' fold 2: the output is NaN"):
        model.predict(toy(1, 1.0), 1500)


def test_no_event_has_no_score(tmp_path: Path) -> None:
    run(tmp_path, skim(), settings())
    empty = {name: values[:0] for name, values in toy(1, 1.0).items()}
    assert load(tmp_path / "model.pt", "cpu").predict(empty, 0).shape == (0, 2)
