"""Columns of events packed into the matrices that a model reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.features import Feature
from n2mu.data.objects import collections, padded
from n2mu.errors import InputError, ProductError, TrainingError, counted, nearest
from n2mu.expressions import parse


@dataclass(frozen=True)
class PackedEvents:
    """Events as two matrices, features in the order in which they were given.

    Attributes
    ----------
    continuous
        float32 [events, n_continuous]; NaN means missing.  The objects of
        collections are columns behind the continuous features.
    categorical
        int64 [events, n_categorical], the index of the class of each feature;
        the last class, ``len(feature.values)``, means missing.
    """

    continuous: NDArray[np.float32]
    categorical: NDArray[np.int64]

    def map(self, function: Callable[[NDArray[Any]], NDArray[Any]]) -> "PackedEvents":
        """Return the events with a function applied to both matrices."""
        return PackedEvents(function(self.continuous), function(self.categorical))

    def take(self, rows: NDArray[Any]) -> "PackedEvents":
        """Return some of the events, by index or mask."""
        return self.map(lambda values: values[rows])


def continuous_features(features: Mapping[str, Feature]) -> list[str]:
    """Return the names of the columns of the continuous matrix, in order."""
    names = [name for name, feature in features.items() if feature.kind == "continuous"]
    for collection in collections(features):
        branches = features[collection.name].branches or []
        names += [f"{b}[{i}]" for i in range(collection.objects) for b in branches]
    return names


def class_counts(features: Mapping[str, Feature]) -> list[int]:
    """Return the number of classes of each categorical feature, the one for missing included."""
    return [len(f.values) + 1 for f in features.values() if f.values is not None]


def branches_of(features: Mapping[str, Feature]) -> list[str]:
    """Return the branches that the features are computed from, without repetition."""
    branches: dict[str, None] = {}
    for name, feature in features.items():
        if feature.branches is not None:
            branches.update(dict.fromkeys(feature.branches))
        elif feature.expression is not None:
            branches.update(dict.fromkeys(sorted(parse(feature.expression).names)))
        else:
            branches[name] = None
    return list(branches)


def pack(columns: Mapping[str, Any], features: Mapping[str, Feature], size: int) -> PackedEvents:
    """Return the events as matrices.

    Parameters
    ----------
    columns
        Branches by name, each [events].
    features
        Of any kind.
    size
        Number of events.

    Raises
    ------
    InputError
        If a categorical feature has a value that is neither listed nor a
        missing code, or a feature is a list per event and no collection.
    ProductError
        If a branch is not among the columns.
    TrainingError
        If a feature is NaN or infinite where it is not missing.
    """
    n_continuous = sum(feature.kind == "continuous" for feature in features.values())
    # feature by feature in memory first: a column of the matrix itself is slow to write
    continuous = np.empty((n_continuous, size), np.float32)
    categorical = np.empty((len(class_counts(features)), size), np.int64)
    i = j = 0
    for name, feature in features.items():
        if feature.kind == "collection":
            continue
        values = _values(name, feature, columns, size)
        missing = _is_missing(values, feature.missing)
        _refuse_not_finite(name, values, missing)
        if feature.values is None:
            continuous[i] = values
            np.putmask(continuous[i], missing, np.float32(np.nan))
            i += 1
        else:
            categorical[j] = _class_index(name, values, missing, feature.values)
            j += 1
    if found := collections(features):
        parts = [continuous.T]
        for c in found:
            branches = features[c.name].branches or []
            objects = padded(c.name, branches, c.objects, columns, size)
            parts.append(objects.reshape(size, c.objects * c.branches))
        return PackedEvents(np.concatenate(parts, axis=1), np.ascontiguousarray(categorical.T))
    return PackedEvents(np.ascontiguousarray(continuous.T), np.ascontiguousarray(categorical.T))


def _values(
    name: str, feature: Feature, columns: Mapping[str, Any], size: int
) -> NDArray[np.float32]:
    if feature.expression is not None:
        values = parse(feature.expression).evaluate(columns, size)
    elif name in columns:
        values = columns[name]
    else:
        raise ProductError(f"feature '{name}': no such column{nearest(name, columns)}")
    if not isinstance(values, np.ndarray) or values.shape != (size,):
        raise InputError(
            f"feature '{name}': expected one number per event, got a list per event; "
            "select an element in its 'expression'"
        )
    # a number too large for float32 becomes infinite and is refused with a name below
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _is_missing(values: NDArray[np.float32], codes: list[float]) -> NDArray[np.bool_]:
    missing = np.zeros(values.shape, np.bool_)
    for code in codes:
        # compared as float32: -99.9 in a float branch is not the double -99.9
        missing |= np.isnan(values) if np.isnan(code) else values == np.float32(code)
    return missing


def _refuse_not_finite(name: str, values: NDArray[np.float32], missing: NDArray[np.bool_]) -> None:
    bad = ~np.isfinite(values) & ~missing
    if bad.any():
        raise TrainingError(
            f"feature '{name}' is NaN or infinite in {bad.sum()} of {bad.size} events, a model "
            "that gets NaN returns NaN; declare the value in its 'missing' codes or mend its "
            "'expression'"
        )


def _class_index(
    name: str, values: NDArray[np.float32], missing: NDArray[np.bool_], listed: list[int]
) -> NDArray[np.int64]:
    index = np.full(values.shape, -1, np.int64)
    for i, value in enumerate(listed):
        np.putmask(index, values == np.float32(value), i)
    np.putmask(index, missing, len(listed))
    unknown = index < 0
    if unknown.any():
        first = values[unknown][0]
        raise InputError(
            f"feature '{name}' has the value {first:g} in "
            f"{counted(int((values == first).sum()), 'event')}, "
            f"expected one of {listed} or a missing code; add it to 'values' or to 'missing'"
        )
    return index
