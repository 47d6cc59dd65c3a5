"""Training events that do not fit into memory pass from disk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_training import refuse, run, settings, toy
from test_training_options import TREES, StopAfter, network, three, told

from n2mu.data.matrix import PackedEvents
from n2mu.data.scaling import Scaler, fit_scaler
from n2mu.errors import TrainingError
from n2mu.statistics.auc import weighted_auc
from n2mu.training import source, stream
from n2mu.training.batch import Batch
from n2mu.training.checkpoint import load
from n2mu.training.events import Events
from n2mu.training.stage import UNFINISHED, train_from
from n2mu.training.stream import FeatureFile, StreamedEvents, stream_scaler

NOTHING = 1e-9


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many row groups, of which a few are mixed at a time."""
    monkeypatch.setattr(FeatureFile.__init__, "__defaults__", (150,))
    monkeypatch.setattr(stream, "GROUPS_AT_ONCE", 3)


def streamed(directory: Path, size: int) -> StreamedEvents:
    """Events whose feature is their row."""
    file = FeatureFile(directory / "features.parquet", 2, 1)
    random = np.random.default_rng(1)
    for part in np.array_split(np.arange(size), 7):
        packed = PackedEvents(
            np.stack([part, random.normal(5, 3, part.size)], axis=1).astype(np.float32),
            (part % 4)[:, None],
        )
        nothing = np.zeros(part.size)
        events = file.take(Events(packed, part, nothing, part, {}))
        assert events.packed.continuous.shape == (part.size, 0)
    file.close()
    empty, row = torch.empty(size, 0), torch.arange(size)
    scalars = Batch(empty, empty.long(), row, row)
    unscaled = Scaler(np.zeros(2, np.float32), np.ones(2, np.float32))
    return StreamedEvents(file, scalars, unscaled, torch.device("cpu"))


@pytest.mark.parametrize("size", [1, 64, 149, 5000])
def test_every_event_passes_once_with_its_own_features(tmp_path: Path, size: int) -> None:
    events = streamed(tmp_path, 2000)
    torch.manual_seed(1)
    orders = []
    for _ in range(2):
        batches = list(events.batches(size, 0))
        assert all(batch.label.shape[0] == size for batch in batches[:-1])
        label = torch.cat([batch.label for batch in batches]).numpy()
        assert np.array_equal(np.sort(label), np.arange(2000))
        for batch in batches:
            assert torch.equal(batch.continuous[:, 0], batch.label.float())
            assert torch.equal(batch.categorical[:, 0], batch.label % 4)
            assert torch.equal(batch.weight, batch.label)
        orders.append(label)
    assert not np.array_equal(orders[0], orders[1])
    # neighbours of the file are far apart
    assert np.median(np.abs(np.diff(orders[0]))) > 100


def test_an_epoch_goes_on_behind_the_batches_that_were_seen(tmp_path: Path) -> None:
    events = streamed(tmp_path, 1000)
    orders = []
    for skip in (0, 5):
        torch.manual_seed(3)
        orders.append([batch.label.tolist() for batch in events.batches(64, skip)])
    assert orders[0][5:] == orders[1]
    assert list(events.batches(64, 16)) == []


def test_the_scaler_of_a_file_is_that_of_its_events(tmp_path: Path) -> None:
    events = streamed(tmp_path, 1000)
    found = stream_scaler(events.features, [])
    features = events.features.read(list(range(events.features.starts().size - 1)))
    expected = fit_scaler(features.continuous)
    assert found.mean == pytest.approx(expected.mean, rel=1e-6)
    assert found.std == pytest.approx(expected.std, rel=1e-6)


@pytest.mark.parametrize("options", [{}, {"fraction": 0.5, "formulation": "binary"}])
def test_a_streamed_training_learns_as_one_in_memory(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    histories, scores = [], []
    for memory in (16.0, NOTHING):
        asked = told(**network(epochs=6, memory_gb=memory, **options))
        _, history = run(tmp_path / str(memory), three(), asked)
        model = load(tmp_path / str(memory) / "model.pt", "cpu")
        assert not list(tmp_path.glob("*/*.parquet"))
        histories.append(history)
        parts = [model.predict(toy(40, shift), 1500)[:, 0] for shift in (1.0, -1.0)]
        scores.append(np.concatenate(parts))
    truth = np.repeat([True, False], 1500)
    assert [history["streamed"] for history in histories] == [False, True]
    for key in ("training_events", "validation_events", "weighting", "parameters"):
        assert histories[0][key] == histories[1][key]
    losses = [h["epochs"][h["best_epoch"]]["validation_loss"] for h in histories]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    areas = [weighted_auc(score, truth, np.ones(3000)) for score in scores]
    assert areas == pytest.approx([0.96, 0.96], abs=0.02)


def test_a_streamed_training_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    asked = told(**network(memory_gb=NOTHING))
    expected = run(tmp_path / "whole", three(), asked)
    directory = tmp_path / "parts"
    with pytest.raises(TrainingError, match="stopped by SIGTERM"):
        products = (directory / "model.pt", directory / "history.json")
        train_from(asked, three(), *products, "cpu", StopAfter(29))
    assert [path.name for path in directory.iterdir()] == [UNFINISHED]
    assert run(directory, three(), asked) == expected


def test_events_are_streamed_when_they_are_larger_than_allowed(tmp_path: Path) -> None:
    asked = told(**network())
    needed = source._bytes_needed(three(), asked, None)
    assert needed == 3 * 1800 * (4 * 2 + 8 * 1 + source.SCALARS)
    for memory, is_streamed in ((needed / 1e9, False), ((needed - 1) / 1e9, True)):
        told_so = told(**network(memory_gb=memory, epochs=1))
        _, history = run(tmp_path / str(is_streamed), three(), told_so)
        assert history["streamed"] == is_streamed


def test_trees_refuse_what_does_not_fit(tmp_path: Path) -> None:
    asked = told(**TREES["xgboost"], memory_gb=NOTHING)
    refuse(tmp_path, three(), asked, "trees need all of them at once; raise memory_gb")


def test_a_broken_event_leaves_nothing_behind(tmp_path: Path) -> None:
    events = three()
    events.tables["VV.a"]["nominal"]["x"][700] = np.nan
    refuse(tmp_path, events, told(**network(memory_gb=NOTHING)), "feature 'x' is NaN or infinite")
    assert settings().classifier.memory_gb == 16.0
