"""What the class of highest probability is worth: confusion, accuracy, precision, recall, F1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.evaluation.measured import measured, numbers
from n2mu.statistics.bootstrap import bootstrap, spread
from n2mu.statistics.confusion import Rates, confusion_matrix, normalised, rates

MEANS = ("precision", "recall", "f1")


def decisions(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: NDArray[np.float64],
    classes: list[str],
    signal: int,
    replicas: int,
) -> dict[str, Any]:
    """Return confusion matrices and the rates that follow from them.

    An event is predicted as the class of highest probability; of equal ones as
    the first.

    Parameters
    ----------
    probabilities
        [events, classes].
    labels
        Index of the true class [events].
    weights
        Normalised signed weights [events].
    classes
        Names, in the order of the columns.
    signal
        Index of the signal class.
    replicas
        Number of bootstrap replicas for the errors.

    Returns
    -------
    dict
        ``confusion``: ``weighted`` with ``error``, ``by_true`` (rows sum to one)
        and ``by_predicted`` (columns do), each [true][predicted], in the order
        of ``classes``; ``accuracy``; ``precision``, ``recall`` and ``f1`` per
        class; ``macro`` and ``weighted`` means of the three.  ``binary``: the
        same for signal against all backgrounds as one, whose confusion among
        each other does not count.  Every number has ``value`` and ``error``.
    """
    predicted = np.argmax(probabilities, axis=1)
    matrix = confusion_matrix(labels, predicted, weights, len(classes))
    varied = bootstrap(
        lambda w: {"matrix": confusion_matrix(labels, predicted, w, len(classes))},
        weights,
        replicas,
    )["matrix"]
    merged = ["signal", "background"]
    return _described(matrix, varied, classes) | {
        "binary": _described(_merged(matrix, signal), _merged(varied, signal), merged)
    }


def _merged(matrix: NDArray[np.float64], signal: int) -> NDArray[np.float64]:
    """Return matrices [..., 2, 2] of signal and all backgrounds as one."""
    is_signal = np.arange(matrix.shape[-1]) == signal
    groups = np.stack([is_signal, ~is_signal]).astype(np.float64)
    return np.asarray(groups @ matrix @ groups.T)


def _described(
    matrix: NDArray[np.float64], varied: NDArray[np.float64], classes: list[str]
) -> dict[str, Any]:
    found, replicas = rates(matrix), rates(varied)

    def per_class(kind: str) -> dict[str, Any]:
        values, spreads = getattr(found, kind), getattr(replicas, kind)
        return {name: measured(values[k], spreads[:, k]) for k, name in enumerate(classes)}

    def mean(kind: str) -> dict[str, Any]:
        values, spreads = getattr(found, kind), getattr(replicas, kind)
        return {name: measured(values[k], spreads[:, k]) for k, name in enumerate(MEANS)}

    return {
        "confusion": {
            "classes": classes,
            "weighted": numbers(matrix),
            "error": numbers(spread(varied)),
            "by_true": numbers(normalised(matrix, axis=-1)),
            "by_predicted": numbers(normalised(matrix, axis=-2)),
        },
        "accuracy": _accuracy(found, replicas),
        **{kind: per_class(kind) for kind in MEANS},
        "macro": mean("macro"),
        "weighted": mean("weighted"),
    }


def _accuracy(found: Rates, replicas: Rates) -> dict[str, float | None]:
    return measured(float(found.accuracy), replicas.accuracy)
