"""Labels per object: from lists per event to scores of each jet, for models of two streams too."""

import json
import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from n2mu.config.features import Feature
from n2mu.config.models import Classifier
from n2mu.config.object_labels import ObjectLabels
from n2mu.data.objects import ABSENT, UNLABELLED, object_labels
from n2mu.data.objects import Collection as Objects
from n2mu.errors import ConfigurationError, InputError, TrainingError
from n2mu.losses.objects import object_cross_entropy, object_log_probabilities
from n2mu.models.layout import Layout, objects_of
from n2mu.models.registry import ARCHITECTURES, build
from n2mu.scoring.stage import predict, score_columns
from n2mu.training.checkpoint import load
from n2mu.training.onnx import export_onnx
from n2mu.training.settings import TrainingSample, TrainSettings
from n2mu.training.stage import train_from

FLAVOUR = ObjectLabels(
    collection="jets", branch="jet_flavour", values={"light": 0, "b": 5}, missing=[-1]
)
JETS = Feature(kind="collection", branches=["jet_pt", "jet_eta"], objects=5)
LEPTONS = Feature(kind="collection", branches=["lep_pt"], objects=3)


class EachJet(nn.Module):
    """The smallest model of objects: every jet by itself, with the single features."""

    per_object = True

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        collections: list[Objects],
        labelled: int,
    ) -> None:
        super().__init__()
        self.jets = collections[labelled]
        self.linear = nn.Linear(self.jets.branches, n_classes)

    @staticmethod
    def resolve(parameters: dict[str, Any], layout: Layout) -> dict[str, Any]:
        return {**parameters, "collections": layout.collections, "labelled": layout.labelled}

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        values, _ = objects_of(continuous, self.jets)
        logits: Tensor = self.linear(values)
        return logits


class TwoStreams(nn.Module):
    """Jets beside what the leptons of the event say together."""

    per_object = True

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        width: int = 16,
        collections: dict[str, Objects],
    ) -> None:
        super().__init__()
        self.streams = collections
        self.lepton = nn.Sequential(nn.Linear(1, width), nn.GELU(), nn.Linear(width, width))
        self.jet = nn.Sequential(
            nn.Linear(2 + width, width), nn.GELU(), nn.Linear(width, n_classes)
        )

    @staticmethod
    def resolve(parameters: dict[str, Any], layout: Layout) -> dict[str, Any]:
        return {**parameters, "collections": {c.name: c for c in layout.collections}}

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        jets, _ = objects_of(continuous, self.streams["jets"])
        leptons, present = objects_of(continuous, self.streams["leptons"])
        share = present / present.sum(1, keepdim=True).clamp(min=1)
        context = (self.lepton(leptons) * share[:, :, None]).sum(1, keepdim=True)
        logits: Tensor = self.jet(torch.cat([jets, context.expand(-1, jets.shape[1], -1)], 2))
        return logits


