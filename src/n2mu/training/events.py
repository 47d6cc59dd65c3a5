"""The events that train and validate a model, read from the skim."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from n2mu.data.folds import fold_of, training_folds, validation_fold
from n2mu.data.matrix import PackedEvents, branches_of, pack
from n2mu.data.objects import object_labels
from n2mu.errors import N2muError, TrainingError
from n2mu.expressions import parse
from n2mu.training.settings import TrainingSample, TrainSettings


class EventSource(Protocol):
    """Where events come from; :class:`n2mu.skim.read.Skim` is one."""

    def table(self, data_set: str, kind: str, columns: Collection[str]) -> dict[str, Any]:
        """Return columns of the events of one data set, each [events]."""
        ...

    def rows(self, data_set: str, kind: str) -> int:
        """Return the number of events of one data set."""
        ...

    def parts(self, data_set: str, kind: str, columns: Collection[str]) -> Iterator[dict[str, Any]]:
        """Yield the same as :meth:`table`, one row group at a time."""
        ...

    def sum_of_weights(self, data_set: str) -> float:
        """Return the sum of weights of all generated events."""
        ...


@dataclass(frozen=True)
class Events:
    """Events with class and weight.

    Attributes
    ----------
    packed
        Their features.
    label
        Index of the class, int64 [events].
    weight
        Normalised signed weight, the expected events that one stands for, float64 [events].
    event
        Event number, int64 [events].
    extra
        What else the training asks of an event, each [events]: whether it is in
        the ``region`` of validation, in the ``scope`` of the classification, in
        that of the decorrelation (``decorrelated``); the ``observable`` of the
        decorrelation, the ``mass`` and the ``labels`` of objects, where there
        are any.
    """

    packed: PackedEvents
    label: NDArray[np.int64]
    weight: NDArray[np.float64]
    event: NDArray[np.int64]
    extra: dict[str, NDArray[Any]]

    def take(self, rows: NDArray[Any]) -> "Events":
        """Return some of the events, by index or mask."""
        packed = PackedEvents(self.packed.continuous[rows], self.packed.categorical[rows])
        extra = {name: values[rows] for name, values in self.extra.items()}
        return Events(packed, self.label[rows], self.weight[rows], self.event[rows], extra)


Sink = Callable[[Events], Events]
"""Takes the features of training events away, and returns the events without."""


def read_events(
    source: EventSource, settings: TrainSettings, sink: Sink | None = None
) -> tuple[Events, Events]:
    """Return the training and the validation events of one fold.

    Training events are those of the skim and of its extended training set that
    pass the training selection, in the training folds; validation events those
    of the skim that pass the validation selection, in the validation fold.
    Nothing of the scored fold is returned or looked at.

    Parameters
    ----------
    sink
        What becomes of training events; with one, they are read in parts.

    Raises
    ------
    TrainingError
        If an event belongs to two samples, a weight is not finite, or a feature
        cannot enter the model.
    """
    training: list[Events] = []
    validation: list[Events] = []
    by_data_set = sorted(settings.samples, key=lambda sample: sample.data_set)
    for data_set, group in groupby(by_data_set, key=lambda sample: sample.data_set):
        samples = list(group)
        try:
            for kind in ("nominal", "training"):
                branches = sorted(_branches(settings, samples))
                tables = (
                    [source.table(data_set, kind, branches)]
                    if sink is None
                    else source.parts(data_set, kind, branches)
                )
                total = source.sum_of_weights(data_set)
                for columns in tables:
                    found = _read(columns, settings, samples, total)
                    if kind == "nominal":
                        validation.append(found[1])
                    training.append(found[0] if sink is None else sink(found[0]))
        except N2muError as error:
            raise type(error)(f"model '{settings.model}', data set {data_set}: {error}") from None
    return _concatenate(training, settings), _concatenate(validation, settings)


def _branches(settings: TrainSettings, samples: list[TrainingSample]) -> set[str]:
    branches = {"n2mu_event", "n2mu_weight", *branches_of(settings.features)}
    selections = [settings.training_selection, settings.validation_selection]
    texts = [*selections, *settings.classifier.expressions]
    for text in (*texts, *(sample.selection for sample in samples)):
        branches |= parse(text).names
    return branches


def _read(
    columns: dict[str, Any],
    settings: TrainSettings,
    samples: list[TrainingSample],
    sum_of_weights: float,
) -> tuple[Events, Events]:
    """Return the events that train and those that validate."""
    event = np.asarray(columns["n2mu_event"]).astype(np.int64)
    fold = fold_of(event, settings.folds, settings.classifier.fold_seed)
    used = np.flatnonzero(fold != settings.fold)
    fold = fold[used]
    columns = {name: values[used] for name, values in columns.items()}
    label, normalisation = _classify(columns, used.size, samples, settings.classes)
    normalisation /= sum_of_weights

    def passing(in_folds: NDArray[np.bool_], selection: str) -> Events:
        selected = parse(selection).select(columns, used.size)
        rows = np.flatnonzero((label >= 0) & in_folds & selected)
        chosen = {name: values[rows] for name, values in columns.items()}
        bad = ~np.isfinite(chosen["n2mu_weight"])
        if bad.any():
            raise TrainingError(
                f"the event weight is NaN or infinite in {bad.sum()} of {rows.size} events; "
                "check the factors under 'weight' in inputs.yaml"
            )
        return Events(
            packed=pack(chosen, settings.features, rows.size),
            label=label[rows],
            weight=chosen["n2mu_weight"] * normalisation[rows],
            event=chosen["n2mu_event"].astype(np.int64),
            extra=_extra(chosen, rows.size, settings),
        )

    in_training = np.isin(fold, training_folds(settings.fold, settings.folds))
    in_validation = fold == validation_fold(settings.fold, settings.folds)
    return (
        passing(in_training, settings.training_selection),
        passing(in_validation, settings.validation_selection),
    )


def _extra(
    columns: Mapping[str, Any], size: int, settings: TrainSettings
) -> dict[str, NDArray[Any]]:
    loss, mass = settings.classifier.loss, settings.classifier.significance.mass
    extra: dict[str, NDArray[Any]] = {
        "region": parse(settings.validation_selection).select(columns, size),
        "scope": parse(loss.selection).select(columns, size),
    }
    if settings.labels is not None:
        collection = settings.features[settings.labels.collection]
        extra["labels"] = object_labels(settings.labels, collection, columns, size)
        # an event without any label has no loss
        extra["scope"] &= (extra["labels"] >= 0).any(axis=1)
    numbers = {"mass": mass}
    if loss.decorrelation is not None:
        extra["decorrelated"] = parse(loss.decorrelation.selection).select(columns, size)
        numbers["observable"] = loss.decorrelation.observable
    for name, text in numbers.items():
        if text is None:
            continue
        values = np.asarray(parse(text).evaluate(columns, size), np.float64)
        needed = extra["decorrelated"] if name == "observable" else np.ones(size, np.bool_)
        bad = needed & ~np.isfinite(values)
        if bad.any():
            raise TrainingError(
                f"the {name} '{text}' is NaN or infinite in {bad.sum()} of {size} events; "
                "mend the expression or narrow the selection of the term in models.yaml"
            )
        extra[name] = np.where(needed, values, 0.0)
    return extra


def _classify(
    columns: Mapping[str, Any], size: int, samples: list[TrainingSample], classes: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the class index of each event, -1 for none, and its luminosity x cross-section."""
    label = np.full(size, -1, np.int64)
    normalisation = np.zeros(size)
    owner = np.full(size, -1, np.int64)
    for i, sample in enumerate(samples):
        selected = parse(sample.selection).select(columns, size)
        twice = selected & (owner >= 0)
        if twice.any():
            other = samples[int(owner[twice][0])].sample
            raise TrainingError(
                f"{twice.sum()} events belong to both sample '{other}' and sample "
                f"'{sample.sample}'; make their selections exclude each other"
            )
        owner[selected] = i
        label[selected] = classes.index(sample.training_class)
        normalisation[selected] = sample.luminosity * sample.cross_section
    return label, normalisation


def _concatenate(parts: list[Events], settings: TrainSettings) -> Events:
    if not parts:
        raise TrainingError(
            f"model '{settings.model}': no sample has a training class; set 'training_class'"
        )
    return Events(
        PackedEvents(
            np.concatenate([part.packed.continuous for part in parts]),
            np.concatenate([part.packed.categorical for part in parts]),
        ),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.event for part in parts]),
        {name: np.concatenate([part.extra[name] for part in parts]) for name in parts[0].extra},
    )
