"""Which training events are used, and what each counts in the loss."""

import numpy as np
from numpy.typing import NDArray

from n2mu.data.folds import splitmix64
from n2mu.errors import TrainingError


def choose_evenly(
    event: NDArray[np.int64], label: NDArray[np.int64], n_classes: int, max_events: int
) -> NDArray[np.int64]:
    """Return the rows of at most ``max_events`` events, in proportion to the classes.

    Parameters
    ----------
    event
        Event numbers [events]; those of lowest hash are taken, so that the
        choice does not depend on the order of the files.
    label
        Class index [events].
    n_classes
        Number of classes.
    max_events
        Cap; every class that has events keeps at least one.

    Returns
    -------
    array
        Rows in increasing order.
    """
    if event.size <= max_events:
        return np.arange(event.size)
    rank = splitmix64(event.astype(np.uint64))
    chosen = []
    for k in range(n_classes):
        rows = np.flatnonzero(label == k)
        quota = max(1, rows.size * max_events // event.size)
        chosen.append(rows[np.argsort(rank[rows], kind="stable")[:quota]])
    return np.sort(np.concatenate(chosen))


def class_factors(
    label: NDArray[np.int64], weight: NDArray[np.float64], classes: list[str]
) -> NDArray[np.float64]:
    """Return the factor of each class that balances the training weights.

    An event counts ``factor[class] * |weight|``: every class has the same sum,
    and the mean over the events is one.  The sign is dropped because a loss
    with negative weights has no lower bound.

    Parameters
    ----------
    label
        Class index [events].
    weight
        Normalised signed weights [events].
    classes
        Names, for the errors.

    Raises
    ------
    TrainingError
        If a class has no training event, or only events of weight zero.
    """
    events = np.bincount(label, minlength=len(classes))
    sums = np.bincount(label, weights=np.abs(weight), minlength=len(classes))
    for name, n, total in zip(classes, events, sums, strict=True):
        if n == 0:
            raise TrainingError(
                f"class '{name}' has no training events; give it a sample with this "
                "'training_class', loosen the training selection, or take it out of 'classes'"
            )
        if total == 0:
            raise TrainingError(
                f"class '{name}': all of its {n} training events have weight zero; check the "
                "factors under 'weight' in inputs.yaml"
            )
    factors: NDArray[np.float64] = label.size / (len(classes) * sums)
    return factors
