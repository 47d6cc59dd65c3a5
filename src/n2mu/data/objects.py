"""Object collections, such as jets: lists per event, padded to columns, and their labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.features import Feature
from n2mu.config.object_labels import ObjectLabels
from n2mu.errors import InputError, ProductError, TrainingError, nearest

UNLABELLED = -1
"""In place of the label of an object that has none."""
ABSENT = -2
"""In place of the label of an object that the event does not have."""


@dataclass(frozen=True)
class Collection:
    """The columns of one collection: all branches of the first object, of the second, ...

    An object that an event does not have is missing in all of its columns, so
    the mask of the objects is in the matrix itself.

    Attributes
    ----------
    start
        Index of the first column.
    objects
        Number of objects.
    branches
        Number of numbers per object.
    """

    name: str
    start: int
    objects: int
    branches: int

    def tied(self) -> list[list[int]]:
        """Return the columns that hold the same quantity of different objects, by branch."""
        end = self.start + self.objects * self.branches
        return [list(range(self.start + j, end, self.branches)) for j in range(self.branches)]


def collections(features: Mapping[str, Feature]) -> list[Collection]:
    """Return where each collection is; they come after all continuous features."""
    start = sum(feature.kind == "continuous" for feature in features.values())
    found = []
    for name, feature in features.items():
        if feature.branches is not None:
            found.append(Collection(name, start, feature.length, len(feature.branches)))
            start += feature.length * len(feature.branches)
    return found


def padded(
    name: str, branches: Sequence[str], objects: int, columns: Mapping[str, Any], size: int
) -> NDArray[np.float32]:
    """Return the objects of a collection, as many of every event.

    Parameters
    ----------
    name
        Of the feature, for errors.
    branches
        The list branches that belong together.
    objects
        How many objects are kept, from the first on.
    columns
        Branches by name, awkward arrays with a list per event.
    size
        Number of events.

    Returns
    -------
    array
        float32 [events, objects, branches], NaN where an event has fewer objects.

    Raises
    ------
    InputError
        If a branch holds no list, or the lists of an event differ in length.
    ProductError
        If a branch is not among the columns.
    TrainingError
        If a number of an object is NaN or infinite.
    """
    import awkward as ak

    result = np.full((size, objects, len(branches)), np.nan, np.float32)
    lengths: NDArray[np.int64] | None = None
    for j, branch in enumerate(branches):
        if branch not in columns:
            raise ProductError(f"feature '{name}': no such column{nearest(branch, columns)}")
        values = ak.Array(columns[branch])
        if size == 0:
            continue
        if values.ndim != 2:
            raise InputError(
                f"feature '{name}': branch '{branch}' has {values.ndim - 1} lists inside each "
                "other per event, expected one list of numbers"
            )
        numbers = ak.to_numpy(ak.flatten(values)).astype(np.float32)
        bad = ~np.isfinite(numbers)
        if bad.any():
            raise TrainingError(
                f"feature '{name}': branch '{branch}' is NaN or infinite for {bad.sum()} of "
                f"{bad.size} objects; mend the ntuples or take the branch out of 'branches'"
            )
        own = ak.to_numpy(ak.num(values))
        if lengths is not None and not np.array_equal(own, lengths):
            event = int(np.argmax(own != lengths))
            raise InputError(
                f"feature '{name}': an event has {lengths[event]} objects in '{branches[0]}' and "
                f"{own[event]} in '{branch}'; the branches of a collection must be of one length"
            )
        lengths = own
        position = np.arange(numbers.size) - np.repeat(np.cumsum(own) - own, own)
        kept = position < objects
        event_of = np.repeat(np.arange(size), own)
        result[event_of[kept], position[kept], j] = numbers[kept]
    return result


def object_labels(
    labels: ObjectLabels, feature: Feature, columns: Mapping[str, Any], size: int
) -> NDArray[np.int16]:
    """Return the label of each object of a collection.

    Parameters
    ----------
    feature
        The collection.
    columns
        Branches by name, awkward arrays with a list per event.
    size
        Number of events.

    Returns
    -------
    array
        int16 [events, objects]: the index of the label, ``UNLABELLED``, or
        ``ABSENT`` where the event has no such object.

    Raises
    ------
    InputError
        If a number is neither listed nor one of objects without label; else as
        :func:`padded`, since there must be a number for every object.
    """
    name = labels.collection
    branches = [*(feature.branches or []), labels.branch]
    numbers = padded(name, branches, feature.length, columns, size)[:, :, -1]
    result = np.full(numbers.shape, ABSENT, np.int16)
    known = np.isnan(numbers)
    places = {number: k for k, number in enumerate(labels.values.values())}
    places |= dict.fromkeys(labels.missing, UNLABELLED)
    for number, place in places.items():
        found = numbers == np.float32(number)
        result[found] = place
        known |= found
    if not known.all():
        first = numbers[~known][0]
        raise InputError(
            f"labels of '{name}': branch '{labels.branch}' has the value {first:g} for "
            f"{(numbers == first).sum()} objects, expected one of "
            f"{list(labels.values.values())}; add it to 'values' or to 'missing'"
        )
    return result
