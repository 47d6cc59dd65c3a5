"""Labels per object in the configuration: what is refused, what jobs are told."""

import copy
from typing import Any

import pytest
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.config import architectures
from n2mu.config.configuration import score_names
from n2mu.config.load import load
from n2mu.errors import ConfigurationError
from n2mu.models.registry import ARCHITECTURES

LABELS = {"collection": "jets", "branch": "jet_flavour", "values": {"light": 0, "b": 5}}


@pytest.fixture
def labelled(tiny: TinyAnalysis) -> TinyAnalysis:
    """A tiny analysis with a model of the flavour of jets."""
    jets = {"kind": "collection", "branches": ["jet_pt", "jet_eta"], "objects": 2}
    tiny.change("features", "features.jets", jets)
    model = {
        "architecture": "ft_transformer",
        "features": ["jets"],
        "labels": copy.deepcopy(LABELS),
        "weighting": "event",
        "validation_region": "SR",
        "epochs": 1,
    }
    tiny.change("models", "models.flavour", model)
    return tiny


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "labels.collection",
            "jet",
            "labels.collection: unknown collection 'jet'; did you mean 'jets'?",
        ),
        (
            "features",
            ["*"],
            "labels.collection: 'jets' is not among the model's features; add it there by name",
        ),
        (
            "labels.branch",
            "jet_pt",
            "labels.branch: 'jet_pt' is in feature 'jets' as well, so that the model would read "
            "what it is to learn; take it out there",
        ),
        (
            "labels.values",
            {"light": 5, "b": 5},
            "labels: the number 5 stands twice; keep one",
        ),
        (
            "labels.values",
            {"b": 5},
            "labels: softmax: labels needs two labels or more; add one, or say objects",
        ),
        (
            "architecture",
            "mlp",
            "labels: architecture 'mlp' has no output per object; choose ft_transformer",
        ),
    ],
)
def test_labels_without_meaning_are_refused(
    labelled: TinyAnalysis, key: str, value: Any, message: str
) -> None:
    labelled.change("models", f"models.flavour.{key}", value)
    with pytest.raises(ConfigurationError) as caught:
        load(labelled.config)
    assert str(caught.value) == f"{labelled.path('models')}: models.flavour.{message}"


def test_a_score_of_an_object_hides_no_other(labelled: TinyAnalysis) -> None:
    labelled.change("models", "classes", ["sig", "bkg"])
    labelled.change("models", "models.flavour_b", labelled.parts["models"]["models"]["mlp"])
    labelled.change("models", "models.flavour.labels.values", {"light": 0, "b_sig": 5, "b": 4})
    names = score_names(load(labelled.config), ["flavour"])
    assert list(names) == [f"flavour_{n}_{i}" for i in range(2) for n in ("light", "b_sig", "b")]


def test_jobs_are_told_of_labels_where_there_is_a_truth(labelled: TinyAnalysis) -> None:
    for seed, name in enumerate(("sig_1.root", "sig_2.root", "bkg_1.root"), start=1):
        write_ntuple(labelled.ntuple(name), tiny_trees(seed))
    labelled.change("config", "models", ["mlp", "flavour"])
    slices = labelled.list().slices
    for data_set in slices.skim("c0000").data_sets:
        assert "jet_flavour" in data_set.columns
    told = slices.train("flavour", 0)
    assert told.scores == ["light_0", "b_0", "light_1", "b_1"]
    # labels of jets are no classes of events to be compared
    assert labelled.list().configuration.models.judging_events(["mlp", "flavour"]) == ["mlp"]


def test_the_architectures_with_an_output_per_object_are_those_of_the_registry() -> None:
    found = tuple(name for name, kind in ARCHITECTURES.items() if getattr(kind, "per_object", 0))
    assert found == architectures.per_object()