@pytest.fixture(autouse=True)
def architectures(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a new model needs: its class, and its entry among the architectures."""
    monkeypatch.setitem(ARCHITECTURES, "each_jet", EachJet)
    monkeypatch.setitem(ARCHITECTURES, "two_streams", TwoStreams)


def events(seed: int, size: int) -> dict[str, Any]:
    """Events in which a jet is a b-jet if its momentum is above that of the leptons' mean.

    One jet in ten has no label; an event in seven has no jets.
    """
    random = np.random.default_rng(seed)
    n_jets, n_leptons = random.poisson(2, size), random.integers(1, 4, size)
    leptons = ak.unflatten(random.normal(50, 20, n_leptons.sum()), n_leptons)
    jets = random.normal(50, 20, n_jets.sum())
    heavy = jets > np.repeat(ak.to_numpy(ak.mean(leptons, axis=1)), n_jets)
    flavour = np.where(random.random(jets.size) < 0.1, -1, np.where(heavy, 5, 0))
    return {
        "n2mu_event": random.permutation(100 * size)[:size],
        "n2mu_weight": np.where(random.random(size) < 0.1, -1.0, 1.0),
        "jet_pt": ak.unflatten(jets, n_jets),
        "jet_eta": ak.unflatten(random.normal(size=jets.size), n_jets),
        "jet_flavour": ak.unflatten(flavour, n_jets),
        "lep_pt": leptons,
    }


class Source:
    """One data set in memory."""

    def __init__(self, size: int = 4000) -> None:
        self.columns = events(1, size)

    def table(self, data_set: str, kind: str, columns: Collection[str]) -> dict[str, Any]:
        rows = slice(None if kind == "nominal" else 0)
        return {name: self.columns[name][rows] for name in columns}

    def rows(self, data_set: str, kind: str) -> int:
        return len(self.columns["n2mu_event"]) if kind == "nominal" else 0

    def parts(self, data_set: str, kind: str, columns: Collection[str]) -> Iterator[dict[str, Any]]:
        for start in range(0, self.rows(data_set, kind), 700):
            yield {name: self.columns[name][start : start + 700] for name in columns}

    def sum_of_weights(self, data_set: str) -> float:
        return 1000.0


def settings(architecture: str, *, objects: int = 5, **changes: Any) -> TrainSettings:
    classifier = {
        "architecture": architecture,
        "labels": FLAVOUR,
        "weighting": "event",
        "validation_region": "SR",
        "epochs": 8,
        "batch_size": 128,
        "learning_rate": 0.02,
        **changes,
    }
    return TrainSettings(
        model="toy",
        fold=0,
        folds=3,
        classes=["ttH", "tt"],
        signal_class="ttH",
        classifier=Classifier.model_validate(classifier),
        features={"jets": JETS.model_copy(update={"objects": objects}), "leptons": LEPTONS},
        training_selection="1",
        validation_selection="1",
        samples=[
            TrainingSample(
                data_set="ttH.a",
                sample="ttH",
                training_class="ttH",
                selection="1",
                luminosity=1.0,
                cross_section=1.0,
            )
        ],
    )


def trained(tmp_path: Path, told: TrainSettings) -> tuple[Any, dict[str, Any]]:
    train_from(told, Source(), tmp_path / "model.pt", tmp_path / "history.json", "cpu")
    history = json.loads((tmp_path / "history.json").read_text())
    return load(tmp_path / "model.pt", "cpu"), history


def auc_of(history: dict[str, Any]) -> float:
    auc: float = history["epochs"][history["best_epoch"]]["class_auc"]["b"]
    return auc


@pytest.mark.parametrize("memory", ["resident", "streamed"])
def test_a_model_of_two_streams_needs_no_more_than_its_class(tmp_path: Path, memory: str) -> None:
    limit = {"resident": 1.0, "streamed": 1e-6}[memory]
    _, alone = trained(tmp_path, settings("each_jet", memory_gb=limit))
    model, history = trained(tmp_path, settings("two_streams", memory_gb=limit))
    assert history["streamed"] == (memory == "streamed")
    # a jet by itself does not know what its momentum is to be compared with
    assert 0.7 < auc_of(alone) < 0.92 < 0.97 < auc_of(history)
    assert history["weighting"]["factors"] == {"all": pytest.approx(history_scale(history))}
    assert model.classes[:4] == ["light_0", "b_0", "light_1", "b_1"]
    assert set(model.columns) == {"jet_pt", "jet_eta", "lep_pt"}


def test_a_fraction_is_one_of_the_events_that_have_labels(tmp_path: Path) -> None:
    counts = []
    for share in (1.0, 0.25):
        _, history = trained(tmp_path, settings("each_jet", fraction=share, epochs=1))
        counts.append(history["training_events"]["ttH"]["raw"])
    assert counts[1] == counts[0] // 4 > 0


def history_scale(history: dict[str, Any]) -> float:
    """Return the factor that gives the events with labels the mean weight of one."""
    counts = history["training_events"]["ttH"]
    return float(counts["raw"] / counts["in_training"])


@pytest.mark.parametrize("architecture", ["each_jet", "two_streams", "ft_transformer"])
@pytest.mark.parametrize("softmax", ["labels", "objects"])
def test_neither_padding_nor_order_changes_a_score(
    tmp_path: Path, architecture: str, softmax: str
) -> None:
    parameters = {"blocks": 1, "width": 8} if architecture == "ft_transformer" else {}
    labels = FLAVOUR.model_copy(update={"softmax": softmax})
    told = settings(architecture, labels=labels, parameters=parameters, epochs=1)
    model, _ = trained(tmp_path, told)
    columns = events(2, 300)
    scores = model.predict(columns, 300).reshape(300, 5, 2)
    count = ak.to_numpy(ak.num(columns["jet_pt"])).clip(max=5)
    present = np.arange(5) < count[:, None]
    assert (scores[~present] == -99).all()
    axis = 2 if softmax == "labels" else 1
    total = np.where(present[:, :, None], scores, 0).sum(axis)
    assert total[present if softmax == "labels" else count > 0] == pytest.approx(1, abs=1e-5)

    # the same weights with more room for jets
    few = {n: v[ak.num(columns["jet_pt"]) <= 5] for n, v in columns.items()}
    size = len(few["n2mu_event"])
    larger = build(
        architecture,
        Layout(
            continuous=["x"] * 19,
            categorical={},
            classes=["light", "b"],
            signal=None,
            outputs=2,
            collections=[Objects("jets", 0, 8, 2), Objects("leptons", 16, 3, 1)],
            labelled=0,
        ),
        parameters,
    )
    larger.load_state_dict(model.network.state_dict())
    mean, std = model.scaler.mean, model.scaler.std
    jets = [
        (ak.fill_none(ak.pad_none(few[b], 8, clip=True), np.nan).to_numpy() - mean[j]) / std[j]
        for j, b in enumerate(["jet_pt", "jet_eta"])
    ]
    lepton = ak.fill_none(ak.pad_none(few["lep_pt"], 3, clip=True), np.nan).to_numpy()
    inputs = np.stack(jets, axis=2).reshape(size, 16), (lepton - mean[10]) / std[10]
    x = torch.from_numpy(np.concatenate(inputs, axis=1).astype(np.float32))
    none = torch.empty(size, 0, dtype=torch.int64)
    with torch.no_grad():
        logits = larger.eval()(x, none)
        there = ~torch.isnan(x[:, :16:2])
        p = object_log_probabilities(
            logits, there, told.labels.softmax if told.labels else "labels"
        )
    ours = model.predict(few, size).reshape(size, 5, 2)
    kept = there[:, :5].numpy()
    assert p.exp()[:, :5].numpy()[kept] == pytest.approx(ours[kept], abs=1e-5)

    # jets in another order have their scores in that order
    turned = {n: v[:, ::-1] if n.startswith("jet") else v for n, v in few.items()}
    other = model.predict(turned, size).reshape(size, 5, 2)
    for event, n in enumerate(kept.sum(1)):
        assert other[event, :n][::-1] == pytest.approx(ours[event, :n], abs=1e-5)


def test_the_ft_transformer_labels_objects(tmp_path: Path) -> None:
    parameters = {"blocks": 2, "width": 16, "dropout": 0.0}
    told = settings("ft_transformer", parameters=parameters, learning_rate=5e-3)
    model, history = trained(tmp_path, told)
    assert auc_of(history) > 0.95
    assert [epoch["auc"] for epoch in history["epochs"]] == [None] * 8
    with pytest.raises(TrainingError, match="'toy' has labels per object"):
        export_onnx(model, tmp_path / "model.onnx")


def test_a_jet_is_assigned_to_each_quark(tmp_path: Path) -> None:
    """The hardest jet is one quark's, the softest another's; most jets are of none."""
    source = Source()
    pt = source.columns["jet_pt"]
    most, least = (f(pt, axis=1, mask_identity=False) for f in (ak.max, ak.min))
    first, last = pt == most, pt == least
    source.columns["jet_quark"] = ak.where(first, 1, ak.where(last, 2, 0))
    labels = ObjectLabels(
        collection="jets",
        branch="jet_quark",
        values={"hard": 1, "soft": 2},
        missing=[0],
        softmax="objects",
    )
    told = settings("each_jet", labels=labels)
    train_from(told, source, tmp_path / "model.pt", tmp_path / "history.json", "cpu")
    scores = load(tmp_path / "model.pt", "cpu").predict(source.columns, 4000).reshape(4000, 5, 2)
    chosen = ak.to_numpy(ak.num(pt)) == 4
    for k, number in enumerate((1, 2)):
        truth = ak.to_numpy(source.columns["jet_quark"][chosen] == number).argmax(1)
        assert (scores[chosen, :, k].argmax(1) == truth).mean() > 0.9


def test_scores_of_objects_are_columns_of_the_event(tmp_path: Path) -> None:
    model, _ = trained(tmp_path, settings("each_jet", epochs=1))
    columns = events(2, 50)
    fold = (np.arange(50) % 3).astype(np.int8)
    assert score_columns({"toy": [model]})[:3] == ["toy_light_0", "toy_b_0", "toy_light_1"]
    found = predict([model] * 3, columns, fold)
    assert found.shape == (50, 10)
    assert found == pytest.approx(model.predict(columns, 50), abs=1e-6)


def test_numbers_in_lists_become_labels() -> None:
    columns = {
        "jet_pt": ak.Array([[30.0, 20.0, 10.0], [], [40.0]]),
        "jet_eta": ak.Array([[0.0, 1.0, 2.0], [], [0.5]]),
        "jet_flavour": ak.Array([[5, -1, 0], [], [0]]),
    }
    two = JETS.model_copy(update={"objects": 2})
    found = object_labels(FLAVOUR, two, columns, 3)
    assert found.tolist() == [[1, UNLABELLED], [ABSENT, ABSENT], [0, ABSENT]]


@pytest.mark.parametrize(
    ("flavour", "message"),
    [
        ([[5, 4]], r"labels of 'jets': branch 'jet_flavour' has the value 4 for 1 objects, expec"),
        ([[5]], "an event has 2 objects in 'jet_pt' and 1 in 'jet_flavour'"),
    ],
)
def test_labels_that_do_not_fit_the_objects_are_refused(flavour: Any, message: str) -> None:
    columns = {
        "jet_pt": ak.Array([[30.0, 20.0]]),
        "jet_eta": ak.Array([[0.0, 1.0]]),
        "jet_flavour": ak.Array(flavour),
    }
    with pytest.raises(InputError, match=message):
        object_labels(FLAVOUR, JETS, columns, 1)


def test_the_loss_of_an_event_is_the_mean_over_its_labels() -> None:
    logits = torch.tensor([[[1.0, 3.0], [0.5, 0.0], [9.0, 9.0]], [[1.0, 2.0]] * 3])
    logits.requires_grad_()
    label = torch.tensor([[1, UNLABELLED, ABSENT], [ABSENT] * 3], dtype=torch.int16)
    loss = object_cross_entropy(logits, label, "labels")
    assert loss.tolist() == pytest.approx([math.log(1 + math.exp(-2)), 0.0])
    loss = object_cross_entropy(logits, label, "objects")
    # of the jets that are there, the first is the b-jet; no jet is light
    assert loss.tolist() == pytest.approx([math.log(1 + math.exp(-3)), 0.0])
    torch.autograd.backward(loss.sum())
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].abs().sum() == 0 == logits.grad[0, 2].abs().sum()


def test_two_objects_of_one_label_are_both_right() -> None:
    logits = torch.tensor([[[1.0], [0.5], [2.0]]], dtype=torch.float64)
    label = torch.tensor([[0, 0, UNLABELLED]])
    p = logits[0, :, 0].softmax(0)
    loss = object_cross_entropy(logits, label, "objects")
    assert float(loss) == pytest.approx(-math.log(float(p[0] + p[1])))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weighting": "class_raw"}, "set weighting: none or event or event_batch"),
        ({"formulation": "binary"}, "labels per object cannot be trained with this 'formulation'"),
        ({"best_epoch": "auc"}, "cannot be trained with this 'best_epoch'"),
        ({"seeds": [1, 2]}, "cannot be trained with this 'seeds'"),
        ({"loss": {"decorrelation": {"observable": "m", "strength": 1}}}, "with this 'loss'"),
    ],
)
def test_what_labels_per_object_cannot_be_trained_with_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        settings("each_jet", **changes)


def test_a_model_of_events_has_no_labels_per_object(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="architecture 'mlp' has no output per object"):
        trained(tmp_path, settings("mlp"))
