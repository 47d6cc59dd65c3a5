"""The events that train and validate a model, read from the skim."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from n2mu.config.features import Feature
from n2mu.data.folds import fold_of, training_folds, validation_fold
from n2mu.data.matrix import PackedEvents, branches_of, pack
from n2mu.data.objects import object_labels
from n2mu.errors import N2muError, TrainingError, counted
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
        return self.map(lambda values: values[rows])

    def without_features(self) -> "Events":
        """Return the events with matrices of no columns."""
        packed = PackedEvents(self.packed.continuous[:, :0], self.packed.categorical[:, :0])
        return replace(self, packed=packed.map(np.copy))

    def map(self, function: Callable[[NDArray[Any]], NDArray[Any]]) -> "Events":
        """Return the events with a function applied to every array."""
        return Events(
            self.packed.map(function),
            function(self.label),
            function(self.weight),
            function(self.event),
            {name: function(values) for name, values in self.extra.items()},
        )

    def arrays(self) -> list[NDArray[Any]]:
        """Return all arrays, in the same order for events of the same training."""
        packed = self.packed
        return [
            packed.continuous,
            packed.categorical,
            self.label,
            self.weight,
            self.event,
            *self.extra.values(),
        ]


Take = Callable[[Events], Events]
"""Returns what is kept of some training events."""


def read_events(source: EventSource, settings: TrainSettings, take: Take) -> tuple[Events, Events]:
    """Return the training and the validation events of one fold.

    Training events are those of the skim and of its extended training set that
    pass the training selection, in the training folds; validation events those
    of the skim that pass the validation selection, in the validation fold.
    Nothing of the scored fold is returned or looked at.

    Parameters
    ----------
    take
        Called with the training events of one row group after the other; besides
        what it returns, two or three row groups are in memory.

    Raises
    ------
    TrainingError
        If an event belongs to two samples, a weight is not finite, or a feature
        cannot enter the model.
    """
    training: list[Events] = []
    validation: list[Events] = []
    for data_set, samples in _by_data_set(settings):
        with _naming(settings, data_set):
            for kind in ("nominal", "training"):
                for part in _parts(source, settings, samples, kind, settings.features):
                    training.append(take(part.training()))
                    if kind == "nominal":
                        validation.append(part.validation())
    return _joined(training, settings), _joined(validation, settings)


def training_events(source: EventSource, settings: TrainSettings) -> Iterator[Events]:
    """Yield the training events of one fold without features, one row group after the other.

    Raises
    ------
    TrainingError
        As :func:`read_events`, but for what concerns features.
    """
    for data_set, samples in _by_data_set(settings):
        with _naming(settings, data_set):
            for kind in ("nominal", "training"):
                for part in _parts(source, settings, samples, kind, {}):
                    yield part.training()


def _by_data_set(settings: TrainSettings) -> Iterator[tuple[str, list[TrainingSample]]]:
    by_data_set = sorted(settings.samples, key=lambda sample: sample.data_set)
    for data_set, group in groupby(by_data_set, key=lambda sample: sample.data_set):
        yield data_set, list(group)


@contextmanager
def _naming(settings: TrainSettings, data_set: str) -> Iterator[None]:
    try:
        yield
    except N2muError as error:
        raise type(error)(f"model '{settings.model}', data set {data_set}: {error}") from None


@dataclass(frozen=True)
class _Part:
    """Some events of a data set, those of the scored fold left out.

    Attributes
    ----------
    features
        Which are packed.
    label
        Index of the class, -1 for none [events].
    normalisation
        Luminosity x cross-section over the sum of weights [events].
    """

    settings: TrainSettings
    features: Mapping[str, Feature]
    columns: dict[str, Any]
    fold: NDArray[np.int8]
    label: NDArray[np.int64]
    normalisation: NDArray[np.float64]

    def training(self) -> Events:
        """Return the events that train."""
        told = self.settings
        in_folds = np.isin(self.fold, training_folds(told.fold, told.folds))
        return self._passing(in_folds, told.training_selection)

    def validation(self) -> Events:
        """Return the events that validate."""
        told = self.settings
        in_fold = self.fold == validation_fold(told.fold, told.folds)
        return self._passing(in_fold, told.validation_selection)

    def _passing(self, in_folds: NDArray[np.bool_], selection: str) -> Events:
        selected = parse(selection).select(self.columns, self.fold.size)
        rows = np.flatnonzero((self.label >= 0) & in_folds & selected)
        chosen = {name: values[rows] for name, values in self.columns.items()}
        bad = ~np.isfinite(chosen["n2mu_weight"])
        if bad.any():
            raise TrainingError(
                f"the event weight is NaN or infinite in {bad.sum()} of {rows.size} events; "
                "check the factors under 'weight' in inputs.yaml"
            )
        return Events(
            packed=pack(chosen, self.features, rows.size),
            label=self.label[rows],
            weight=chosen["n2mu_weight"] * self.normalisation[rows],
            event=chosen["n2mu_event"].astype(np.int64),
            extra=extra_of(chosen, rows.size, self.settings),
        )


def _parts(
    source: EventSource,
    settings: TrainSettings,
    samples: list[TrainingSample],
    kind: str,
    features: Mapping[str, Feature],
) -> Iterator[_Part]:
    """Yield the events of one data set and kind; without any, one part without events."""
    data_set = samples[0].data_set
    branches = sorted(_branches(settings, samples, features))
    total = source.sum_of_weights(data_set)
    found = source.parts(data_set, kind, branches)
    first = next(found, None)
    tables = [source.table(data_set, kind, branches)] if first is None else chain([first], found)
    del first
    for table in tables:
        event = np.asarray(table["n2mu_event"]).astype(np.int64)
        fold = fold_of(event, settings.folds, settings.classifier.fold_seed)
        used = np.flatnonzero(fold != settings.fold)
        columns = {name: values[used] for name, values in table.items()}
        label, normalisation = _classify(columns, used.size, samples, settings.classes)
        yield _Part(settings, features, columns, fold[used], label, normalisation / total)


def _branches(
    settings: TrainSettings, samples: list[TrainingSample], features: Mapping[str, Feature]
) -> set[str]:
    branches = {"n2mu_event", "n2mu_weight", *branches_of(features)}
    if settings.labels is not None:
        collection = settings.labels.collection
        branches.update(branches_of({collection: settings.features[collection]}))
    for text in (*settings.expressions, *(sample.selection for sample in samples)):
        branches |= parse(text).names
    return branches


def extra_of(
    columns: Mapping[str, Any], size: int, settings: TrainSettings
) -> dict[str, NDArray[Any]]:
    """Return what a training asks of events besides features: ``extra`` of :class:`Events`.

    Parameters
    ----------
    columns
        Branches by name, each [events].
    size
        Number of events.

    Raises
    ------
    TrainingError
        If the mass, or the observable of the decorrelation where it is needed, is NaN or
        infinite.
    """
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
                f"samples '{other}' and '{sample.sample}' share "
                f"{counted(int(twice.sum()), 'event')}; make their selections exclude each other"
            )
        owner[selected] = i
        label[selected] = classes.index(sample.training_class)
        normalisation[selected] = sample.luminosity * sample.cross_section
    return label, normalisation


def _joined(parts: list[Events], settings: TrainSettings) -> Events:
    """Return the events of all parts, which are taken out of the list one by one."""
    if not parts:
        raise TrainingError(
            f"model '{settings.model}': no sample has a training class; set 'training_class'"
        )
    size, start = sum(part.label.size for part in parts), 0

    def room(like: NDArray[Any]) -> NDArray[Any]:
        return np.empty((size, *like.shape[1:]), like.dtype)

    whole = parts[0].map(room)
    while parts:
        part = parts.pop(0)
        rows = slice(start, start + part.label.size)
        start = rows.stop
        for into, values in zip(whole.arrays(), part.arrays(), strict=True):
            into[rows] = values
    return whole
